#include "server/arrival.h"

#include "base/log.h"
#include "broker/first_packet.h"
#include "mqtt/packets.h"
#include "server/front.h"

#include <array>
#include <cstring>
#include <errno.h>
#include <sys/socket.h>

namespace martlet::server {

namespace {

constexpr std::string_view kClosedByClient = "connection closed by client";

}  // namespace

Arrival::Arrival(Front& front, Socket socket, const net::ListenOptions& options)
    : front_(front),
      stream_(front.loop(), socket.fd, socket.peer, std::move(socket.tls),
              std::move(socket.websocket)),
      options_(options),
      proxied_user_(std::move(socket.proxied_user)),
      is_proxied_tls_(socket.is_proxied_tls),
      deadline_(*this),
      listener_(socket.listener),
      is_http_(front.speaks_http(socket.listener) && stream_.websocket() == nullptr) {
    front_.counters().connections.add();
    // At /mqtt of an HTTP listener both have been passed.
    if (stream_.websocket() != nullptr) return;
    if (options.proxy_protocol != 0)
        proxy_ = std::make_unique<net::ProxyHeader>(options.proxy_protocol);
    if (const net::WebsocketOptions* websocket = front.websocket_at(listener_))
        door_ = std::make_unique<WebsocketDoor>(*websocket);
}

Arrival::~Arrival() {
    front_.counters().connections.subtract();
}

void Arrival::start(Milliseconds due, ByteView unread) {
    front_.wheel().set(deadline_, due);
    if (!stream_.watch(this)) return end(std::strerror(errno));
    if (is_ready_for_http()) return move_http();
    stream_.give_unread(unread);
    has_early_bytes_ = true;
    go_on(net::Stream::Outcome::Open);
}

bool Arrival::is_ready_for_http() const {
    return is_http_ && !proxy_ && !stream_.is_in_handshake();
}

void Arrival::move_http() {
    moved_ = std::make_unique<MovedConnection>();
    move_to(front_.next_shard());
}

void Arrival::on_ready(std::uint32_t events) {
    if (is_over_) return;
    if (proxy_ && !take_proxy_header()) return;
    if ((events & EPOLLOUT) && stream_.reads_on_room()) events |= EPOLLIN;
    if (!(events & (EPOLLIN | EPOLLHUP | EPOLLERR))) return;
    if (events & EPOLLOUT) flush();
    go_on(stream_.receive(front_.scratch(), *this));
}

// After bytes were taken.
void Arrival::go_on(net::Stream::Outcome outcome) {
    // What came in frames behind the request for the upgrade.
    if (!is_over_ && std::exchange(has_early_bytes_, false)) stream_.resume(*this);
    if (is_over_) return;
    bool is_written = flush();
    if (moved_ && !is_written) return end("it does not read what WebSocket answers");
    if (moved_) return move_to(home_);
    if (outcome == net::Stream::Outcome::Failed) return end(stream_.failure());
    if (outcome == net::Stream::Outcome::Closed) return end(kClosedByClient);
    if (is_ready_for_http()) move_http();
}

// False: the header is not complete, or the connection has ended. The header is taken from the
// socket by itself: TLS reads what follows it.
bool Arrival::take_proxy_header() {
    std::array<std::uint8_t, net::ProxyHeader::kBytesMax> bytes;
    ssize_t seen = recv(stream_.fd(), bytes.data(), bytes.size(), MSG_PEEK);
    if (seen < 0 && (errno == EAGAIN || errno == EINTR)) return false;
    if (seen < 0) return end(std::strerror(errno)), false;
    if (seen == 0) return end(kClosedByClient), false;
    std::size_t used = proxy_->take({bytes.data(), static_cast<std::size_t>(seen)});
    if (used > 0) (void)!recv(stream_.fd(), bytes.data(), used, 0);
    if (proxy_->state() == net::ProxyHeader::State::Open) return false;
    if (proxy_->state() == net::ProxyHeader::State::Corrupt) {
        refuse_proxied(fmt::format("corrupt PROXY header: {}", proxy_->failure()));
        return false;
    }
    take_client(proxy_->client());
    proxy_.reset();
    return !is_over_;
}

void Arrival::take_client(const net::ProxiedClient& client) {
    if (client.address) stream_.set_peer(*client.address);
    is_proxied_tls_ = client.is_tls;
    if (options_.proxy_requires_tls && !client.is_tls)
        return refuse_proxied("client did not connect using TLS");
    if (options_.proxy_requires_certificate && !client.has_certificate)
        return refuse_proxied("client did not provide a certificate");
    if (options_.proxy_names_user)
        proxied_user_ = std::make_unique<std::string>(client.has_certificate ? client.common_name
                                                                             : std::string());
    if (client.is_tls && front_.options().connection_messages)
        log::notice("Connection from {} negotiated {} cipher {}", stream_.peer().text(),
                    client.tls_version, client.cipher);
}

// A name that the proxy has proved comes before one that TLS has.
std::optional<std::string_view> Arrival::proved_user() const {
    if (proxied_user_) return *proxied_user_;
    const net::TlsSession* tls = stream_.tls();
    if (tls == nullptr || !tls->names_user()) return {};
    return tls->user();
}

// May be called twice in one read, when CONNECT came in pieces and more came behind it.
net::Receiver::Taken Arrival::on_bytes(ByteView bytes, BodyRef*) {
    if (is_over_) return {bytes.size(), 0};
    if (door_) return pass_door(bytes);
    if (!moved_) {
        if (!is_http_) {
            std::size_t wanted = needs(bytes);
            if (wanted > bytes.size()) return {0, wanted};
            home_ = home_of(bytes);
        } else {
            home_ = front_.next_shard();
        }
        moved_ = std::make_unique<MovedConnection>();
    }
    moved_->unread.insert(moved_->unread.end(), bytes.begin(), bytes.end());
    return {bytes.size(), 0};
}

net::Receiver::Taken Arrival::pass_door(ByteView bytes) {
    Taken all{bytes.size(), 0};
    WebsocketDoor::Verdict verdict = door_->on_bytes(bytes, stream_.peer());
    if (verdict == WebsocketDoor::Verdict::NeedsMore) return all;
    outbox_.append(as_bytes(door_->answer()));
    if (verdict == WebsocketDoor::Verdict::Refused) {
        end("no upgrade to WebSocket: " + door_->problem());
        return all;
    }
    stream_.set_peer(door_->peer());
    stream_.become_websocket(door_->rest(), outbox_);
    has_early_bytes_ = true;
    door_.reset();
    return all;
}

// False: the socket does not take all of it for now.
bool Arrival::flush() {
    if (outbox_.empty() && !stream_.has_answer()) return true;
    return stream_.flush(outbox_) == net::Stream::Outcome::Open && outbox_.empty();
}

// The bytes that must have come before a shard can judge: all of CONNECT, or the head of anything
// else.
std::size_t Arrival::needs(ByteView bytes) const {
    mqtt::FrameHead head;
    mqtt::FrameState state = mqtt::read_frame_head(bytes, head);
    if (state == mqtt::FrameState::NeedMore) return bytes.size() + 1;
    bool is_connect = state == mqtt::FrameState::Complete &&
                      head.type() == mqtt::PacketType::Connect &&
                      head.packet_size() <= broker::first_packet_size_max(front_.options());
    return is_connect ? head.packet_size() : 0;
}

std::uint32_t Arrival::home_of(ByteView bytes) const {
    mqtt::FrameHead head;
    mqtt::Connect connect;
    bool is_sound = mqtt::read_frame_head(bytes, head) == mqtt::FrameState::Complete &&
                    head.type() == mqtt::PacketType::Connect &&
                    head.packet_size() <= bytes.size() &&
                    !mqtt::is_error(mqtt::decode(
                        head.flags(), bytes.subspan(head.size, head.remaining_length), connect));
    if (!is_sound) return front_.next_shard();
    if (auto user = proved_user()) connect.user_name = *user;
    return broker::home_of(front_.shared(), front_.snapshot().listeners[listener_], connect,
                           stream_.peer().host());
}

void Arrival::move_to(std::uint32_t shard) {
    moved_->socket.listener = listener_;
    moved_->socket.peer = stream_.peer();
    moved_->socket.fd = stream_.release();
    moved_->socket.tls = stream_.release_tls();
    moved_->socket.proxied_user = std::move(proxied_user_);
    moved_->socket.is_proxied_tls = is_proxied_tls_;
    moved_->socket.websocket = stream_.release_websocket();
    front_.send(shard, std::move(moved_));
    is_over_ = true;
    front_.note_over(*this);
}

void Arrival::on_timeout() {
    if (is_over_) return;
    if (!is_in_handshake() && !door_)
        front_.refuse(broker::Refusal::ConnectTimeout, stream_.peer(), "no CONNECT in time");
    end("exceeded timeout", net::close_code::kPolicyViolation);
}

void Arrival::on_stop() {
    if (!is_over_) end("server shutting down", net::close_code::kGoingAway);
}

// The connection is refused where it did not come as far as MQTT.
void Arrival::note_refused(std::string_view why) {
    const net::Websocket* websocket = stream_.websocket();
    if (is_in_handshake())
        front_.refuse(broker::Refusal::TlsHandshake, stream_.peer(), why);
    else if (door_)
        front_.refuse(door_->refusal(), stream_.peer(), why);
    else if (websocket != nullptr && websocket->state() == net::WebsocketReader::State::Failed)
        front_.refuse(broker::Refusal::WebsocketFrame, stream_.peer(), why);
}

void Arrival::end(std::string_view text, std::uint16_t close_code) {
    const broker::Options& options = front_.options();
    bool is_news = text != kClosedByClient;
    if (is_http_ && is_news)
        log::notice("Connection from {} closed: {}.", stream_.peer().text(), text);
    else if (!is_http_ && options.connection_messages)
        broker::log_connection_end({}, stream_.peer().text(), text, options.logs_as_2_0);
    note_refused(text);
    flush();
    stream_.end_websocket(outbox_, close_code);
    stream_.end_tls();
    be_over();
}

// With the words of mosquitto, after "Connection from PEER rejected, ".
void Arrival::refuse_proxied(std::string_view why) {
    log::notice("Connection from {} rejected, {}.", stream_.peer().text(), why);
    front_.refuse(broker::Refusal::ProxyHeader, stream_.peer(), why);
    be_over();
}

void Arrival::be_over() {
    front_.count_closed(listener_);
    is_over_ = true;
    front_.note_over(*this);
}

}  // namespace martlet::server
