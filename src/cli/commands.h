#pragma once

// The commands of the one binary: a row each. Found by the first word, or by the name that the
// binary is called by.

#include <string_view>

namespace martlet::cli {

struct Command {
    std::string_view word;       // "martlet WORD ..."
    std::string_view also_name;  // the program of mosquitto that it stands in for; empty: none
    int (*run)(int argc, char** argv);
    std::string_view help;
};

// argv as main() has it. Returns the exit code.
int run_command(int argc, char** argv);

}  // namespace martlet::cli
