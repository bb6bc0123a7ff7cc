#include "broker/connection.h"

#include "base/log.h"
#include "broker/connect_request.h"
#include "broker/first_packet.h"
#include "broker/send_packet.h"
#include "broker/shard.h"
#include "broker/trace.h"

#include <algorithm>
#include <utility>

namespace martlet::broker {

namespace {

// Between two log lines of one kind about one client.
constexpr std::chrono::minutes kPace{1};

}  // namespace

Connection::Connection(Shard& shard, Transport& transport, std::uint16_t listener)
    : shard_(shard),
      transport_(transport),
      timer_(TimerKind::Connection, this),
      listener_(listener) {
    shard_.add_connection(*this, handle_);
    last_seen_ms_ = shard_.now().steady.count();
    shard_.wheel().set(
        timer_, shard_.now().steady + std::chrono::seconds(shard_.options().connect_timeout_s));
}

Connection::~Connection() {
    shard_.remove_connection(*this, handle_);
}

std::string_view Connection::client_id() const {
    if (session_ != nullptr) return session_->client_id;
    return request_ ? std::string_view(request_->client_id) : std::string_view();
}

const ListenerOptions& Connection::listener_options() const {
    return shard_.snapshot().listeners[listener_];
}

Connection::Consumed Connection::on_bytes(ByteView bytes, BodyRef* frame) {
    Consumed consumed;
    last_seen_ms_ = shard_.now().steady.count();
    shard_.charge(bytes.size());
    shard_.ahead_.read(bytes);
    while (!is_held_ && state_ != State::Closing &&
           take_frame(bytes.subspan(consumed.used), frame, consumed)) {
    }
    shard_.ahead_.read({});
    // What comes after the end of a connection is of no interest.
    if (state_ == State::Closing) consumed.used = bytes.size();
    std::size_t rest = bytes.size() - consumed.used;
    if (consumed.used > 0 || rest == 0 || is_held_) part_since_ms_ = 0;
    if (rest > 0 && !is_held_) on_part(rest);
    shard_.counters().bytes_received.add(consumed.used);
    return consumed;
}

// Bytes are a sign of life, whether or not they end a packet: a large one from a slow device may
// take many times its keep alive, and nothing else can be said meanwhile.
void Connection::on_part(std::size_t size) {
    last_seen_ms_ = shard_.now().steady.count();
    if (part_since_ms_ == 0) part_since_ms_ = last_seen_ms_;
    part_size_ = size;
}

// False: nothing more can be taken now.
bool Connection::take_frame(ByteView bytes, BodyRef* frame, Consumed& consumed) {
    mqtt::FrameHead head;
    mqtt::FrameState state = mqtt::read_frame_head(bytes, head);
    if (state == mqtt::FrameState::NeedMore) return false;
    bool is_first = state_ == State::AwaitConnect;
    // What comes in place of CONNECT is a refused one.
    auto end_here = [&](mqtt::ReasonCode reason, const char* text) {
        is_first ? refuse_in_silence({Refusal::ConnectMalformed, reason, text}) : end(reason, text);
        return false;
    };
    if (state == mqtt::FrameState::Malformed)
        return end_here(mqtt::ReasonCode::MalformedPacket, "malformed packet");
    if (is_first && head.type() != mqtt::PacketType::Connect)
        return end_here(mqtt::ReasonCode::ProtocolError, "protocol error");  // [MQTT-3.1.0-1]
    if (head.packet_size() > packet_size_max())
        return end_here(mqtt::ReasonCode::PacketTooLarge, "oversize packet");
    if (bytes.size() < head.packet_size()) {
        consumed.wanted = head.packet_size();
        return false;
    }
    // A buffer has room for one message's head: only the packet that it was made for may take it
    // over.
    BodyRef* own = consumed.used == 0 ? frame : nullptr;
    if (dispatch(head, bytes.subspan(head.size, head.remaining_length), own) == Progress::Hold)
        return false;
    consumed.used += head.packet_size();
    shard_.counters().messages_received.add();
    shard_.counters().packets_received[head.first >> 4].add();
    return true;
}

std::size_t Connection::packet_size_max() const {
    if (state_ == State::AwaitConnect) return first_packet_size_max(shard_.options());
    return shard_.options().max_packet_size == 0 ? SIZE_MAX : shard_.options().max_packet_size;
}

Connection::Progress Connection::dispatch(const mqtt::FrameHead& head, ByteView body,
                                          BodyRef* frame) {
    if (state_ == State::AwaitConnect) return on_connect(head, body), Progress::Done;
    return dispatch_ready(head, body, frame);
}

Connection::Progress Connection::dispatch_ready(const mqtt::FrameHead& head, ByteView body,
                                                BodyRef* frame) {
    switch (head.type()) {
        case mqtt::PacketType::Publish:
            return on_publish(head, body, frame);
        case mqtt::PacketType::Puback:
            on_puback(head, body);
            break;
        case mqtt::PacketType::Pubrec:
            on_pubrec(head, body);
            break;
        case mqtt::PacketType::Pubrel:
            on_pubrel(head, body);
            break;
        case mqtt::PacketType::Pubcomp:
            on_pubcomp(head, body);
            break;
        case mqtt::PacketType::Subscribe:
            on_subscribe(head, body);
            break;
        case mqtt::PacketType::Unsubscribe:
            on_unsubscribe(head, body);
            break;
        case mqtt::PacketType::Pingreq:
            on_pingreq(head, body);
            break;
        case mqtt::PacketType::Disconnect:
            on_disconnect(head, body);
            break;
        case mqtt::PacketType::Auth:
            on_auth(head, body);
            break;
        // A second CONNECT [MQTT-3.1.0-2], and packets that only a server sends.
        default:
            end(mqtt::ReasonCode::ProtocolError, "protocol error");
            break;
    }
    return Progress::Done;
}

void Connection::on_pingreq(const mqtt::FrameHead& head, ByteView body) {
    mqtt::ReasonCode reason = mqtt::decode_ping(head.flags(), body);
    if (mqtt::is_error(reason)) return end(reason, "malformed packet");
    trace(*this, "Received PINGREQ from {}", client_id());
    static constexpr std::uint8_t kPingresp[] = {0xD0, 0};
    outbox.append(kPingresp);
    count_sent(mqtt::PacketType::Pingresp, 2);
    shard_.touch(*this);
    trace(*this, "Sending PINGRESP to {}", client_id());
}

void Connection::on_disconnect(const mqtt::FrameHead& head, ByteView body) {
    mqtt::Disconnect packet;
    mqtt::ReasonCode reason = mqtt::decode(head.flags(), body, version_, packet);
    if (mqtt::is_error(reason)) return end(reason, "malformed packet");
    trace(*this, "Received DISCONNECT from {}", client_id());
    // Only a server may name another server (3.14.2.2.5).
    if (packet.properties.has(mqtt::PropertyId::ServerReference)) {
        return end(mqtt::ReasonCode::ProtocolError, "protocol error");
    }
    if (packet.properties.has(mqtt::PropertyId::SessionExpiryInterval)) {
        std::uint32_t expiry_s = packet.properties.session_expiry_interval;
        // A session that was to end with its connection cannot be given a life now (3.14.2.2.2).
        if (session_expiry_s_ == 0 && expiry_s != 0)
            return end(mqtt::ReasonCode::ProtocolError, "protocol error");
        expiry_s = std::min(expiry_s, shard_.options().persistent_client_expiration);
        bool is_other = std::exchange(session_->expiry_s, expiry_s) != expiry_s;
        if (is_other && session_->key != 0) shard_.recorder()->put_session(*session_);
    }
    if (packet.reason == mqtt::ReasonCode::Success) has_will_ = false;  // [MQTT-3.14.4-3]
    end_quietly(mqtt::ReasonCode::Success, "");
}

// MQTT 5 enhanced authentication is not offered: a CONNECT that asks for it was refused, so that
// AUTH is out of place.
void Connection::on_auth(const mqtt::FrameHead& head, ByteView body) {
    if (version_ != mqtt::Version::V5)
        return end(mqtt::ReasonCode::ProtocolError, "protocol error");
    mqtt::Auth packet;
    mqtt::ReasonCode reason = mqtt::decode(head.flags(), body, version_, packet);
    end(mqtt::is_error(reason) ? reason : mqtt::ReasonCode::ProtocolError, "protocol error");
}

void Connection::on_socket_end(std::string_view error) {
    if (state_ == State::Closing) return;
    end_quietly(mqtt::ReasonCode::Success, error.empty() ? "connection closed by client" : error);
}

void Connection::leave() {
    timer_.cancel();
    state_ = State::Closing;
}

void Connection::explain(mqtt::Properties& properties, std::string_view text) const {
    // The longest of these packets with a text has less than this [MQTT-3.1.2-24].
    constexpr std::uint32_t kRoom = 160;
    bool is_wanted =
        version_ == mqtt::Version::V5 && wants_problem_information_;  // [MQTT-3.1.2-29]
    if (!is_wanted || !shard_.options().reason_strings || text.empty() ||
        maximum_packet_size_ < kRoom)
        return;
    properties.mark(mqtt::PropertyId::ReasonString);
    properties.reason_string = text.substr(0, 100);
}

// MQTT 5 clients are told why; before CONNECT and to 3.x nothing is sent.
void Connection::end(mqtt::ReasonCode reason, std::string_view text) {
    if (state_ == State::Closing) return;
    if (version_ == mqtt::Version::V5 && state_ == State::Ready) {
        mqtt::Disconnect packet;
        packet.reason = reason;
        explain(packet.properties, text);
        send(*this, shard_, packet);
        has_said_why_ = true;
        trace(*this, "Sending DISCONNECT to {} (rc{})", client_id(), static_cast<int>(reason));
    }
    end_quietly(reason, text);
}

void Connection::end_over_memory(std::string_view text) {
    if (!shard_.options().connection_messages) log_end(text);
    outbox.drop_unbegun(transport_.begun_bytes());
    end(mqtt::ReasonCode::QuotaExceeded, text);
}

void Connection::end_quietly(mqtt::ReasonCode reason, std::string_view text) {
    if (state_ == State::Closing) return;
    if (paced_ && paced_->dropped > 0) log_dropped();
    if (shard_.options().connection_messages) log_end(text);
    state_ = State::Closing;
    end_reason_ = reason;
    is_held_ = false;
    timer_.cancel();
    shard_.note_closing(*this);
}

// QoS 0 that the client does not read fast enough. One line at the first, one for what follows in
// each minute.
void Connection::note_dropped() {
    Paced& paced = this->paced();
    paced.dropped++;
    if (shard_.now().steady < paced.next_dropped) return;
    log_dropped();
    paced.next_dropped = shard_.now().steady + kPace;
}

void Connection::log_dropped() {
    log::notice(
        "Outgoing messages are being dropped for client {}: it does not read fast enough, {} of "
        "QoS 0 dropped{}.",
        client_id(), paced_->dropped,
        paced_->next_dropped == Milliseconds(0) ? " so far" : " since the last such line");
    paced_->dropped = 0;
}

void Connection::log_end(std::string_view text) {
    log_connection_end(client_id(), transport_.peer(), text, shard_.options().logs_as_2_0);
}

void Connection::on_timer() {
    std::int64_t now = shard_.now().steady.count();
    if (state_ == State::AwaitConnect)
        return end_quietly(mqtt::ReasonCode::KeepAliveTimeout, "exceeded timeout");
    if (state_ != State::Ready || keep_alive_s_ == 0) return;
    std::int64_t due = last_seen_ms_ + keep_alive_s_ * 1500;  // [MQTT-3.1.2-22]
    // Held back by us, it cannot be blamed for silence.
    if (is_held_) due = now + keep_alive_s_ * 1500;
    if (due <= now) return end(mqtt::ReasonCode::KeepAliveTimeout, "exceeded timeout");
    if (part_due_ms() <= now)
        return end(mqtt::ReasonCode::KeepAliveTimeout,
                   "exceeded timeout: its packet came too slowly");
    shard_.wheel().set(timer_, Milliseconds(std::min(due, part_due_ms())));
}

// A packet may take one and a half times the keep alive, as silence may; from then on it must have
// come with so many bytes a second, lest a byte now and then keep a connection for ever.
std::int64_t Connection::part_due_ms() const {
    std::uint32_t rate = shard_.options().packet_rate_min;
    if (part_since_ms_ == 0 || rate == 0) return INT64_MAX;
    auto earned_ms = static_cast<std::int64_t>(part_size_ * 1000 / rate);
    return part_since_ms_ + keep_alive_s_ * 1500 + earned_ms;
}

void Connection::count_sent(mqtt::PacketType type, std::size_t bytes) {
    Counters& counters = shard_.counters();
    counters.messages_sent.add();
    counters.packets_sent[static_cast<std::size_t>(type)].add();
    counters.bytes_sent.add(bytes);
    shard_.charge(bytes);
}

}  // namespace martlet::broker
