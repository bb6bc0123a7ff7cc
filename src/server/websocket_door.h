#pragma once

// The way of a connection from its first byte to WebSocket, as a machine without a socket: bytes of
// the request in, an answer out, and a verdict. Owned by whoever owns the socket until the verdict;
// that one also watches the time. One thread.

#include "broker/counters.h"
#include "http/parser.h"
#include "http/request.h"
#include "net/endpoint.h"
#include "net/websocket_options.h"

#include <cstdint>
#include <string>
#include <string_view>

namespace martlet::server {

class WebsocketDoor {
  public:
    // `options` outlives it.
    explicit WebsocketDoor(const net::WebsocketOptions& options);

    enum class Verdict : std::uint8_t {
        NeedsMore,
        Upgraded,  // answer() goes out, then frames; rest() is the first of the client's
        Refused,   // answer() goes out, then the connection ends
    };
    // Takes all of the bytes. `peer`: the other end, as the socket or PROXY tells. Not called after
    // a verdict.
    Verdict on_bytes(ByteView bytes, const net::Endpoint& peer);

    const std::string& answer() const { return answer_; }
    ByteView rest() const { return as_bytes(input_); }
    // Upgraded: the client, as a proxy that is trusted tells; otherwise the other end of the
    // socket.
    const net::Endpoint& peer() const { return peer_; }
    // Refused: for the log.
    const std::string& problem() const { return problem_; }
    // For the counters; also when the connection ends without a verdict.
    broker::Refusal refusal() const { return refusal_; }

  private:
    Verdict judge(const net::Endpoint& peer);
    Verdict refuse(int status, std::string problem);

    const net::WebsocketOptions& options_;
    net::Endpoint peer_;
    http::RequestParser parser_;
    std::string input_;  // came and not read yet; bounded by the limit of the head
    std::string answer_;
    std::string problem_;
    broker::Refusal refusal_ = broker::Refusal::WebsocketUpgrade;
};

// The client for whom a trusted proxy speaks (X-Forwarded-For), or `peer` itself: the last address
// in the list that is not a trusted proxy's. Addresses further left can be anybody's invention.
net::Endpoint client_of(const http::Fields& headers, const net::Endpoint& peer,
                        const net::WebsocketOptions& options);

}  // namespace martlet::server
