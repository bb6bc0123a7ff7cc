#pragma once

// A connection before its shard is known: PROXY header, TLS handshake, the upgrade to WebSocket,
// then bytes until CONNECT is whole (MQTT), or until the handshake is complete (HTTP). Then its
// socket moves to a shard with all that was read. It judges nothing: whatever is wrong with the
// first packet is answered by the shard. Owned by its Front; ends in the turn in which it moves or
// fails. Front's thread only.

#include "base/outbox.h"
#include "base/timer_wheel.h"
#include "net/options.h"
#include "net/proxy_header.h"
#include "net/stream.h"
#include "server/mail.h"
#include "server/socket.h"
#include "server/websocket_door.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace martlet::server {

class Front;

class Arrival final : public net::Watched, public net::Receiver {
  public:
    // `options`: of its listener.
    Arrival(Front& front, Socket socket, const net::ListenOptions& options);
    ~Arrival() override;

    // `due`: the end of connect_timeout. `unread`: came before, from an HTTP connection.
    void start(Milliseconds due, ByteView unread);
    void on_timeout();
    void on_stop();
    static Arrival& of(Timer& timer) { return static_cast<Deadline&>(timer).arrival; }

    // net::Watched
    void on_ready(std::uint32_t events) override;
    // net::Receiver
    Taken on_bytes(ByteView bytes, BodyRef* frame) override;
    void on_part(std::size_t) override {}
    bool is_held() const override { return false; }

    // At the end of the turn.
    bool is_over() const { return is_over_; }
    // The peer was told why it failed (by an alert of TLS, an answer to its request, a close frame)
    // and should get to read it.
    bool lingers() const {
        return is_over_ && stream_.is_open() &&
               (is_in_handshake() || stream_.websocket() != nullptr || door_ != nullptr);
    }
    int release() { return stream_.release(); }

    std::uint32_t place = 0;  // in the list of its Front

  private:
    struct Deadline : Timer {
        explicit Deadline(Arrival& whose) : arrival(whose) {}
        Arrival& arrival;
    };

    bool take_proxy_header();
    void take_client(const net::ProxiedClient& client);
    void refuse_proxied(std::string_view why);
    bool is_in_handshake() const { return !proxy_ && stream_.is_in_handshake(); }
    std::optional<std::string_view> proved_user() const;
    Taken pass_door(ByteView bytes);
    bool flush();
    void note_refused(std::string_view why);
    std::size_t needs(ByteView bytes) const;
    std::uint32_t home_of(ByteView bytes) const;
    void go_on(net::Stream::Outcome outcome);
    bool is_ready_for_http() const;
    void move_http();
    void move_to(std::uint32_t shard);
    void end(std::string_view text, std::uint16_t close_code = net::close_code::kNormal);
    void be_over();

    Front& front_;
    net::Stream stream_;
    const net::ListenOptions& options_;
    std::unique_ptr<net::ProxyHeader> proxy_;  // until it is complete; null: none comes
    std::unique_ptr<std::string> proxied_user_;
    bool is_proxied_tls_ = false;
    Deadline deadline_;
    std::unique_ptr<WebsocketDoor> door_;  // until the upgrade; null: the listener has none
    Outbox outbox_;                        // of WebSocket; MQTT says nothing before CONNECT
    // Bytes for its shard, once that is known.
    std::unique_ptr<MovedConnection> moved_;
    std::uint32_t home_ = 0;
    const std::uint16_t listener_;
    const bool is_http_;
    bool has_early_bytes_ = false;  // kept by the stream, to be handed over
    bool is_over_ = false;
};

}  // namespace martlet::server
