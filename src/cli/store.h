#pragma once

// `martlet store`: looks into the journal of a broker that does not run, and moves states in and
// out. Main thread.

namespace martlet::cli {

int store_main(int argc, char** argv);

}  // namespace martlet::cli
