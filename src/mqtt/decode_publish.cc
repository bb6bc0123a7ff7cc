// PUBLISH (3.3) and its acknowledgements (3.4 to 3.7): the message path.

#include "mqtt/packets.h"
#include "mqtt/property_block.h"
#include "mqtt/reason_sets.h"
#include "mqtt/text_scan.h"
#include "mqtt/topic.h"
#include "mqtt/wire.h"

namespace martlet::mqtt {

namespace {

// The names that the quick look did not pass.
ReasonCode check_topic(std::string_view topic, Version version, const Properties& properties) {
    bool is_v5 = version == Version::V5;
    if (topic.empty()) {
        if (!is_v5) return ReasonCode::MalformedPacket;
        return properties.has(PropertyId::TopicAlias) ? ReasonCode::Success
                                                      : ReasonCode::ProtocolError;
    }
    if (!is_valid_utf8(topic)) return ReasonCode::MalformedPacket;  // [MQTT-3.3.2-1]
    if (is_valid_topic_name(topic)) return ReasonCode::Success;
    // [MQTT-3.3.2-2] "Topic name invalid" is for a name that is well formed (3.14.2.1).
    return is_v5 && !has_wildcard(topic) ? ReasonCode::TopicNameInvalid
                                         : ReasonCode::MalformedPacket;
}

ReasonCode check_ack_flags(PacketType type, std::uint8_t flags, Version version) {
    // [MQTT-3.6.1-1] In 3.1 a PUBREL could be sent again with DUP.
    if (flags == (type == PacketType::Pubrel ? 2 : 0) || version == Version::V31) {
        return ReasonCode::Success;
    }
    return ReasonCode::MalformedPacket;
}

}  // namespace

ReasonCode decode(std::uint8_t flags, ByteView body, Version version, Publish& packet) {
    unsigned qos = (flags >> 1) & 3;
    packet.dup = flags & 8;
    packet.retain = flags & 1;
    packet.qos = static_cast<Qos>(qos);
    packet.packet_id = 0;
    if (qos == 3) return ReasonCode::MalformedPacket;                // [MQTT-3.3.1-4]
    if (packet.dup && qos == 0) return ReasonCode::MalformedPacket;  // [MQTT-3.3.1-2]
    Reader reader(body);
    if (!reader.read_unchecked(packet.topic)) return ReasonCode::MalformedPacket;
    if (qos > 0) {
        if (!reader.read(packet.packet_id)) return ReasonCode::MalformedPacket;
        if (packet.packet_id == 0) return ReasonCode::ProtocolError;  // [MQTT-2.2.1-3]
    }
    clear_properties(packet.properties);
    if (version == Version::V5) {
        ReasonCode reason = read_property_block(reader, PropertyHome::Publish, packet.properties);
        if (reason != ReasonCode::Success) return reason;
    }
    packet.payload = reader.rest();
    if (is_plain_topic(packet.topic)) return ReasonCode::Success;
    return check_topic(packet.topic, version, packet.properties);
}

ReasonCode decode(PacketType type, std::uint8_t flags, ByteView body, Version version,
                  Ack& packet) {
    Reader reader(body);
    packet.reason = ReasonCode::Success;
    clear_properties(packet.properties);
    if (check_ack_flags(type, flags, version) != ReasonCode::Success) {
        return ReasonCode::MalformedPacket;
    }
    if (!reader.read(packet.packet_id)) return ReasonCode::MalformedPacket;
    if (packet.packet_id == 0) return ReasonCode::ProtocolError;
    if (reader.is_done()) return ReasonCode::Success;
    if (version != Version::V5) return ReasonCode::MalformedPacket;

    std::uint8_t code = 0;
    bool is_receipt = type == PacketType::Puback || type == PacketType::Pubrec;
    const ReasonSet& known = is_receipt ? kReceiptReasons : kReleaseReasons;
    if (!reader.read(code) || !known.has(code)) return ReasonCode::MalformedPacket;
    packet.reason = static_cast<ReasonCode>(code);
    if (reader.is_done()) return ReasonCode::Success;
    ReasonCode reason =
        read_property_block(reader, static_cast<PropertyHome>(type), packet.properties);
    if (reason != ReasonCode::Success) return reason;
    return reader.is_done() ? ReasonCode::Success : ReasonCode::MalformedPacket;
}

ReasonCode decode_ping(std::uint8_t flags, ByteView body) {
    return flags == 0 && body.empty() ? ReasonCode::Success : ReasonCode::MalformedPacket;
}

}  // namespace martlet::mqtt
