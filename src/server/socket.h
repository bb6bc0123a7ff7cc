#pragma once

// A connected socket on its way into a Turn: from a listener, or from the shard that accepted it.
// Moved from hand to hand; whoever holds it closes `fd`.

#include "net/endpoint.h"
#include "net/tls_session.h"
#include "net/websocket.h"

#include <cstdint>
#include <memory>
#include <string>

namespace martlet::server {

struct Socket {
    int fd = -1;
    net::Endpoint peer;
    std::uint16_t listener = 0;
    std::unique_ptr<net::TlsSession> tls = nullptr;       // null: plain
    std::unique_ptr<net::Websocket> websocket = nullptr;  // null: no frames, or not yet
    // The user name that a proxy has proved; empty: none that can be believed. Null: nobody asked.
    std::unique_ptr<std::string> proxied_user = nullptr;
    bool is_proxied_tls = false;  // the client reached the proxy by TLS
};

}  // namespace martlet::server
