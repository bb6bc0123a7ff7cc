#pragma once

// `martlet sub`, also called mosquitto_sub: subscribes and prints what arrives.

namespace martlet::cli {

// argv[0] is the name to show. Returns the exit code.
int sub_main(int argc, char** argv);

}  // namespace martlet::cli
