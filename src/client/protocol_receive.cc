// What comes in, one handler a packet. Each answers Success, or the reason to end the connection
// with.

#include "client/protocol.h"

#include <algorithm>

namespace martlet::client {

using mqtt::PacketType;
using mqtt::ReasonCode;
using Id = mqtt::PropertyId;
using Stage = Flight::Stage;

ReasonCode Protocol::handle(const mqtt::FrameHead& head, ByteView body) {
    PacketType type = head.type();
    if (state_ == State::Connecting && type != PacketType::Connack) {  // [MQTT-3.2.0-1]
        return ReasonCode::ProtocolError;
    }
    switch (type) {
        case PacketType::Publish:
            return on_publish(head.flags(), body);
        case PacketType::Puback:
        case PacketType::Pubrec:
        case PacketType::Pubrel:
        case PacketType::Pubcomp:
            return on_ack(type, head.flags(), body);
        case PacketType::Connack:
            return on_connack(head.flags(), body);
        case PacketType::Suback:
        case PacketType::Unsuback:
            return on_suback(type, head.flags(), body);
        case PacketType::Pingresp:
            awaits_pong_ = false;
            return mqtt::decode_ping(head.flags(), body);
        case PacketType::Disconnect:
            return on_disconnect(head.flags(), body);
        default:
            return ReasonCode::ProtocolError;
    }
}

ReasonCode Protocol::on_connack(std::uint8_t flags, ByteView body) {
    if (state_ != State::Connecting) return ReasonCode::ProtocolError;  // [MQTT-3.2.0-2]
    mqtt::Connack connack;
    ReasonCode reason = mqtt::decode(flags, body, options_.version, connack);
    if (reason != ReasonCode::Success) return reason;
    if (connack.reason != ReasonCode::Success) {
        end(EndKind::Refused, connack.reason);
        listener_.on_connack(connack);
        return ReasonCode::Success;
    }
    state_ = State::Connected;
    last_sent_ = now_;
    read_limits(connack);
    if (!connack.session_present) received_.clear();
    resume(connack.session_present);
    listener_.on_connack(connack);
    return ReasonCode::Success;
}

void Protocol::read_limits(const mqtt::Connack& connack) {
    const auto& has = connack.properties;
    auto keep_alive = has.has(Id::ServerKeepAlive) ? has.server_keep_alive : options_.keep_alive;
    keep_alive_ = std::chrono::seconds(keep_alive);  // [MQTT-3.2.2-21]
    quota_max_ = options_.in_flight_max;
    if (has.has(Id::ReceiveMaximum)) quota_max_ = std::min(quota_max_, has.receive_maximum);
    quota_ = quota_max_;
    server_packet_size_max_ =
        has.has(Id::MaximumPacketSize) ? has.maximum_packet_size : mqtt::kRemainingLengthMax;
    server_alias_max_ = has.has(Id::TopicAliasMaximum) ? has.topic_alias_maximum : std::uint16_t{0};
    server_qos_max_ =
        has.has(Id::MaximumQos) ? static_cast<mqtt::Qos>(has.maximum_qos) : mqtt::Qos::ExactlyOnce;
    server_retains_ = !has.has(Id::RetainAvailable) || has.retain_available != 0;
    if (has.has(Id::AssignedClientIdentifier)) assigned_id_ = has.assigned_client_identifier;
}

ReasonCode Protocol::on_publish(std::uint8_t flags, ByteView body) {
    mqtt::Publish packet;
    ReasonCode reason = mqtt::decode(flags, body, options_.version, packet);
    if (reason != ReasonCode::Success) return reason;
    if (options_.version == mqtt::Version::V5) {
        reason = resolve_alias(packet);
        if (reason != ReasonCode::Success) return reason;
    }
    if (packet.qos == mqtt::Qos::AtLeastOnce) {
        send_ack(PacketType::Puback, packet.packet_id, ReasonCode::Success);  // [MQTT-4.3.2-4]
    } else if (packet.qos == mqtt::Qos::ExactlyOnce) {
        send_ack(PacketType::Pubrec, packet.packet_id, ReasonCode::Success);
        if (!received_.insert(packet.packet_id).second) return ReasonCode::Success;
    }
    listener_.on_message(packet);
    return ReasonCode::Success;
}

ReasonCode Protocol::resolve_alias(mqtt::Publish& packet) {
    if (!packet.properties.has(Id::TopicAlias)) {
        return packet.topic.empty() ? ReasonCode::ProtocolError : ReasonCode::Success;
    }
    std::size_t alias = packet.properties.topic_alias;
    if (alias == 0 || alias > alias_max_) return ReasonCode::TopicAliasInvalid;
    if (!packet.topic.empty()) {
        if (aliases_.size() < alias) aliases_.resize(alias);
        aliases_[alias - 1] = packet.topic;
        return ReasonCode::Success;
    }
    if (alias > aliases_.size() || aliases_[alias - 1].empty()) return ReasonCode::ProtocolError;
    packet.topic = aliases_[alias - 1];
    return ReasonCode::Success;
}

// An acknowledgement of what does not wait for it is ignored: after a resume that is no error.
ReasonCode Protocol::on_ack(PacketType type, std::uint8_t flags, ByteView body) {
    mqtt::Ack ack;
    ReasonCode reason = mqtt::decode(type, flags, body, options_.version, ack);
    if (reason != ReasonCode::Success) return reason;
    if (type == PacketType::Pubrel) return on_pubrel(ack), ReasonCode::Success;
    if (type == PacketType::Pubrec) return on_pubrec(ack), ReasonCode::Success;
    Flight* flight = flights_.find(ack.packet_id);
    Stage stage = type == PacketType::Puback ? Stage::Puback : Stage::Pubcomp;
    if (flight != nullptr && flight->waits_for == stage) settle(ack.packet_id, ack.reason);
    return ReasonCode::Success;
}

void Protocol::on_pubrec(const mqtt::Ack& ack) {
    Flight* flight = flights_.find(ack.packet_id);
    bool is_known = flight != nullptr &&
                    (flight->waits_for == Stage::Pubrec || flight->waits_for == Stage::Pubcomp);
    if (mqtt::is_error(ack.reason)) {  // [MQTT-4.3.3-4]: no PUBREL then
        if (is_known && flight->waits_for == Stage::Pubrec) settle(ack.packet_id, ack.reason);
        return;
    }
    if (is_known) {
        flight->waits_for = Stage::Pubcomp;
        flight->packet = {};  // [MQTT-4.3.3-5]
    }
    send_ack(PacketType::Pubrel, ack.packet_id,
             is_known ? ReasonCode::Success : ReasonCode::PacketIdentifierNotFound);
}

void Protocol::on_pubrel(const mqtt::Ack& ack) {
    bool was_known = received_.erase(ack.packet_id) > 0;
    send_ack(PacketType::Pubcomp, ack.packet_id,
             was_known ? ReasonCode::Success : ReasonCode::PacketIdentifierNotFound);
}

ReasonCode Protocol::on_suback(PacketType type, std::uint8_t flags, ByteView body) {
    mqtt::Suback packet;
    ReasonCode reason = mqtt::decode(type, flags, body, options_.version, packet);
    if (reason != ReasonCode::Success) return reason;
    Flight* flight = flights_.find(packet.packet_id);
    Stage stage = type == PacketType::Suback ? Stage::Suback : Stage::Unsuback;
    if (flight == nullptr || flight->waits_for != stage) return ReasonCode::Success;
    flights_.finish(packet.packet_id);
    if (type == PacketType::Suback) {
        listener_.on_suback(packet);
    } else {
        listener_.on_unsuback(packet);
    }
    return ReasonCode::Success;
}

ReasonCode Protocol::on_disconnect(std::uint8_t flags, ByteView body) {
    if (options_.version != mqtt::Version::V5) return ReasonCode::ProtocolError;
    mqtt::Disconnect packet;
    ReasonCode reason = mqtt::decode(flags, body, options_.version, packet);
    if (reason != ReasonCode::Success) return reason;
    end(EndKind::ByServer, packet.reason);
    return ReasonCode::Success;
}

}  // namespace martlet::client
