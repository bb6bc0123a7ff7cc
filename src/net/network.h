#pragma once

// Addresses as a configuration names them: one, a network of them, or the peers of unix sockets.
// Any thread.

#include "net/endpoint.h"

#include <cstdint>
#include <optional>
#include <string_view>

namespace martlet::net {

// "192.0.2.7", "192.0.2.7:1883", "2001:db8::7", "[2001:db8::7]:1883". A mapped IPv4 address counts
// as IPv4. Nothing: it is none; a host name is none either.
std::optional<Endpoint> read_address(std::string_view text);

struct Network {
    Endpoint base;
    int bits = 0;  // of the address, from the left

    // "ADDRESS", "ADDRESS/BITS", or "unix".
    static std::optional<Network> read(std::string_view text);
    bool contains(const Endpoint& endpoint) const;

    bool operator==(const Network& other) const {
        return bits == other.bits && base.family == other.base.family &&
               base.address == other.base.address;
    }
};

}  // namespace martlet::net
