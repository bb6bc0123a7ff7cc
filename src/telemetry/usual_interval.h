#pragma once

// What the messages of one source usually lie apart: the second longest of the last eight gaps, so
// that one outage does not count. Messages that come together are one, and a stream of them has
// gaps of the shortest kind. Plain value; one thread.

#include <algorithm>
#include <array>
#include <cstdint>

namespace martlet::telemetry {

class UsualInterval {
  public:
    UsualInterval() = default;
    // As the store has it; 0: not known. Times are milliseconds.
    UsualInterval(std::int64_t known_ms, std::int64_t last_heard) : begins_(last_heard) {
        if (known_ms <= 0) return;
        gaps_.fill(to_gap(known_ms));
        count_ = kGaps;
    }

    // True: ms() may be another one.
    bool hear(std::int64_t time) {
        std::int64_t gap = time - begins_;
        if (begins_ == 0) begins_ = time;
        if (begins_ == time || gap < kBurstMs) return false;
        begins_ = time;
        gaps_[at_] = to_gap(gap);
        at_ = (at_ + 1) % kGaps;
        count_ = std::min(count_ + 1, kGaps);
        return true;
    }

    // 0: too few gaps so far.
    std::int64_t ms() const {
        if (count_ < kEnough) return 0;
        std::uint32_t longest = 0;
        std::uint32_t second = 0;
        for (std::uint32_t i = 0; i < count_; i++) {
            second = std::max(second, std::min(longest, gaps_[i]));
            longest = std::max(longest, gaps_[i]);
        }
        return second;
    }

  private:
    static constexpr std::uint32_t kGaps = 8;
    static constexpr std::uint32_t kEnough = 4;
    // Closer together than this is one burst.
    static constexpr std::int64_t kBurstMs = 4'000;

    static std::uint32_t to_gap(std::int64_t ms) {
        return static_cast<std::uint32_t>(std::min<std::int64_t>(ms, UINT32_MAX));
    }

    std::int64_t begins_ = 0;                  // of the last burst
    std::array<std::uint32_t, kGaps> gaps_{};  // ms; 49 days at most
    std::uint32_t count_ = 0;
    std::uint32_t at_ = 0;
};

}  // namespace martlet::telemetry
