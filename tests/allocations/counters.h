#pragma once

// Counts what all threads but those of the test itself ask of the allocator and of locks. The
// functions of the C library are replaced in this binary (counters.cc) and passed on.

#include <cstdint>

namespace martlet::allocations {

struct Counts {
    std::uint64_t allocations = 0;  // malloc, calloc, realloc, aligned ones; operator new by malloc
    std::uint64_t locks = 0;        // mutexes and reader-writer locks taken
};

Counts counts();
// The calling thread is the test's own: it does not count.
void leave_this_thread_out();

}  // namespace martlet::allocations
