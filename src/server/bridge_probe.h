#pragma once

// Looks whether a bridge's first address takes connections again while another one is in use: a
// socket that is connected and closed. Owned by a Bridge; loop thread only. Nothing waits for it:
// it is asked about once a second.

#include "net/loop.h"
#include "server/lookup.h"

#include <cstdint>
#include <memory>
#include <string>

namespace martlet::server {

class BridgeProbe {
  public:
    static constexpr Milliseconds kEvery{30'000};

    BridgeProbe() = default;
    ~BridgeProbe() { end(); }
    BridgeProbe(const BridgeProbe&) = delete;
    BridgeProbe& operator=(const BridgeProbe&) = delete;

    // True: a connection was made, and is closed again. The first attempt begins after kEvery.
    bool look(const std::string& host, std::uint16_t port, net::Loop& loop, Milliseconds now);
    void end();

  private:
    Milliseconds due_{0};  // of the next attempt; 0: not set
    std::shared_ptr<Lookup> lookup_;
    int fd_ = -1;
};

}  // namespace martlet::server
