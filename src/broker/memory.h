#pragma once

// memory_limit: how much memory is in use, what that means for those who ask for more, and when a
// shard looks again. A MemoryWatch is owned by its shard, loop thread only; MemoryState is one for
// all shards, atomics that any thread may read. broker/memory.cc has the rules.

#include "base/clock.h"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace martlet::broker {

enum class MemoryLevel : std::uint8_t {
    Enough,
    Low,   // seven eighths of the limit: no new subscriptions and no new retained messages
    Over,  // no new sessions and no messages either, and the slowest readers are disconnected
};

// From here on memory is low; and so much is left when readers have been disconnected.
constexpr std::uint64_t low_mark(std::uint64_t limit) {
    return limit - limit / 8;
}

// Implemented by the server, which knows the process and its allocator.
class MemoryMeter {
  public:
    virtual ~MemoryMeter() = default;
    // Bytes in use by the process; exact from three quarters of `limit` on, at most that below it.
    // Called by the thread of `shard`. With `give_back`, what is free there goes back to the
    // system.
    virtual std::uint64_t in_use(std::uint32_t shard, std::uint64_t limit, bool give_back) = 0;
};

struct MemoryState {
    explicit MemoryState(std::uint32_t shards) : held_most(shards) {}

    MemoryMeter* meter = nullptr;  // null: nobody watches
    std::atomic<MemoryLevel> level{MemoryLevel::Enough};
    std::atomic<std::uint64_t> in_use{0};                // at the last look; 0 without a limit
    std::atomic<std::int64_t> logged_ms{INT64_MIN / 2};  // when the log last said "over"
    std::atomic<bool> is_logged{false};                  // and has not said that it is over
    // Bytes that wait for the slowest reader of each shard; written by that shard.
    std::vector<std::atomic<std::uint64_t>> held_most;
};

// When to look: after so many bytes that may have been stored, and from time to time.
class MemoryWatch {
  public:
    // Counts bytes that are about to be stored, or may be. Costs a subtraction.
    void charge(std::size_t bytes) { credit_ -= static_cast<std::int64_t>(bytes); }
    bool is_spent() const { return credit_ < 0; }
    bool is_due(Milliseconds now) const { return is_spent() || now >= next_look_; }
    Milliseconds next_look() const { return next_look_; }

    // After a look (limit 0: there is none).
    void set_next(std::uint64_t in_use, std::uint64_t limit, std::uint32_t shards,
                  Milliseconds now);
    // The settings have changed.
    void look_soon() { next_look_ = Milliseconds(0); }
    // Whether the heap is to be given back at this look: a walk, so not at every one.
    bool is_give_back_due(Milliseconds now, bool is_over);

    bool has_refused = false;  // since readers or publishers were last looked at
    std::uint32_t passes = 0;  // of disconnecting readers, since memory was last enough

  private:
    std::int64_t credit_ = INT64_MAX;
    Milliseconds next_look_{0};
    Milliseconds next_give_back_{0};
};

}  // namespace martlet::broker
