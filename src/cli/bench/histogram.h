#pragma once

// Latencies, in buckets 1.6 % wide: 64 for each power of two. One thread.

#include <bit>
#include <cstdint>
#include <vector>

namespace martlet::cli::bench {

class Histogram {
  public:
    void add(std::uint64_t value) {
        buckets_[bucket_of(value)]++;
        count_++;
        if (value > max_) max_ = value;
    }
    // The value that the part `share` (0 to 1) of all stays below; 0 when there are none.
    std::uint64_t quantile(double share) const;
    std::uint64_t max() const { return max_; }
    std::uint64_t count() const { return count_; }

  private:
    static constexpr unsigned kBits = 6;
    static std::size_t bucket_of(std::uint64_t value) {
        if (value < (1u << kBits)) return value;
        auto power = static_cast<unsigned>(std::bit_width(value)) - kBits - 1;
        return (std::size_t{power} << kBits) + (value >> power);
    }
    static std::uint64_t value_of(std::size_t bucket);

    std::vector<std::uint64_t> buckets_ = std::vector<std::uint64_t>((64 - kBits + 1) << kBits);
    std::uint64_t count_ = 0;
    std::uint64_t max_ = 0;
};

}  // namespace martlet::cli::bench
