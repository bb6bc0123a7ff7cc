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
    // Version of the PROXY protocol by which a proxy tells who its client is; 0: connections come
    // without. The others hold for version 2, which tells of the client's TLS: they refuse clients
    // that reached the proxy without TLS, or without a certificate, and take its CN as user name.
    std::uint8_t proxy_protocol = 0;
    bool proxy_requires_tls = false;
    bool proxy_requires_certificate = false;
    bool proxy_names_user = false;

    bool operator==(const ListenOptions&) const = default;
};

}  // namespace martlet::net
