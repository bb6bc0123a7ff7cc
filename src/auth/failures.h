#pragma once

// Log-ins that failed, so that passwords cannot be guessed one after the other: after so many
// failures of one user from one network each further one opens a pause, in which no password is
// looked at. Pauses grow from a second to a quarter of an hour. All users of a network together
// have five times as many failures. Bounded. Any thread.

#include "base/clock.h"
#include "base/recent_map.h"

#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>

namespace martlet::auth {

class Failures {
  public:
    static constexpr std::size_t kMax = 65'536;
    static constexpr Milliseconds kShortest{1000};
    static constexpr Milliseconds kLongest{15 * 60 * 1000};
    static constexpr std::uint32_t kUsersOfNetwork = 5;
    // After so long without a failure a count begins anew.
    static constexpr Milliseconds kForgotten{30 * 60 * 1000};

    // What is left of the pause of this user from this network; 0: there is none.
    Milliseconds pause(std::string_view network, std::string_view user, Milliseconds now) const;
    // `after`: the failures that open no pause yet. Returns the pause that begins, or 0.
    Milliseconds failed(std::string_view network, std::string_view user, std::uint32_t after,
                        Milliseconds now);
    // A good log-in ends the count of the user, not that of the network.
    void succeeded(std::string_view network, std::string_view user);
    std::size_t size() const;

  private:
    struct Count {
        std::uint32_t failures = 0;
        Milliseconds last{0};
        Milliseconds until{0};
    };
    Milliseconds count(const std::string& key, std::uint32_t after, Milliseconds now);
    Milliseconds left(const std::string& key, Milliseconds now) const;

    mutable std::mutex mutex_;
    RecentMap<Count> counts_{kMax};
};

}  // namespace martlet::auth
