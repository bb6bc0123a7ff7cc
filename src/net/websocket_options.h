#pragma once

// What the configuration says of WebSocket at one listener. Filled by config, read by the server.
// Immutable while the broker runs. Any thread.

#include "net/network.h"

#include <cstdint>
#include <string>
#include <vector>

namespace martlet::net {

struct WebsocketOptions {
    // The listener speaks MQTT over WebSocket and nothing else (`protocol websockets`).
    bool is_on = false;
    // Pages that may connect (the header Origin, exactly).
    std::vector<std::string> origins;
    // Bytes of the request for the upgrade; 0: the default.
    std::uint32_t headers_size = 4096;
    // Proxies whose X-Forwarded-For is believed.
    std::vector<Network> trusted_proxies;

    bool operator==(const WebsocketOptions&) const = default;
};

}  // namespace martlet::net
