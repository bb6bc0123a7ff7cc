#pragma once

// The header by which a proxy (HAProxy, nginx, a cloud's balancer) tells the address of its client
// before the client's own bytes: PROXY protocol version 1 and 2 (haproxy.org, proxy-protocol.txt).
// A machine without a socket: whoever reads gives it bytes. Whoever reaches such a listener can
// claim any address, so only the proxy may reach it. One thread.

#include "base/bytes.h"
#include "net/endpoint.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace martlet::net {

// What the header says of the client.
struct ProxiedClient {
    // Not set: the connection is the proxy's own (a health check), or the proxy does not know. Then
    // the socket's own peer counts.
    std::optional<Endpoint> address;
    // Version 2 only: how the client reached the proxy.
    bool is_tls = false;
    // It gave a certificate, and the proxy has verified it.
    bool has_certificate = false;
    std::string common_name;  // of that certificate
    std::string tls_version, cipher;
};

class ProxyHeader {
  public:
    // A header of version 2 may have 65,551 bytes; those of real proxies have some hundred.
    static constexpr std::size_t kBytesMax = 4096;

    // `version`: 1 or 2. The other one is refused.
    explicit ProxyHeader(int version) : version_(version) {}

    enum class State : std::uint8_t { Open, Complete, Corrupt };
    // Takes those bytes from the front that belong to the header, and says how many: less than all
    // only when it is complete. After Corrupt nothing is to be read any more.
    std::size_t take(ByteView bytes);
    State state() const { return state_; }
    const ProxiedClient& client() const { return client_; }
    // What is wrong with it, in words for the log.
    std::string_view failure() const { return failure_; }

  private:
    std::size_t take_line(ByteView bytes);
    std::size_t take_binary(ByteView bytes);
    void read_line(std::string_view line);
    void read_binary();
    bool read_address(std::uint8_t family, ByteView& rest);
    bool read_extensions(ByteView rest);
    bool read_tls(ByteView value);
    void fail(std::string_view why);

    const int version_;
    State state_ = State::Open;
    std::vector<std::uint8_t> bytes_;
    ProxiedClient client_;
    std::string_view failure_;
};

}  // namespace martlet::net
