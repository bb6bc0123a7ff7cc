#pragma once

// A wheel timer that knows what it belongs to. Loop thread only.

#include "base/timer_wheel.h"

#include <cstdint>

namespace martlet::broker {

enum class TimerKind : std::uint8_t { Connection, Session, Shard };

// Standard layout is not needed: the wheel gives back the Timer, and kind() says which OwnedTimer
// it is.
template <typename Owner>
class OwnedTimer : public Timer {
  public:
    OwnedTimer(TimerKind kind, Owner* owner)
        : Timer(static_cast<std::uint8_t>(kind)), owner_(owner) {}
    Owner* owner() const { return owner_; }

  private:
    Owner* owner_;
};

}  // namespace martlet::broker
