#pragma once

// What `martlet store export` wrote becomes a journal again. Cold path; any thread.

#include "base/bytes.h"
#include "base/result.h"

#include <cstdint>
#include <string>

namespace martlet::migrate {

// As much of a file as is needed to know an export.
inline constexpr std::size_t kExportHeadBytesMax = 256;
bool is_export(ByteView begin);

// How many records it holds. `path` must not exist. An error names the line.
Result<std::uint64_t> import_export(const std::string& file, const std::string& path);

}  // namespace martlet::migrate
