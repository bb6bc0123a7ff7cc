#pragma once

// The commands that ask a running broker over its API: what it does, who is connected, how
// bridges stand, what is measured. In cli/ask/.

namespace martlet::cli {

// argv[0] is the name to show. Each returns the exit code (cli/api/door.h).
int status_main(int argc, char** argv);
int clients_main(int argc, char** argv);
int kick_main(int argc, char** argv);
int bridges_main(int argc, char** argv);
int sources_main(int argc, char** argv);
int get_main(int argc, char** argv);
int watch_main(int argc, char** argv);

}  // namespace martlet::cli
