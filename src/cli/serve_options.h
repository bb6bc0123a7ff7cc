#pragma once

// The broker's own command line, with mosquitto's flags, texts and exit codes. Cold path, one
// thread.

#include "config/command_line.h"

#include <string>

namespace martlet::cli {

enum class ServeAction {
    Run,
    TestConfig,  // --test-config: say whether the file is sound, exit 0 or 3
    Exit,        // all is said: print `out` and `err`, exit with `exit_code`
};

struct ServeOptions {
    ServeAction action = ServeAction::Run;
    config::CommandLine command_line;
    std::string out;
    std::string err;
    int exit_code = 0;
};

// `argv` without the program's name; `program` is how it was called: "mosquitto", "martlet serve".
// The environment adds MOSQUITTO_PERSISTENCE_LOCATION.
ServeOptions parse_serve_options(const std::string& program, int argc, const char* const* argv);

}  // namespace martlet::cli
