#pragma once

// `martlet rr`, also called mosquitto_rr: publishes a request and prints the answer.

namespace martlet::cli {

// argv[0] is the name to show. Returns the exit code.
int rr_main(int argc, char** argv);

}  // namespace martlet::cli
