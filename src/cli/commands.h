#pragma once

// The commands of the one binary: a row each. Found by the first word, or by the name that the
// binary is called by.

#include "cli/flags/command_table.h"

#include <span>
#include <string_view>

namespace martlet::cli {

struct Command {
    std::string_view word;       // "martlet WORD ..."
    std::string_view also_name;  // the program of mosquitto that it stands in for; empty: none
    int (*run)(int argc, char** argv);
    std::string_view help;
    // The words and flags that it takes; null: `completes` lists them.
    const CommandTable& (*table)() = nullptr;
    // Words and options with blanks between, for the shell's completion; an option with '=' takes a
    // value.
    std::string_view completes = {};
};

std::span<const Command> commands();

// argv as main() has it. Returns the exit code.
int run_command(int argc, char** argv);

}  // namespace martlet::cli
