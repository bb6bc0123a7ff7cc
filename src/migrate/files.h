#pragma once

// The few things that an import does with files and names. Cold path; any thread.

#include "base/result.h"

#include <cstdint>
#include <string>
#include <vector>

namespace martlet::migrate {

enum class FileKind : std::uint8_t { Missing, File, Folder, Other };

// Follows symbolic links.
Result<FileKind> kind_of(const std::string& path);
Result<std::vector<std::uint8_t>> read_file(const std::string& path);
// The first bytes, as many as there are.
Result<std::vector<std::uint8_t>> read_begin(const std::string& path, std::size_t size);
// On the disk when it returns well. `to` is written over if it is a file.
Status rename_synced(const std::string& from, const std::string& to);

}  // namespace martlet::migrate
