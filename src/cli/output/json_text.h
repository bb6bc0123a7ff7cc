#pragma once

// Reads JSON (RFC 8259) only to write it again with other white space: numbers and texts stay as
// they were. Any thread.

#include "cli/output/json_writer.h"

#include <string_view>

namespace martlet::cli {

// False, and nothing useful written, when it is no JSON or nested deeper than kJsonDepthMax.
bool copy_json(std::string_view text, JsonWriter& writer);

inline constexpr int kJsonDepthMax = 500;

}  // namespace martlet::cli
