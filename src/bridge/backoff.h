#pragma once

// How long a bridge waits before it connects again (`restart_timeout`): decorrelated jitter between
// a base and a cap, so that many bridges of one far end do not come back together. Owned by a
// bridge. One thread.

#include "base/clock.h"
#include "bridge/options.h"

#include <random>

namespace martlet::bridge {

class Backoff {
  public:
    Backoff(const Restart& restart, std::uint64_t seed) : restart_(restart), random_(seed) {}

    // The wait before the next attempt.
    Milliseconds next();
    // A connection ended that had stood for so long. One that stood for `stable` seconds makes the
    // waits begin with the base again.
    void note_connection(Milliseconds lasted);

  private:
    Restart restart_;
    std::mt19937_64 random_;
    Milliseconds last_{0};
};

}  // namespace martlet::bridge
