#pragma once

// Counts log-ins that failed, so that passwords cannot be tried one after the other: for each
// account from one address, each address, and each account from anywhere. Bounded: the oldest
// count makes room. Any thread.

#include "base/clock.h"
#include "base/hash_map.h"

#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>

namespace martlet::http {

class Attempts {
  public:
    static constexpr std::size_t kMax = 4096;
    // Counts begin anew after this time.
    static constexpr Milliseconds kWindow{15 * 60 * 1000};
    static constexpr std::uint32_t kFailuresOfAccountAtAddress = 5;
    static constexpr std::uint32_t kFailuresOfAddress = 25;
    static constexpr std::uint32_t kFailuresOfAccount = 100;

    // How long to wait before another one is looked at; 0: not at all.
    Milliseconds wait(std::string_view address, std::string_view account, Milliseconds now) const;
    void failed(std::string_view address, std::string_view account, Milliseconds now);
    void succeeded(std::string_view address, std::string_view account);
    std::size_t size() const;

  private:
    struct Count {
        std::uint32_t failures = 0;
        Milliseconds began{0};
    };
    void count(const std::string& key, Milliseconds now);
    Milliseconds wait_of(const std::string& key, std::uint32_t limit, Milliseconds now) const;

    mutable std::mutex mutex_;
    TextMap<Count> counts_;
};

}  // namespace martlet::http
