#pragma once

// `martlet passwd`, also called mosquitto_passwd: makes and edits password files. Texts that
// scripts compare and exit codes are mosquitto_passwd's (2.0.11, with the options of 2.1).

namespace martlet::cli {

// argv[0] is the name to show. Returns the exit code.
int passwd_main(int argc, char** argv);

}  // namespace martlet::cli
