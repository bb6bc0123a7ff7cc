#pragma once

// A message as JSON: %j and %J of -F. Any thread.

#include "cli/output/message_format.h"

#include <string>

namespace martlet::cli {

// Appends to `out`. With `payload_is_json` the payload stands there as it is; false, and nothing
// appended, when it is no JSON then.
bool print_json(const ArrivedMessage& message, bool payload_is_json, bool is_pretty,
                std::string& out);

}  // namespace martlet::cli
