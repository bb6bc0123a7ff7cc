#include "server/mqtt_port.h"

#include "mqtt/packets.h"
#include "server/turn.h"

#include <algorithm>

namespace martlet::server {

static_assert(net::Stream::kHeadroom >= sizeof(broker::MessageHead),
              "a packet's buffer must have room for a message's head");

namespace {

// RFC 6455, 7.4.1, for why a connection ended.
std::uint16_t close_code_of(mqtt::ReasonCode reason) {
    switch (reason) {
        case mqtt::ReasonCode::Success:
            return net::close_code::kNormal;
        case mqtt::ReasonCode::ServerShuttingDown:
            return net::close_code::kGoingAway;
        case mqtt::ReasonCode::MalformedPacket:
        case mqtt::ReasonCode::ProtocolError:
            return net::close_code::kProtocolError;
        case mqtt::ReasonCode::PacketTooLarge:
            return net::close_code::kTooLarge;
        default:
            return net::close_code::kPolicyViolation;
    }
}

}  // namespace

MqttPort::MqttPort(Turn& turn, Socket socket)
    : turn_(turn),
      stream_(turn.loop(), socket.fd, socket.peer, std::move(socket.tls),
              std::move(socket.websocket)),
      connection_(turn.shard(), *this, socket.listener),
      proxied_user_(std::move(socket.proxied_user)) {}

bool MqttPort::start() {
    // A pong that came along from the front.
    if (stream_.has_answer()) turn_.shard().touch(connection_);
    return stream_.watch(this);
}

void MqttPort::on_ready(std::uint32_t events) {
    if (!stream_.is_open() || connection_.is_closing()) return;
    if (events & EPOLLOUT) {
        if (stream_.reads_on_room()) events |= EPOLLIN;
        flush();
        if (connection_.is_closing()) return;
    }
    if (!(events & (EPOLLIN | EPOLLHUP | EPOLLERR))) return;
    std::size_t kept = stream_.kept_bytes();
    net::Stream::Outcome outcome = stream_.receive(turn_.scratch(), *this);
    // Bytes that the connection does not see before the packet is whole.
    turn_.shard().charge(std::max(stream_.kept_bytes(), kept) - kept);
    if (stream_.has_answer()) turn_.shard().touch(connection_);
    if (outcome == net::Stream::Outcome::Open) return;
    connection_.on_socket_end(outcome == net::Stream::Outcome::Failed ? stream_.failure()
                                                                      : std::string());
}

net::Receiver::Taken MqttPort::on_bytes(ByteView bytes, BodyRef* frame) {
    broker::Connection::Consumed consumed = connection_.on_bytes(bytes, frame);
    return {consumed.used, consumed.wanted};
}

void MqttPort::flush() {
    broker::Connection& connection = connection_;
    if (!stream_.is_open() || (connection.outbox.empty() && !stream_.has_answer())) return;
    if (stream_.flush(connection.outbox) == net::Stream::Outcome::Failed) {
        connection.outbox.clear();
        return connection.on_socket_end(stream_.failure());
    }
    if (connection.outbox.empty() && !connection.is_closing()) turn_.shard().on_drained(connection);
}

bool MqttPort::say_why() {
    const net::Websocket* websocket = stream_.websocket();
    if (websocket != nullptr && websocket->state() == net::WebsocketReader::State::Failed)
        turn_.shard().counters().refuse(broker::Refusal::WebsocketFrame);
    stream_.end_websocket(connection_.outbox, close_code_of(connection_.end_reason()));
    stream_.end_tls();
    return connection_.has_said_why() || websocket != nullptr;
}

std::optional<std::string_view> MqttPort::proved_user() const {
    if (proxied_user_) return *proxied_user_;
    const net::TlsSession* tls = stream_.tls();
    if (tls == nullptr || !tls->names_user()) return {};
    return tls->user();
}

// Called from within a letter's handling: the bytes are handed over at a safe point of the turn.
void MqttPort::resume() {
    turn_.resume_later(*this);
}

}  // namespace martlet::server
