#pragma once

// `martlet account`: who may come in to pages and API, changed on the broker's machine without a
// browser. It goes through the running broker, so that a change counts at once.

namespace martlet::cli {

// argv[0] is the name to show. Returns the exit code (cli/api/door.h).
int account_main(int argc, char** argv);

}  // namespace martlet::cli
