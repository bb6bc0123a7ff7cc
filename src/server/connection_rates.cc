#include "server/connection_rates.h"

#include <algorithm>

namespace martlet::server {

ConnectionRates::Verdict ConnectionRates::take(std::string_view network, std::uint32_t rate,
                                               Milliseconds now) {
    if (network.empty()) return {};
    std::lock_guard lock(mutex_);
    Bucket& bucket = buckets_.use(network);
    if (!bucket.is_used) bucket = {true, static_cast<double>(rate), now, Milliseconds(0)};
    double earned = static_cast<double>((now - bucket.at).count()) * rate / 1000;
    bucket.tokens = std::min<double>(bucket.tokens + earned, rate);
    bucket.at = now;
    if (bucket.tokens >= 1) {
        bucket.tokens -= 1;
        return {};
    }
    bool is_news = now >= bucket.next_news;
    if (is_news) bucket.next_news = now + kPace;
    return {false, is_news};
}

std::size_t ConnectionRates::size() const {
    std::lock_guard lock(mutex_);
    return buckets_.size();
}

}  // namespace martlet::server
