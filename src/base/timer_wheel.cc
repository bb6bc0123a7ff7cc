#include "base/timer_wheel.h"

#include <algorithm>

namespace martlet {

namespace {

void make_empty(Timer* head, Timer*& next, Timer*& previous) {
    next = head;
    previous = head;
}

}  // namespace

void Timer::cancel() {
    if (next_ == nullptr) return;
    next_->previous_ = previous_;
    previous_->next_ = next_;
    next_ = previous_ = nullptr;
}

TimerWheel::TimerWheel(Milliseconds steady_now) : start_(steady_now) {
    for (auto& wheel : wheels_) {
        for (Timer& head : wheel) make_empty(&head, head.next_, head.previous_);
    }
    make_empty(&due_, due_.next_, due_.previous_);
}

TimerWheel::~TimerWheel() {
    auto clear = [](Timer& head) {
        while (head.next_ != &head) head.next_->cancel();
        head.next_ = head.previous_ = nullptr;
    };
    for (auto& wheel : wheels_) {
        for (Timer& head : wheel) clear(head);
    }
    clear(due_);
}

void TimerWheel::set(Timer& timer, Milliseconds due) {
    timer.cancel();
    std::int64_t ticks = due > start_ ? (due - start_ - Milliseconds(1)) / kTick + 1 : 0;
    timer.due_tick_ = static_cast<std::uint32_t>(std::min<std::int64_t>(ticks, UINT32_MAX));
    if (timer.due_tick_ < tick_) timer.due_tick_ = tick_;
    place(timer);
    next_wake_ = std::min(next_wake_, start_ + kTick * timer.due_tick_);
}

Milliseconds TimerWheel::find_next_wake() const {
    Milliseconds wake = Milliseconds::max();
    for (std::uint32_t ahead = 0; ahead < kSlots; ahead++) {
        const Timer& head = wheels_[0][(tick_ + ahead) % kSlots];
        if (head.next_ == &head) continue;
        wake = start_ + kTick * (tick_ + ahead);
        break;
    }
    auto is_used = [](const Timer& head) { return head.next_ != &head; };
    bool far = std::any_of(wheels_[1].begin(), wheels_[1].end(), is_used) ||
               std::any_of(wheels_[2].begin(), wheels_[2].end(), is_used);
    // A far timer comes nearer when the first wheel turns, not before. At a tick where it turns it
    // has not done so yet.
    if (far) wake = std::min(wake, start_ + kTick * ((tick_ + kSlots - 1) / kSlots * kSlots));
    return wake;
}

Timer* TimerWheel::take_due(Milliseconds steady_now) {
    while (due_.next_ == &due_) {
        if (start_ + kTick * tick_ > steady_now) return nullptr;
        if (tick_ % kSlots == 0) {
            if (tick_ / kSlots % kSlots == 0) cascade(2);
            cascade(1);
        }
        Timer& head = wheels_[0][tick_ % kSlots];
        while (head.next_ != &head) {
            Timer* timer = head.next_;
            timer->cancel();
            link(due_, *timer);
        }
        tick_++;
    }
    Timer* timer = due_.next_;
    timer->cancel();
    return timer;
}

void TimerWheel::place(Timer& timer) {
    std::uint32_t delta = timer.due_tick_ - tick_;
    if (delta < kSlots) {
        link(wheels_[0][timer.due_tick_ % kSlots], timer);
    } else if (delta < kSlots * kSlots) {
        link(wheels_[1][timer.due_tick_ / kSlots % kSlots], timer);
    } else {
        // Past the last wheel the timer waits in its farthest slot and is placed again from there.
        std::uint32_t tick = std::min(timer.due_tick_, tick_ + kSlots * kSlots * (kSlots - 1));
        link(wheels_[2][tick / kSlots / kSlots % kSlots], timer);
    }
}

void TimerWheel::cascade(std::uint32_t level) {
    std::uint32_t unit = level == 1 ? kSlots : kSlots * kSlots;
    Timer& head = wheels_[level][tick_ / unit % kSlots];
    // Taken off as a whole first: what is placed again may land in the same slot.
    Timer list;
    make_empty(&list, list.next_, list.previous_);
    while (head.next_ != &head) {
        Timer* timer = head.next_;
        timer->cancel();
        link(list, *timer);
    }
    while (list.next_ != &list) {
        Timer* timer = list.next_;
        timer->cancel();
        place(*timer);
    }
    list.next_ = list.previous_ = nullptr;
}

void TimerWheel::link(Timer& head, Timer& timer) {
    timer.previous_ = head.previous_;
    timer.next_ = &head;
    head.previous_->next_ = &timer;
    head.previous_ = &timer;
}

}  // namespace martlet
