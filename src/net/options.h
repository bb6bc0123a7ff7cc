#pragma once

// Where to listen, as the configuration says it. Filled by config, read by net::Listener. Any
// thread.

#include <cstdint>
#include <string>

namespace martlet::net {

enum class SocketDomain : std::uint8_t { Any, Ipv4, Ipv6 };

struct ListenOptions {
    std::uint16_t port = 1883;
    // Host name or address to bind to; empty: all. "localhost" binds both loopback addresses.
    std::string address;
    // Set: a unix socket at this path instead; port is 0.
    std::string unix_path;
    // Set: SO_BINDTODEVICE, and without `address` the interface's first address of each family.
    std::string interface;
    SocketDomain domain = SocketDomain::Any;
    bool tcp_nodelay = false;

    bool operator==(const ListenOptions&) const = default;
};

}  // namespace martlet::net
