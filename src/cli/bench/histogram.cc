#include "cli/bench/histogram.h"

#include <algorithm>

namespace martlet::cli::bench {

// The lowest value of the bucket.
std::uint64_t Histogram::value_of(std::size_t bucket) {
    if (bucket < (2u << kBits)) return bucket;
    std::size_t power = (bucket >> kBits) - 1;
    return (bucket - (power << kBits)) << power;
}

std::uint64_t Histogram::quantile(double share) const {
    if (count_ == 0) return 0;
    auto wanted = static_cast<std::uint64_t>(share * static_cast<double>(count_));
    std::uint64_t seen = 0;
    for (std::size_t i = 0; i < buckets_.size(); i++) {
        seen += buckets_[i];
        if (seen > wanted) return std::min(value_of(i), max_);
    }
    return max_;
}

}  // namespace martlet::cli::bench
