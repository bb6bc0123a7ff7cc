#pragma once

// `martlet pub`, also called mosquitto_pub: publishes one message, a message many times, or each
// line of stdin.

namespace martlet::cli {

// argv[0] is the name to show. Returns the exit code.
int pub_main(int argc, char** argv);

}  // namespace martlet::cli
