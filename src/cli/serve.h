#pragma once

// `martlet serve`, and the binary called `mosquitto`: the broker from the command line to its end.

namespace martlet::cli {

// argv[0] is the name to show. Returns the exit code.
int serve_main(int argc, char** argv);

}  // namespace martlet::cli
