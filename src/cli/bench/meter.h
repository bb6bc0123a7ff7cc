#pragma once

// What a process uses, from /proc: the broker's CPU and memory, and our own CPU. Any thread.

#include <cstdint>

namespace martlet::cli::bench {

struct Usage {
    double cpu_seconds = 0;          // user and system, all threads; in steps of 10 ms
    std::uint64_t memory_bytes = 0;  // resident
};

// All zero when there is no such process. 0: this one.
Usage read_usage(int pid);

std::uint64_t now_ns();

}  // namespace martlet::cli::bench
