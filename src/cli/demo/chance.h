#pragma once

// Chance that is the same for the same seed, on every machine. One thread.

#include <cstdint>

namespace martlet::cli::demo {

inline std::uint64_t mixed(std::uint64_t value) {
    value += 0x9e3779b97f4a7c15u;
    value = (value ^ value >> 30) * 0xbf58476d1ce4e5b9u;
    value = (value ^ value >> 27) * 0x94d049bb133111ebu;
    return value ^ value >> 31;
}

// 0 to 1, the same for the same seed and numbers, whatever was asked before.
inline double noise(std::uint64_t seed, std::uint64_t what, std::int64_t index) {
    std::uint64_t bits = mixed(mixed(seed ^ mixed(what)) ^ static_cast<std::uint64_t>(index));
    return static_cast<double>(bits >> 11) * 0x1p-53;
}

class Chance {
  public:
    explicit Chance(std::uint64_t seed) : state_(mixed(seed)) {}

    std::uint64_t bits() { return mixed(state_++); }
    double between(double low, double high) {
        return low + (high - low) * static_cast<double>(bits() >> 11) * 0x1p-53;
    }
    std::uint32_t below(std::uint32_t count) {
        return static_cast<std::uint32_t>((bits() >> 32) * count >> 32);
    }
    bool is_one_in(std::uint32_t count) { return below(count) == 0; }

  private:
    std::uint64_t state_;
};

}  // namespace martlet::cli::demo
