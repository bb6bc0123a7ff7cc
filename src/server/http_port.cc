#include "server/http_port.h"

#include "base/log.h"
#include "server/http_ports.h"
#include "server/websocket_door.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <sys/socket.h>

namespace martlet::server {

namespace {

bool is_loopback(const net::Endpoint& peer) {
    constexpr std::array<std::uint8_t, 16> kLoopback6 = {0, 0, 0, 0, 0, 0, 0, 0,
                                                         0, 0, 0, 0, 0, 0, 0, 1};
    constexpr std::array<std::uint8_t, 13> kMapped = {0, 0, 0, 0,    0,    0,  0,
                                                      0, 0, 0, 0xff, 0xff, 127};
    if (peer.family == 0) return true;
    if (peer.family == 4) return peer.address[0] == 127;
    return peer.address == kLoopback6 ||
           std::equal(kMapped.begin(), kMapped.end(), peer.address.begin());
}

http::Peer described(const Socket& socket) {
    const net::Endpoint& peer = socket.peer;
    http::Peer out;
    out.is_secure = socket.tls != nullptr || socket.is_proxied_tls;
    out.address = peer.text();
    out.is_local = is_loopback(peer);
    out.is_unix_socket = peer.family == 0;
    return out;
}

}  // namespace

HttpPort::HttpPort(HttpPorts& ports, Socket socket)
    : ports_(ports),
      connection_(*this, ports.limits(), described(socket), ports.now()),
      stream_(ports.loop(), socket.fd, socket.peer, std::move(socket.tls)),
      proxied_user_(std::move(socket.proxied_user)),
      is_proxied_tls_(socket.is_proxied_tls),
      listener_(socket.listener) {}

void HttpPort::begin(ByteView unread) {
    if (!unread.empty()) connection_.on_bytes(unread, ports_.now());
}

void HttpPort::on_ready(std::uint32_t events) {
    ports_.touch(*this);
    if ((events & EPOLLOUT) && stream_.reads_on_room()) events |= EPOLLIN;
    if (!stream_.is_open() || !(events & (EPOLLIN | EPOLLHUP | EPOLLERR))) return;
    // Its end was seen: now it is gone altogether.
    if (has_ended_) return connection_.abort();
    switch (stream_.receive(ports_.scratch(), *this)) {
        case net::Stream::Outcome::Open:
            break;
        case net::Stream::Outcome::Closed:
            has_ended_ = true;
            stream_.end_reading();
            connection_.on_end();
            break;
        case net::Stream::Outcome::Failed:
            connection_.abort();
            break;
    }
}

net::Receiver::Taken HttpPort::on_bytes(ByteView bytes, BodyRef*) {
    connection_.on_bytes(bytes, ports_.now());
    return {bytes.size(), 0};
}

void HttpPort::flush() {
    Outbox& outbox = connection_.outbox;
    if (stream_.is_open() && !outbox.empty()) {
        std::size_t before = outbox.size();
        if (stream_.flush(outbox) == net::Stream::Outcome::Failed) return connection_.abort();
        if (outbox.size() < before) connection_.on_written(ports_.now());
    }
    if (!connection_.is_lingering() || !outbox.empty() || is_shut_) return;
    is_shut_ = true;
    stream_.end_tls();
    ::shutdown(stream_.fd(), SHUT_WR);
}

bool HttpPort::is_done() const {
    return connection_.is_over() && connection_.outbox.empty();
}

void HttpPort::leave(MovedConnection& moved) {
    stream_.become_websocket(connection_.early_bytes(), connection_.outbox);
    ByteView payload = stream_.unread();
    moved.unread.assign(payload.begin(), payload.end());
    moved.socket.listener = listener_;
    moved.socket.peer = stream_.peer();
    moved.socket.tls = stream_.release_tls();
    moved.socket.websocket = stream_.release_websocket();
    moved.socket.proxied_user = std::move(proxied_user_);
    moved.socket.is_proxied_tls = is_proxied_tls_;
    moved.socket.fd = stream_.release();
}

bool HttpPort::answer(std::unique_ptr<http::Request> request) {
    return ports_.workers().answer(ports_.shard(), handle, std::move(request));
}

bool HttpPort::is_known(const http::Fields& headers) const {
    return ports_.workers().is_known(headers);
}

const http::UpgradeRules* HttpPort::upgrade_rules() const {
    return ports_.upgrade_rules(listener_);
}

void HttpPort::on_upgrade(const http::Request& request) {
    stream_.set_peer(
        client_of(request.headers, stream_.peer(), ports_.websocket_options(listener_)));
}

void HttpPort::on_refused_upgrade(const http::Upgrade& upgrade) {
    bool is_page = upgrade.status == 403 || upgrade.status == 421;
    ports_.refuse(is_page ? broker::Refusal::WebsocketOrigin : broker::Refusal::WebsocketUpgrade);
    log::notice("Connection from {} closed: no upgrade to WebSocket: {}.", stream_.peer().text(),
                upgrade.problem);
}

bool HttpPort::fetch(std::unique_ptr<http::BodySource> source) {
    return ports_.workers().fetch(ports_.shard(), handle, std::move(source));
}

}  // namespace martlet::server
