#pragma once

// Opens a stream to a server: looks the name up, tries each address, TCP or unix socket. Blocks.
// Any thread.

#include "base/clock.h"
#include "base/result.h"
#include "net/tls_context.h"

#include <cstdint>
#include <memory>
#include <string>

namespace martlet::client {

struct Address {
    std::string host = "localhost";
    std::uint16_t port = 1883;
    std::string unix_path;     // if set, instead of host and port
    std::string bind_address;  // to come from; empty: any
    bool no_delay = false;
    // Set: TLS on top, for whoever opens a Client; dial() itself knows nothing of it.
    std::shared_ptr<const net::TlsContext> tls;
};

// What Error::code says; the text is the system's for a failed call.
inline constexpr int kTlsError = 8;
inline constexpr int kSystemError = 14;
inline constexpr int kLookupError = 15;

// A connected socket that does not block, to be closed by the caller.
Result<int> dial(const Address& address, Milliseconds timeout);

}  // namespace martlet::client
