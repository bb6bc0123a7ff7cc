#pragma once

// What a simulator does when: tasks by their times, each done again after what it says itself.
// Owned by one simulator; one thread.

#include "telemetry/words.h"

#include <cstdint>
#include <map>
#include <utility>

namespace martlet::cli::demo {

using telemetry::Time;

inline constexpr Time kSecond = 1000;
inline constexpr Time kMinute = 60 * kSecond;
inline constexpr Time kHour = 60 * kMinute;
inline constexpr Time kDay = 24 * kHour;

template <typename Task>
class Agenda {
  public:
    void add(Time due, Task task) { tasks_.emplace(std::pair(due, count_++), std::move(task)); }

    // Does what is due up to and including `until`, in order. `act(due, task)` says in how many
    // milliseconds again; 0: never. What a machine has slept through is done once.
    template <typename Act>
    void run(Time until, Act&& act) {
        while (!tasks_.empty() && tasks_.begin()->first.first <= until) {
            auto node = tasks_.extract(tasks_.begin());
            Time due = node.key().first;
            if (until - due > kLeap) due = until;
            Time pause = act(due, node.mapped());
            if (pause > 0) add(due + pause, std::move(node.mapped()));
        }
    }

  private:
    static constexpr Time kLeap = 10 * kMinute;

    std::map<std::pair<Time, std::uint64_t>, Task> tasks_;
    std::uint64_t count_ = 0;
};

}  // namespace martlet::cli::demo
