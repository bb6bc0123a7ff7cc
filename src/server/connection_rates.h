#pragma once

// `connection_rate`: new connections a second of one network (net::Endpoint::network()). A network
// may spend those of one second at once. One for all threads of the front; bounded; any thread.

#include "base/clock.h"
#include "base/recent_map.h"

#include <cstdint>
#include <mutex>
#include <string_view>

namespace martlet::server {

class ConnectionRates {
  public:
    static constexpr std::size_t kMax = 65'536;
    static constexpr Milliseconds kPace{10'000};

    struct Verdict {
        bool is_accepted = true;
        bool is_news = false;  // the first refusal of this network for kPace
    };
    // `rate` is more than 0. A unix socket has no network and no rate.
    Verdict take(std::string_view network, std::uint32_t rate, Milliseconds now);
    std::size_t size() const;

  private:
    struct Bucket {
        bool is_used = false;
        double tokens = 0;
        Milliseconds at{0};
        Milliseconds next_news{0};
    };

    mutable std::mutex mutex_;
    RecentMap<Bucket> buckets_{kMax};
};

}  // namespace martlet::server
