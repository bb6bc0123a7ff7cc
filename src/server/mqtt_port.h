#pragma once

// Where a socket and a broker connection meet. Owned by its Turn; made when a socket is accepted or
// handed over, destroyed at the end of the turn in which it closed. Loop thread only.

#include "broker/connection.h"
#include "net/stream.h"
#include "server/socket.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace martlet::server {

class Turn;

class MqttPort final : public net::Watched, public net::Receiver, public broker::Transport {
  public:
    MqttPort(Turn& turn, Socket socket);

    bool start();
    // Writes what waits. After a failure the connection is ending.
    void flush();
    // The last words of WebSocket and TLS, before the socket goes. True: they or the broker's tell
    // the peer why, and it should get to read them.
    bool say_why();
    void close() { stream_.close(); }
    broker::Connection& connection() { return connection_; }
    net::Stream& stream() { return stream_; }

    // net::Watched
    void on_ready(std::uint32_t events) override;
    // net::Receiver
    Taken on_bytes(ByteView bytes, BodyRef* frame) override;
    void on_part(std::size_t size) override { connection_.on_part(size); }
    bool is_held() const override { return connection_.is_held(); }
    // broker::Transport
    void resume() override;
    std::string peer() const override { return stream_.peer().text(); }
    std::string_view network() const override { return stream_.peer().network(); }
    std::size_t unread_bytes() const override { return stream_.kept_bytes(); }
    std::size_t begun_bytes() const override { return stream_.begun_bytes(); }
    std::optional<std::string_view> proved_user() const override;

    // In the Turn's list of ports, so that it need not search.
    std::uint32_t place = 0;

  private:
    Turn& turn_;
    net::Stream stream_;
    broker::Connection connection_;
    const std::unique_ptr<std::string> proxied_user_;  // of Socket
    bool wants_resume_ = false;
    friend class Turn;
};

}  // namespace martlet::server
