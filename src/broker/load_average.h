#pragma once

// A count's rate a minute, averaged exponentially over 1, 5 and 15 minutes, as
// `$SYS/broker/load/...` shows it. One thread.

#include <array>
#include <cmath>
#include <cstdint>

namespace martlet::broker {

class LoadAverage {
  public:
    // The count has reached `total`; `seconds` have passed since the last call.
    void update(std::uint64_t total, double seconds) {
        double per_minute = static_cast<double>(total - last_) * 60.0 / seconds;
        last_ = total;
        for (std::size_t i = 0; i < kMinutes.size(); i++) {
            double keep = std::exp(-seconds / (kMinutes[i] * 60.0));
            averages_[i] = per_minute + keep * (averages_[i] - per_minute);
        }
    }
    double average(std::size_t which) const { return averages_[which]; }

    static constexpr std::array<double, 3> kMinutes{1, 5, 15};

  private:
    std::uint64_t last_ = 0;
    std::array<double, 3> averages_{};
};

}  // namespace martlet::broker
