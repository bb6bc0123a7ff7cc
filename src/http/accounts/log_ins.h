#pragma once

// Who is logged in with a browser: sessions by the fingerprint of a random id, in memory only.
// Bounded, in all and for each account: the one that ends first makes room. Any thread.

#include "base/clock.h"
#include "base/hash_map.h"

#include <mutex>
#include <optional>
#include <string>
#include <string_view>

namespace martlet::http {

struct LogIn {
    std::string account;
    std::string csrf_token;  // to be said with each change
    Milliseconds ends{0};    // wall time
};

class LogIns {
  public:
    static constexpr std::size_t kMax = 1000;
    // So that nobody who logs in again and again throws the others out.
    static constexpr std::size_t kMaxOfAccount = 50;
    static constexpr Milliseconds kLifetime{12 * 3600 * 1000};

    // The id for the cookie; empty: no random numbers.
    std::string begin(std::string_view account, Milliseconds wall);
    std::optional<LogIn> find(std::string_view id, Milliseconds wall) const;
    void end(std::string_view id);
    // All of an account, but the one with the id `kept`.
    void end_all(std::string_view account, std::string_view kept);

  private:
    void make_room(std::string_view account, Milliseconds wall);
    // The one that ends first; of this account, or of all when it is empty.
    void end_oldest(std::string_view account);

    mutable std::mutex mutex_;
    TextMap<LogIn> by_fingerprint_;
};

}  // namespace martlet::http
