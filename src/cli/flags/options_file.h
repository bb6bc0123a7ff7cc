#pragma once

// The file of defaults of a client program: $XDG_CONFIG_HOME/NAME, else $HOME/.config/NAME, or what
// -o names. A line is a flag and the rest its value; '#' begins a comment. Cold path.

#include "base/result.h"

#include <string>
#include <vector>

namespace martlet::cli {

using FileWords = std::vector<std::vector<std::string>>;  // the words of each line

// No file, no lines. `name` is mosquitto's name of the program.
FileWords read_default_options(const std::string& name);
Result<FileWords> read_options_file(const std::string& path);

}  // namespace martlet::cli
