#include "base/timer_wheel.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <random>
#include <vector>

namespace martlet {
namespace {

constexpr Milliseconds kStart{1'234'567};

Milliseconds after(std::int64_t ms) {
    return kStart + Milliseconds(ms);
}

std::vector<Timer*> fired_at(TimerWheel& wheel, Milliseconds now) {
    std::vector<Timer*> fired;
    wheel.advance(now, [&](Timer& timer) { fired.push_back(&timer); });
    return fired;
}

TEST(TimerWheel, FiresAtTheFirstTickNotBeforeItsTime) {
    TimerWheel wheel(kStart);
    Timer timer;
    wheel.set(timer, after(150));
    EXPECT_TRUE(fired_at(wheel, after(199)).empty());
    EXPECT_TRUE(timer.is_set());
    EXPECT_EQ(fired_at(wheel, after(200)), std::vector{&timer});
    EXPECT_FALSE(timer.is_set());
    EXPECT_TRUE(fired_at(wheel, after(100'000)).empty());
}

TEST(TimerWheel, ATimeInThePastFiresAtTheNextTick) {
    TimerWheel wheel(kStart);
    Timer timer;
    wheel.advance(after(1'000), [](Timer&) {});
    wheel.set(timer, after(-5'000));
    EXPECT_EQ(fired_at(wheel, after(1'100)), std::vector{&timer});
}

TEST(TimerWheel, TheFarthestTimeIsNoOverflow) {
    TimerWheel wheel(kStart);
    Timer timer;
    wheel.set(timer, Milliseconds::max());
    EXPECT_TRUE(fired_at(wheel, after(1'000'000)).empty());
    EXPECT_TRUE(timer.is_set());
}

TEST(TimerWheel, CancelledAndMovedTimersDoNotFire) {
    TimerWheel wheel(kStart);
    Timer cancelled;
    Timer moved;
    wheel.set(cancelled, after(500));
    wheel.set(moved, after(500));
    cancelled.cancel();
    wheel.set(moved, after(60'000));
    EXPECT_TRUE(fired_at(wheel, after(59'900)).empty());
    EXPECT_EQ(fired_at(wheel, after(60'000)), std::vector{&moved});
}

TEST(TimerWheel, ACallbackMayDestroyOtherTimersThatAreDue) {
    TimerWheel wheel(kStart);
    auto first = std::make_unique<Timer>();
    auto second = std::make_unique<Timer>();
    wheel.set(*first, after(100));
    wheel.set(*second, after(100));
    int count = 0;
    wheel.advance(after(100), [&](Timer& timer) {
        count++;
        (&timer == first.get() ? second : first).reset();
    });
    EXPECT_EQ(count, 1);
}

TEST(TimerWheel, ACallbackMaySetItsTimerAgain) {
    TimerWheel wheel(kStart);
    Timer timer;
    wheel.set(timer, after(100));
    int count = 0;
    wheel.advance(after(10'000), [&](Timer& fired) {
        if (++count < 5) wheel.set(fired, after(count * 1'000));
    });
    EXPECT_EQ(count, 5);
}

TEST(TimerWheel, ATimerPastTheLastWheelStillFiresAtItsTick) {
    TimerWheel wheel(kStart);
    Timer timer;
    constexpr std::int64_t kDays25 = 25LL * 24 * 3600 * 1000;
    wheel.set(timer, after(kDays25));
    std::vector<Timer*> fired;
    Milliseconds now = kStart;
    while (fired.empty() && now <= after(kDays25)) {
        now = wheel.next_wake();
        fired = fired_at(wheel, now);
    }
    EXPECT_EQ(fired, std::vector{&timer});
    EXPECT_EQ(now, after(kDays25));
}

TEST(TimerWheel, TimersMayOutliveIt) {
    Timer timer;
    {
        TimerWheel wheel(kStart);
        wheel.set(timer, after(100));
    }
    EXPECT_FALSE(timer.is_set());
}

// The model: a list that is looked through at each step.
struct Modelled {
    Timer timer;
    std::int64_t due_tick = -1;
    std::int64_t fired_tick = -1;
};

std::int64_t tick_for(Milliseconds due, std::int64_t next_tick) {
    auto rest = (due - kStart) % TimerWheel::kTick;
    auto tick = (due - kStart) / TimerWheel::kTick + (rest > Milliseconds(0) ? 1 : 0);
    return std::max<std::int64_t>(tick, next_tick);
}

// Delays of every size: inside the first wheel, in the second, in the third.
std::int64_t random_delay_ms(std::mt19937& random) {
    static constexpr std::int64_t kUpTo[] = {500, 26'000, 60'000, 7'000'000, 60'000'000};
    std::int64_t up_to = kUpTo[random() % std::size(kUpTo)];
    return static_cast<std::int64_t>(random()) % up_to;
}

class TimerWheelModel : public testing::TestWithParam<unsigned> {};

// A loop that sleeps until next_wake() and no longer must see each timer at its very tick.
TEST_P(TimerWheelModel, ALoopThatSleepsUntilNextWakeIsNeverLate) {
    std::mt19937 random(GetParam());
    TimerWheel wheel(kStart);
    std::vector<Modelled> all(40);
    Milliseconds now = kStart;
    for (int step = 0; step < 3'000; step++) {
        Modelled& one = all[random() % all.size()];
        std::int64_t next_tick = now == kStart ? 0 : (now - kStart) / TimerWheel::kTick + 1;
        if (random() % 4 == 0) {
            one.timer.cancel();
            one.due_tick = -1;
        } else if (random() % 4 == 0) {
            Milliseconds due = now + Milliseconds(random_delay_ms(random) + 101);
            wheel.set(one.timer, due);
            one.due_tick = tick_for(due, next_tick);
        }
        if (wheel.next_wake() == Milliseconds::max()) continue;

        now = std::max(now, wheel.next_wake());
        std::int64_t tick = (now - kStart) / TimerWheel::kTick;
        std::vector<Timer*> fired = fired_at(wheel, now);
        for (Modelled& each : all) {
            bool has_fired = std::find(fired.begin(), fired.end(), &each.timer) != fired.end();
            EXPECT_EQ(has_fired, each.due_tick == tick)
                << "seed " << GetParam() << " tick " << tick << " due " << each.due_tick;
            if (has_fired) each.due_tick = -1;
            ASSERT_EQ(each.timer.is_set(), each.due_tick >= 0);
            ASSERT_TRUE(each.due_tick < 0 || each.due_tick > tick) << "late, seed " << GetParam();
        }
    }
}

// A loop that comes back at any time sees exactly what became due in between.
TEST_P(TimerWheelModel, AnyStepsFireExactlyWhatIsDue) {
    std::mt19937 random(GetParam() + 1000);
    TimerWheel wheel(kStart);
    std::vector<Modelled> all(40);
    Milliseconds now = kStart;
    wheel.advance(now, [](Timer&) {});
    for (int step = 0; step < 2'000; step++) {
        for (int change = 0; change < 3; change++) {
            Modelled& one = all[random() % all.size()];
            Milliseconds due = now + Milliseconds(random_delay_ms(random) + 101);
            wheel.set(one.timer, due);
            one.due_tick = tick_for(due, 0);
        }
        now += Milliseconds(random() % (step % 100 == 0 ? 900'000 : 9'000));
        std::int64_t tick = (now - kStart) / TimerWheel::kTick;
        std::vector<Timer*> fired = fired_at(wheel, now);
        std::int64_t before = 0;
        for (Timer* timer : fired) {
            auto it = std::find_if(all.begin(), all.end(),
                                   [timer](const Modelled& each) { return &each.timer == timer; });
            EXPECT_LE(before, it->due_tick) << "out of order, seed " << GetParam();
            before = it->due_tick;
        }
        for (Modelled& each : all) {
            bool is_due = each.due_tick >= 0 && each.due_tick <= tick;
            bool has_fired = std::find(fired.begin(), fired.end(), &each.timer) != fired.end();
            ASSERT_EQ(has_fired, is_due) << "seed " << GetParam() << " step " << step;
            if (has_fired) each.due_tick = -1;
        }
    }
}

INSTANTIATE_TEST_SUITE_P(Seeds, TimerWheelModel, testing::Range(0u, 8u));

}  // namespace
}  // namespace martlet
