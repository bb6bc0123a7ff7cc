#pragma once

// The time as one turn of a loop sees it: read once, handed down, never read again on the way. Any
// thread.

#include <chrono>
#include <cstdint>

namespace martlet {

using Milliseconds = std::chrono::milliseconds;

// `steady` counts from an arbitrary start and never goes back; `wall` is the time since 1970 (UTC).
struct Now {
    Milliseconds steady{0};
    Milliseconds wall{0};
};

Now read_clocks();

}  // namespace martlet
