#pragma once

// `martlet completion bash|zsh|fish`: a script by which the shell completes commands and options.

namespace martlet::cli {

// argv[0] is the name to show. Returns the exit code.
int completion_main(int argc, char** argv);

}  // namespace martlet::cli
