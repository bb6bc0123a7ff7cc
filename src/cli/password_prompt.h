#pragma once

// Asks the person at the terminal for a password, without echo. Command line only; one thread.

#include "base/result.h"

#include <string>

namespace martlet::cli {

// Asks twice on stdout and reads stdin, terminal or not. An Error of code 1: nothing entered; of
// code 2: the two differ.
Result<std::string> ask_password_twice();

// Asks twice at a terminal. From a pipe, one line of stdin is the password, and nothing is shown.
Result<std::string> ask_password();

// Overwrites a secret that is no longer needed.
void wipe(std::string& secret);

}  // namespace martlet::cli
