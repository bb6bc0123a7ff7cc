#pragma once

// Which of the messages that came into this shard are settled: each durable receiver has
// acknowledged its copy or has it on disk, here and in the shards to which it was handed over. A
// message that must be waited for takes a position; positions grow. Those of one shard settle in
// any order. Loop thread only.

#include <cstddef>
#include <cstdint>
#include <deque>

namespace martlet::broker {

// 0: nothing to wait for.
using Position = std::uint64_t;

// The letters that carry a message: to each shard that wants it, and from the home of a share group
// to the member it has picked. They are counted apart in each pair of shards. What came by the
// first may wait for the second, what came by the second waits for no other shard; in one count two
// homes would wait for each other for ever.
enum class Leg : std::uint8_t { ToShard, ToMember };
inline constexpr std::size_t kLegs = 2;

class Settlement {
  public:
    Position open() {
        entries_.emplace_back();
        return begin_ + entries_.size() - 1;
    }

    // A copy in a batch that is not on disk yet.
    void add_copy(Position position) { at(position).copies++; }
    // It was acknowledged before its batch was taken.
    void drop_copy(Position position) { at(position).copies--; }
    // All copies of positions up to this one are on disk.
    void commit(Position last) {
        if (last > committed_) committed_ = last;
    }

    // Another shard, or something else here, still has its part to do.
    void add_part(Position position) { at(position).parts++; }
    void drop_part(Position position) { at(position).parts--; }

    bool is_settled(Position position) const {
        if (position < begin_) return true;
        const Entry& entry = entries_[position - begin_];
        return entry.parts == 0 && (entry.copies == 0 || position <= committed_);
    }
    // Nothing but this many parts is left to do. Such a position is not settled.
    bool is_settled_but_for(Position position, std::uint32_t parts) const {
        const Entry& entry = entries_[position - begin_];
        return entry.parts == parts && (entry.copies == 0 || position <= committed_);
    }
    // The newest position that was taken.
    Position newest() const { return begin_ + entries_.size() - 1; }
    // Forgets what is settled. Not while a message is still being routed.
    void trim() {
        while (!entries_.empty() && is_settled(begin_)) {
            entries_.pop_front();
            begin_++;
        }
    }

  private:
    struct Entry {
        std::uint32_t copies = 0;
        std::uint32_t parts = 0;
    };
    Entry& at(Position position) { return entries_[position - begin_]; }

    std::deque<Entry> entries_;
    Position begin_ = 1;
    Position committed_ = 0;
};

}  // namespace martlet::broker
