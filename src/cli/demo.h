#pragma once

// `martlet demo`: devices that are not there, for a broker that is. Blocks until its end.

namespace martlet::cli {

// argv[0] is the name to show. Returns the exit code.
int demo_main(int argc, char** argv);

}  // namespace martlet::cli
