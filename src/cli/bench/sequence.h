#pragma once

// Whether the numbered messages of one publisher reach one subscriber once and in order. Numbers
// begin at 0. One thread.

#include <cstdint>

namespace martlet::cli::bench {

struct SequenceCounts {
    std::uint64_t duplicated = 0;
    std::uint64_t out_of_order = 0;
};

class Sequence {
  public:
    void take(std::uint32_t number, SequenceCounts& counts) {
        if (number == next_) {
            next_++;
            seen_ = seen_ << 1 | 1;
            return;
        }
        if (number > next_) {
            std::uint32_t gap = number - next_;
            missing_ += gap;
            seen_ = gap >= 63 ? 1 : seen_ << (gap + 1) | 1;
            next_ = number + 1;
            return;
        }
        take_late(next_ - 1 - number, counts);
    }

    // Of `sent` messages.
    std::uint64_t lost(std::uint64_t sent) const {
        return missing_ + (sent > next_ ? sent - next_ : 0);
    }

  private:
    // What is older than the bits tell is taken for late while something is missing.
    void take_late(std::uint32_t age, SequenceCounts& counts) {
        bool was_seen = age < 64 ? (seen_ >> age & 1) != 0 : missing_ == 0;
        if (was_seen || missing_ == 0) {
            counts.duplicated++;
            return;
        }
        counts.out_of_order++;
        missing_--;
        if (age < 64) seen_ |= std::uint64_t{1} << age;
    }

    std::uint32_t next_ = 0;
    std::uint32_t missing_ = 0;
    std::uint64_t seen_ = 0;  // bit i: number next_ - 1 - i
};

}  // namespace martlet::cli::bench
