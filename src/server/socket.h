#pragma once

// A connected socket on its way into a Turn: from a listener, or from the shard that accepted it.
// Moved from hand to hand; whoever holds it closes `fd`.

#include "net/endpoint.h"
#include "net/tls_session.h"

#include <cstdint>
#include <memory>

namespace martlet::server {

struct Socket {
    int fd = -1;
    net::Endpoint peer;
    std::uint16_t listener = 0;
    std::unique_ptr<net::TlsSession> tls;  // null: plain
};

}  // namespace martlet::server
