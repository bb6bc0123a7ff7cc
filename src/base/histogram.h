#pragma once

// Observations counted by size: how many were at most so large, for fixed bounds. One thread
// observes, any thread reads.

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

namespace martlet {

template <std::size_t N>
class Histogram {
  public:
    // Ascending.
    explicit constexpr Histogram(const std::array<double, N>& bounds) : bounds_(bounds) {}

    void observe(double value) {
        std::size_t place = 0;
        while (place < N && value > bounds_[place]) place++;
        counts_[place].fetch_add(1, std::memory_order_relaxed);
        sum_.store(sum_.load(std::memory_order_relaxed) + value, std::memory_order_relaxed);
    }

    const std::array<double, N>& bounds() const { return bounds_; }
    double sum() const { return sum_.load(std::memory_order_relaxed); }
    // Those at most bounds()[i]; the last: all.
    std::array<std::uint64_t, N + 1> cumulative() const {
        std::array<std::uint64_t, N + 1> counts;
        std::uint64_t total = 0;
        for (std::size_t i = 0; i <= N; i++)
            counts[i] = total += counts_[i].load(std::memory_order_relaxed);
        return counts;
    }

  private:
    const std::array<double, N> bounds_;
    std::array<std::atomic<std::uint64_t>, N + 1> counts_{};
    std::atomic<double> sum_{0};
};

}  // namespace martlet
