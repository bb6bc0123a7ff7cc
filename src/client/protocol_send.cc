// What leaves: CONNECT, PUBLISH and its way through the window, SUBSCRIBE, DISCONNECT, and all that
// is owed after a resume.

#include "client/protocol.h"

#include <vector>

namespace martlet::client {

using mqtt::PacketType;
using mqtt::ReasonCode;
using Stage = Flight::Stage;

namespace {

// Larger ones are referenced, not copied into the outbox.
constexpr std::size_t kCopiedMax = 1024;

Stage stage_after_publish(mqtt::Qos qos) {
    return qos == mqtt::Qos::AtLeastOnce ? Stage::Puback : Stage::Pubrec;
}

}  // namespace

template <typename Packet>
void Protocol::send(const Packet& packet) {
    std::size_t size = mqtt::encoded_size(packet, options_.version);
    std::uint8_t* out = outbox_.extend(size);
    mqtt::encode(packet, options_.version, out);
    has_sent_ = true;
    if (tap_ != nullptr) tap_->on_sent({out, size});
}

void Protocol::send_ack(PacketType type, std::uint16_t packet_id, ReasonCode reason) {
    mqtt::Ack ack;
    ack.packet_id = packet_id;
    ack.reason = reason;
    std::size_t size = mqtt::encoded_size(ack, options_.version);
    std::uint8_t* out = outbox_.extend(size);
    mqtt::encode(type, ack, options_.version, out);
    has_sent_ = true;
    if (tap_ != nullptr) tap_->on_sent({out, size});
}

void Protocol::send_connect() {
    mqtt::Connect packet;
    packet.version = options_.version;
    packet.clean_start = options_.clean_start;
    packet.keep_alive = options_.keep_alive;
    packet.client_id = options_.client_id;
    packet.has_user_name = options_.user_name.has_value();
    if (packet.has_user_name) packet.user_name = *options_.user_name;
    packet.has_password = options_.password.has_value();
    if (packet.has_password) packet.password = as_bytes(*options_.password);
    (void)options_.connect_properties.view(mqtt::PropertyHome::Connect, packet.properties);
    alias_max_ = packet.properties.has(mqtt::PropertyId::TopicAliasMaximum)
                     ? packet.properties.topic_alias_maximum
                     : std::uint16_t{0};
    if (options_.will) {
        packet.has_will = true;
        packet.will_topic = options_.will->topic;
        packet.will_payload = as_bytes(options_.will->payload);
        packet.will_qos = options_.will->qos;
        packet.will_retain = options_.will->retain;
        (void)options_.will->properties.view(mqtt::PropertyHome::Will, packet.will_properties);
    }
    std::size_t size = mqtt::encoded_size(packet);
    std::uint8_t* out = outbox_.extend(size);
    mqtt::encode(packet, out);
    if (tap_ != nullptr) tap_->on_sent({out, size});
}

void Protocol::send_ping() {
    static constexpr std::uint8_t kPingreq[] = {0xC0, 0};
    outbox_.append(kPingreq);
    awaits_pong_ = true;
    ping_sent_ = last_sent_ = now_;
    if (tap_ != nullptr) tap_->on_sent(kPingreq);
}

PublishOutcome Protocol::publish(mqtt::Publish& packet, std::uint64_t tag) {
    if (state_ != State::Connected) return PublishOutcome::NotConnected;
    if (packet.qos > server_qos_max_) return PublishOutcome::QosNotSupported;  // [MQTT-3.2.2-11]
    if (packet.retain && !server_retains_) return PublishOutcome::RetainNotSupported;
    if (options_.version == mqtt::Version::V5 &&
        packet.properties.has(mqtt::PropertyId::TopicAlias) && !packet.topic.empty() &&
        packet.properties.topic_alias > server_alias_max_) {  // [MQTT-3.3.2-9]
        packet.properties.present &=
            ~(std::uint64_t{1} << static_cast<unsigned>(mqtt::PropertyId::TopicAlias));
    }
    if (packet.qos != mqtt::Qos::AtMostOnce && !has_window()) return PublishOutcome::WindowFull;
    packet.packet_id = 1;  // its value does not change the size
    std::size_t size = mqtt::encoded_size(packet, options_.version);
    if (size > server_packet_size_max_) return PublishOutcome::TooLarge;  // [MQTT-3.2.2-15]
    packet.dup = false;
    if (packet.qos == mqtt::Qos::AtMostOnce) {
        packet.packet_id = 0;
        send(packet);
        return PublishOutcome::Accepted;
    }
    if (flights_.size() == 65535) return PublishOutcome::WindowFull;
    track(packet, tag, size);
    return PublishOutcome::Accepted;
}

void Protocol::track(mqtt::Publish& packet, std::uint64_t tag, std::size_t size) {
    Flight* flight = flights_.add(packet.packet_id);
    flight->tag = tag;
    flight->qos = packet.qos;
    in_flight_++;
    quota_--;
    flight->waits_for = stage_after_publish(packet.qos);
    if (!options_.sends_again) return send(packet);
    Body* body = Body::make(size);
    mqtt::encode(packet, options_.version, body->data());
    flight->packet = BodyRef::adopt(body);
    append_kept(*flight);
}

void Protocol::append_kept(const Flight& flight) {
    ByteView bytes = flight.packet->view();
    if (bytes.size() <= kCopiedMax) {
        outbox_.append(bytes);
    } else {
        outbox_.append_shared(flight.packet.get(), bytes);
    }
    has_sent_ = true;
    if (tap_ != nullptr) tap_->on_sent(bytes);
}

void Protocol::settle(std::uint16_t packet_id, ReasonCode reason) {
    Flight* flight = flights_.find(packet_id);
    std::uint64_t tag = flight->tag;
    flights_.finish(packet_id);
    in_flight_--;
    if (quota_ < quota_max_) quota_++;
    if (unsent_ > 0) send_unsent();
    listener_.on_settled(packet_id, tag, reason);
}

// [MQTT-4.4.0-1]: all of it again, in the order in which it was sent first. A server that has lost
// the session gets the messages as new ones, without those that it had received.
void Protocol::resume(bool session_present) {
    unsent_ = 0;
    std::size_t count = flights_.size();
    std::vector<std::uint16_t> gone;
    for (std::size_t i = 0; i < count; i++) {
        Flight& flight = flights_.at(i);
        std::uint16_t packet_id = flights_.id_at(i);
        if (!flight.is_publish()) {
            if (flight.waits_for != Stage::Done) gone.push_back(packet_id);
        } else if (flight.waits_for == Stage::Pubcomp && session_present) {
            send_ack(PacketType::Pubrel, packet_id, ReasonCode::Success);
        } else if (flight.waits_for == Stage::Pubcomp || !flight.packet) {
            gone.push_back(packet_id);
        } else {
            // The body is ours alone: the outbox of the lost stream was cleared.
            std::uint8_t* head = flight.packet->data();
            *head = static_cast<std::uint8_t>(session_present ? *head | 8 : *head & ~8);
            flight.waits_for = Stage::Unsent;
            unsent_++;
        }
    }
    for (std::uint16_t packet_id : gone) {
        Flight* flight = flights_.find(packet_id);
        if (!flight->is_publish()) {
            flights_.finish(packet_id);
        } else {  // nobody knows what became of one that was not kept
            settle(packet_id, flight->waits_for == Stage::Pubcomp ? ReasonCode::Success
                                                                  : ReasonCode::UnspecifiedError);
        }
    }
    if (unsent_ > 0) send_unsent();
}

void Protocol::send_unsent() {
    for (std::size_t i = 0; i < flights_.size() && unsent_ > 0 && quota_ > 0; i++) {
        Flight& flight = flights_.at(i);
        if (flight.waits_for != Stage::Unsent) continue;
        unsent_--;
        quota_--;
        flight.waits_for = stage_after_publish(flight.qos);
        append_kept(flight);
    }
}

std::uint16_t Protocol::subscribe(std::span<const mqtt::Subscription> subscriptions,
                                  const mqtt::Properties& properties) {
    if (state_ != State::Connected) return 0;
    std::size_t size = 0;
    for (const auto& one : subscriptions) size += mqtt::encoded_size(one);
    std::vector<std::uint8_t> filters(size);
    std::uint8_t* out = filters.data();
    for (const auto& one : subscriptions) out = mqtt::encode(one, options_.version, out);
    mqtt::Subscribe packet;
    Flight* flight = flights_.add(packet.packet_id);
    if (flight == nullptr) return 0;
    flight->waits_for = Stage::Suback;
    packet.properties = properties;
    packet.filters = filters;
    send(packet);
    return packet.packet_id;
}

std::uint16_t Protocol::unsubscribe(std::span<const std::string_view> texts,
                                    const mqtt::Properties& properties) {
    if (state_ != State::Connected) return 0;
    std::size_t size = 0;
    for (auto one : texts) size += mqtt::encoded_filter_size(one);
    std::vector<std::uint8_t> filters(size);
    std::uint8_t* out = filters.data();
    for (auto one : texts) out = mqtt::encode_filter(one, out);
    mqtt::Unsubscribe packet;
    Flight* flight = flights_.add(packet.packet_id);
    if (flight == nullptr) return 0;
    flight->waits_for = Stage::Unsuback;
    packet.properties = properties;
    packet.filters = filters;
    send(packet);
    return packet.packet_id;
}

void Protocol::disconnect(ReasonCode reason, const mqtt::Properties& properties) {
    if (state_ == State::Connecting) return end(EndKind::Finished, reason);
    if (state_ != State::Connected) return;
    mqtt::Disconnect packet;
    packet.reason = reason;
    packet.properties = properties;
    send(packet);
    end(EndKind::Finished, reason);
}

}  // namespace martlet::client
