#pragma once

// The address at the other end of a socket, small enough to be kept for each connection. Any
// thread.

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <sys/socket.h>

namespace martlet::net {

struct Endpoint {
    std::uint8_t family = 0;  // 4, 6, or 0 for a unix socket
    std::uint16_t port = 0;
    std::array<std::uint8_t, 16> address{};

    static Endpoint of(const sockaddr_storage& from);
    // The address without the port, in binary.
    std::string_view host() const {
        return {reinterpret_cast<const char*>(address.data()), address.size()};
    }
    // Those whom one household or one customer has: the address of IPv4, the first 64 bits of one
    // of IPv6, in binary. Empty for a unix socket.
    std::string_view network() const {
        std::size_t size = family == 4 ? 4 : family == 6 ? 8 : 0;
        return host().substr(0, size);
    }
    // "ADDRESS:PORT" as mosquitto writes it (no brackets around IPv6); "unix-socket" for a unix
    // socket.
    std::string text() const;
};

}  // namespace martlet::net
