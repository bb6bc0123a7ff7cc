#pragma once

// Where a socket and an HTTP connection meet. Owned by the HttpPorts of its loop; made when a
// socket is accepted, destroyed at the end of the turn in which it closed. Loop thread only.

#include "base/slots.h"
#include "http/connection.h"
#include "net/stream.h"
#include "server/mail.h"
#include "server/socket.h"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace martlet::server {

class HttpPorts;

class HttpPort final : public net::Watched, public net::Receiver, public http::Desk {
  public:
    HttpPort(HttpPorts& ports, Socket socket);

    bool start() { return stream_.watch(this); }
    // Takes what was read before it was made.
    void begin(ByteView unread);
    // Writes what waits, and shuts down its half when that was all that it had to say.
    void flush();
    // Before it is destroyed.
    void end() { stream_.end_tls(); }
    // Nothing is left to do, or can be done.
    bool is_done() const;
    // A WebSocket now, whose client has been told.
    bool is_upgraded() const {
        return connection_.is_upgraded() && connection_.outbox.empty() && stream_.is_open();
    }
    // Gives it away, with the payload of the frames that came already.
    void leave(MovedConnection& moved);
    http::Connection& connection() { return connection_; }
    std::uint16_t listener() const { return listener_; }

    // net::Watched
    void on_ready(std::uint32_t events) override;
    // net::Receiver
    Taken on_bytes(ByteView bytes, BodyRef* frame) override;
    void on_part(std::size_t) override {}
    bool is_held() const override { return false; }
    // http::Desk
    bool answer(std::unique_ptr<http::Request> request) override;
    bool fetch(std::unique_ptr<http::BodySource> source) override;
    bool is_known(const http::Fields& headers) const override;
    const http::UpgradeRules* upgrade_rules() const override;
    void on_upgrade(const http::Request& request) override;
    void on_refused_upgrade(const http::Upgrade& upgrade) override;

    SlotHandle handle;  // in the list of ports
    bool is_touched = false;

  private:
    HttpPorts& ports_;
    http::Connection connection_;
    net::Stream stream_;
    std::unique_ptr<std::string> proxied_user_;  // of Socket, for a WebSocket
    const bool is_proxied_tls_;
    const std::uint16_t listener_;
    bool has_ended_ = false;
    bool is_shut_ = false;
};

}  // namespace martlet::server
