#pragma once

// Many coarse timers at a constant price: three wheels of 256 slots over ticks of 100 ms (about 19
// days; longer delays are capped and looked at again). A Timer is a member of what it times and
// costs no allocation. One thread.

#include "base/clock.h"

#include <array>
#include <cstdint>

namespace martlet {

// `kind` is free for the owner, so that one callback can serve several timers.
class Timer {
  public:
    explicit Timer(std::uint8_t kind = 0) : kind_(kind) {}
    ~Timer() { cancel(); }
    Timer(const Timer&) = delete;
    Timer& operator=(const Timer&) = delete;

    bool is_set() const { return next_ != nullptr; }
    std::uint8_t kind() const { return kind_; }
    void cancel();

  private:
    friend class TimerWheel;
    Timer* next_ = nullptr;
    Timer* previous_ = nullptr;
    std::uint32_t due_tick_ = 0;
    std::uint8_t kind_;
};

class TimerWheel {
  public:
    explicit TimerWheel(Milliseconds steady_now);
    ~TimerWheel();
    TimerWheel(const TimerWheel&) = delete;
    TimerWheel& operator=(const TimerWheel&) = delete;

    // Sets or moves the timer. It fires at the first tick that begins at or after `due`, never
    // before.
    void set(Timer& timer, Milliseconds due);

    // When a loop must wake at the latest. Never later than the first timer; it may be earlier,
    // when a far wheel turns.
    Milliseconds next_wake() const { return next_wake_; }

    // Calls fire(Timer&) for each timer that is due. The callback may set and cancel any timer and
    // destroy any owner.
    template <typename Fire>
    void advance(Milliseconds steady_now, Fire&& fire) {
        if (steady_now < next_wake_) return;
        while (Timer* timer = take_due(steady_now)) fire(*timer);
        next_wake_ = find_next_wake();
    }

    static constexpr Milliseconds kTick{100};

  private:
    static constexpr std::uint32_t kSlots = 256;

    Timer* take_due(Milliseconds steady_now);
    Milliseconds find_next_wake() const;
    void place(Timer& timer);
    void cascade(std::uint32_t level);
    static void link(Timer& head, Timer& timer);

    Milliseconds start_;
    std::uint32_t tick_ = 0;  // the next tick to look at
    Milliseconds next_wake_ = Milliseconds::max();
    std::array<std::array<Timer, kSlots>, 3> wheels_;
    Timer due_;  // head of the list of timers whose tick has come
};

}  // namespace martlet
