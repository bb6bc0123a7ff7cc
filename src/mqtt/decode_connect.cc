// CONNECT (3.1) and its answer CONNACK (3.2).

#include "mqtt/packets.h"
#include "mqtt/property_block.h"
#include "mqtt/reason_sets.h"
#include "mqtt/topic.h"
#include "mqtt/wire.h"

namespace martlet::mqtt {

namespace {

ReasonCode read_version(Reader& reader, Connect& packet) {
    std::string_view name;
    std::uint8_t level;
    packet.version = Version::V311;
    packet.is_bridge = false;
    if (!reader.read_unchecked(name)) return ReasonCode::MalformedPacket;
    if (name != "MQTT" && name != "MQIsdp") return ReasonCode::ProtocolError;  // [MQTT-3.1.2-1]
    if (!reader.read(level)) return ReasonCode::MalformedPacket;
    packet.is_bridge = level == 0x83 || level == 0x84;
    if (packet.is_bridge) level &= 127;
    // [MQTT-3.1.2-2] A version that nobody knows is answered in the newest that we know.
    if (level < 3 || level > 5) packet.version = Version::V5;
    bool is_known = name == "MQTT" ? level == 4 || level == 5 : level == 3;
    if (!is_known) return ReasonCode::UnsupportedProtocolVersion;
    packet.version = static_cast<Version>(level);
    return ReasonCode::Success;
}

ReasonCode read_flags(Reader& reader, Connect& packet) {
    std::uint8_t flags;
    if (!reader.read(flags) || !reader.read(packet.keep_alive)) return ReasonCode::MalformedPacket;
    bool is_strict = packet.version != Version::V31;
    if (is_strict && (flags & 0x01)) return ReasonCode::MalformedPacket;  // [MQTT-3.1.2-3]
    packet.clean_start = flags & 0x02;
    packet.has_will = flags & 0x04;
    packet.has_password = flags & 0x40;
    packet.has_user_name = flags & 0x80;
    unsigned will_qos = (flags >> 3) & 3;
    // [MQTT-3.1.2-11] [MQTT-3.1.2-12] [MQTT-3.1.2-13]
    if (!packet.has_will && is_strict && (flags & 0x38)) return ReasonCode::MalformedPacket;
    if (packet.has_will && will_qos == 3) return ReasonCode::MalformedPacket;
    packet.will_qos = static_cast<Qos>(packet.has_will ? will_qos : 0);
    packet.will_retain = packet.has_will && (flags & 0x20);
    // MQTT 3.1.1 [MQTT-3.1.2-22]; version 5 allows it.
    if (packet.version != Version::V5 && packet.has_password && !packet.has_user_name) {
        return ReasonCode::MalformedPacket;
    }
    return ReasonCode::Success;
}

ReasonCode read_will(Reader& reader, Connect& packet) {
    packet.will_topic = {};
    packet.will_payload = {};
    clear_properties(packet.will_properties);
    if (!packet.has_will) return ReasonCode::Success;
    bool is_v5 = packet.version == Version::V5;
    if (is_v5) {
        ReasonCode reason = read_property_block(reader, PropertyHome::Will, packet.will_properties);
        if (reason != ReasonCode::Success) return reason;
    }
    if (!reader.read(packet.will_topic)) return ReasonCode::MalformedPacket;  // [MQTT-3.1.3-11]
    if (!is_valid_topic_name(packet.will_topic)) {
        bool is_well_formed = !packet.will_topic.empty() && !has_wildcard(packet.will_topic);
        return is_v5 && is_well_formed ? ReasonCode::TopicNameInvalid : ReasonCode::MalformedPacket;
    }
    return reader.read(packet.will_payload) ? ReasonCode::Success : ReasonCode::MalformedPacket;
}

ReasonCode read_credentials(Reader& reader, Connect& packet) {
    packet.user_name = {};
    packet.password = {};
    if (packet.version == Version::V31 && reader.is_done()) {
        // In 3.1 the remaining length counts more than the flags: what is missing was not sent.
        packet.has_user_name = packet.has_password = false;
    }
    if (packet.has_user_name && !reader.read(packet.user_name)) return ReasonCode::MalformedPacket;
    if (packet.version == Version::V31 && reader.is_done()) packet.has_password = false;
    if (packet.has_password && !reader.read(packet.password)) return ReasonCode::MalformedPacket;
    return ReasonCode::Success;
}

ReasonCode decode_connack_v3(Reader& reader, Connack& packet) {
    std::uint8_t code;
    if (!reader.read(code) || code > 5 || !reader.is_done()) return ReasonCode::MalformedPacket;
    packet.reason = static_cast<ReasonCode>(code);
    clear_properties(packet.properties);
    return ReasonCode::Success;
}

ReasonCode decode_connack_v5(Reader& reader, Connack& packet) {
    std::uint8_t code;
    if (!reader.read(code)) return ReasonCode::MalformedPacket;
    packet.reason = static_cast<ReasonCode>(code);
    if (code == 1 && reader.is_done()) {
        // A server that knows only 3.x says so in its own words.
        packet.reason = ReasonCode::UnsupportedProtocolVersion;
        clear_properties(packet.properties);
        return ReasonCode::Success;
    }
    if (!kConnackReasons.has(code)) return ReasonCode::MalformedPacket;
    ReasonCode reason = read_property_block(reader, PropertyHome::Connack, packet.properties);
    if (reason != ReasonCode::Success) return reason;
    return reader.is_done() ? ReasonCode::Success : ReasonCode::MalformedPacket;
}

}  // namespace

ReasonCode decode(std::uint8_t flags, ByteView body, Connect& packet) {
    Reader reader(body);
    ReasonCode reason = read_version(reader, packet);
    if (reason != ReasonCode::Success) return reason;
    if (flags != 0 && packet.version != Version::V31) return ReasonCode::MalformedPacket;
    reason = read_flags(reader, packet);
    if (reason != ReasonCode::Success) return reason;
    clear_properties(packet.properties);
    if (packet.version == Version::V5) {
        reason = read_property_block(reader, PropertyHome::Connect, packet.properties);
        if (reason != ReasonCode::Success) return reason;
    }
    if (!reader.read_unchecked(packet.client_id)) return ReasonCode::MalformedPacket;
    if (!is_valid_utf8(packet.client_id)) {  // [MQTT-3.1.3-4]
        return packet.version == Version::V5 ? ReasonCode::ClientIdentifierNotValid
                                             : ReasonCode::MalformedPacket;
    }
    reason = read_will(reader, packet);
    if (reason != ReasonCode::Success) return reason;
    reason = read_credentials(reader, packet);
    if (reason != ReasonCode::Success) return reason;
    return reader.is_done() ? ReasonCode::Success : ReasonCode::MalformedPacket;
}

ReasonCode decode(std::uint8_t flags, ByteView body, Version version, Connack& packet) {
    Reader reader(body);
    std::uint8_t acknowledge_flags;
    if (flags != 0 || !reader.read(acknowledge_flags)) return ReasonCode::MalformedPacket;
    if (acknowledge_flags > 1) return ReasonCode::MalformedPacket;  // [MQTT-3.2.2-1]
    packet.session_present = acknowledge_flags == 1;
    ReasonCode reason = version == Version::V5 ? decode_connack_v5(reader, packet)
                                               : decode_connack_v3(reader, packet);
    if (reason != ReasonCode::Success) return reason;
    // [MQTT-3.2.2-6]
    bool is_refused = packet.reason != ReasonCode::Success;
    return packet.session_present && is_refused ? ReasonCode::ProtocolError : ReasonCode::Success;
}

}  // namespace martlet::mqtt
