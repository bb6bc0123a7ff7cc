#pragma once

// The keys of a listener's session tickets: made at start, renewed each hour, shared by all shards.
// A ticket is good for the hour after its key was renewed. Owned by a TlsContext; any thread.

#include <array>
#include <cstdint>
#include <mutex>

struct ssl_ctx_st;

namespace martlet::net {

class TlsTickets {
  public:
    static constexpr std::int64_t kRenewedAfter = 3600;  // s

    struct Key {
        std::array<unsigned char, 16> name{};
        std::array<unsigned char, 32> cipher{};
        std::array<unsigned char, 32> digest{};
        std::int64_t made_s = 0;  // 0: none
    };

    TlsTickets() = default;
    ~TlsTickets();
    TlsTickets(const TlsTickets&) = delete;
    TlsTickets& operator=(const TlsTickets&) = delete;

    // The context issues and takes tickets of these keys, which outlive it.
    void install(ssl_ctx_st* context);

    // The key for a new ticket. False: the system gives no random bytes.
    bool key_to_issue(std::int64_t now_s, Key& key);
    // The key with that name. `is_old`: the ticket should be issued again.
    bool find(const unsigned char* name, std::int64_t now_s, Key& key, bool& is_old);

  private:
    bool renew(std::int64_t now_s);

    std::mutex mutex_;
    Key current_, previous_;
};

}  // namespace martlet::net
