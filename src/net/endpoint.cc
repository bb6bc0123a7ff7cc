#include "net/endpoint.h"

#include <arpa/inet.h>
#include <cstring>
#include <netinet/in.h>

namespace martlet::net {

Endpoint Endpoint::of(const sockaddr_storage& from) {
    Endpoint endpoint;
    if (from.ss_family == AF_INET) {
        const auto& v4 = reinterpret_cast<const sockaddr_in&>(from);
        endpoint.family = 4;
        endpoint.port = ntohs(v4.sin_port);
        std::memcpy(endpoint.address.data(), &v4.sin_addr, 4);
    } else if (from.ss_family == AF_INET6) {
        const auto& v6 = reinterpret_cast<const sockaddr_in6&>(from);
        endpoint.port = ntohs(v6.sin6_port);
        if (IN6_IS_ADDR_V4MAPPED(&v6.sin6_addr)) {
            endpoint.family = 4;
            std::memcpy(endpoint.address.data(), &v6.sin6_addr.s6_addr[12], 4);
        } else {
            endpoint.family = 6;
            std::memcpy(endpoint.address.data(), &v6.sin6_addr, 16);
        }
    }
    return endpoint;
}

std::string Endpoint::text() const {
    if (family == 0) return "unix-socket";
    char buffer[INET6_ADDRSTRLEN];
    inet_ntop(family == 4 ? AF_INET : AF_INET6, address.data(), buffer, sizeof buffer);
    return std::string(buffer) + ":" + std::to_string(port);
}

}  // namespace martlet::net
