#pragma once

// `martlet bench`: loads a broker and measures it.

namespace martlet::cli {

// argv[0] is the name to show. Returns the exit code.
int bench_main(int argc, char** argv);

}  // namespace martlet::cli
