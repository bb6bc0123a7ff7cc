// SUBSCRIBE, UNSUBSCRIBE and their answers (3.8 to 3.11).

#include "mqtt/packets.h"
#include "mqtt/property_block.h"
#include "mqtt/reason_sets.h"
#include "mqtt/topic.h"
#include "mqtt/wire.h"

namespace martlet::mqtt {

namespace {

ReasonCode read_head(Reader& reader, Version version, PropertyHome home, std::uint16_t& packet_id,
                     Properties& properties) {
    clear_properties(properties);
    if (!reader.read(packet_id)) return ReasonCode::MalformedPacket;
    if (packet_id == 0) return ReasonCode::ProtocolError;  // [MQTT-2.2.1-3]
    if (version != Version::V5) return ReasonCode::Success;
    return read_property_block(reader, home, properties);
}

// [MQTT-3.8.1-1] [MQTT-3.10.1-1] In 3.1 DUP may be set.
bool are_request_flags(std::uint8_t flags, Version version) {
    return flags == 2 || version == Version::V31;
}

bool is_only_too_deep(std::string_view filter) {
    return is_too_deep(filter) && has_proper_wildcards(filter);
}

ReasonCode check_filter(std::string_view filter, Version version, ParsedFilter& parsed) {
    if (!is_valid_utf8(filter)) return ReasonCode::MalformedPacket;  // [MQTT-3.8.3-1]
    if (parse_filter(filter, parsed)) return ReasonCode::Success;
    if (version != Version::V5) return ReasonCode::MalformedPacket;
    // [MQTT-4.8.2-1] [MQTT-4.8.2-2]
    bool is_incomplete = parsed.is_shared && (parsed.group.empty() || parsed.filter.empty());
    if (is_incomplete || has_wildcard(parsed.group)) return ReasonCode::ProtocolError;
    // "Topic filter invalid" is for a filter that is well formed (3.14.2.1).
    return is_only_too_deep(parsed.filter) ? ReasonCode::TopicFilterInvalid
                                           : ReasonCode::MalformedPacket;
}

ReasonCode check_options(std::uint8_t options, Version version, bool is_shared) {
    bool has_qos_3 = (options & 3) == 3;
    if (version != Version::V5) {
        // 3.1.1 [MQTT-3-8.3-4]; 3.1 leaves the upper bits open.
        bool is_sound = !has_qos_3 && (version == Version::V31 || options < 4);
        return is_sound ? ReasonCode::Success : ReasonCode::MalformedPacket;
    }
    if (options & 0xC0) return ReasonCode::MalformedPacket;  // [MQTT-3.8.3-5]
    bool has_handling_3 = (options & 0x30) == 0x30;
    bool no_local = options & 0x04;
    // 3.8.3.1 and, for no local, [MQTT-3.8.3-4].
    bool is_sound = !has_qos_3 && !has_handling_3 && !(no_local && is_shared);
    return is_sound ? ReasonCode::Success : ReasonCode::ProtocolError;
}

}  // namespace

ReasonCode decode(std::uint8_t flags, ByteView body, Version version, Subscribe& packet) {
    Reader reader(body);
    if (!are_request_flags(flags, version)) return ReasonCode::MalformedPacket;
    ReasonCode reason =
        read_head(reader, version, PropertyHome::Subscribe, packet.packet_id, packet.properties);
    if (reason != ReasonCode::Success) return reason;
    packet.filters = reader.rest();
    if (packet.filters.empty()) return ReasonCode::ProtocolError;  // [MQTT-3.8.3-2]
    while (!reader.is_done()) {
        std::string_view filter;
        std::uint8_t options;
        ParsedFilter parsed;
        if (!reader.read_unchecked(filter) || !reader.read(options)) {
            return ReasonCode::MalformedPacket;
        }
        reason = check_filter(filter, version, parsed);
        if (reason != ReasonCode::Success) return reason;
        reason = check_options(options, version, parsed.is_shared);
        if (reason != ReasonCode::Success) return reason;
    }
    return ReasonCode::Success;
}

ReasonCode decode(std::uint8_t flags, ByteView body, Version version, Unsubscribe& packet) {
    Reader reader(body);
    if (!are_request_flags(flags, version)) return ReasonCode::MalformedPacket;
    ReasonCode reason =
        read_head(reader, version, PropertyHome::Unsubscribe, packet.packet_id, packet.properties);
    if (reason != ReasonCode::Success) return reason;
    packet.filters = reader.rest();
    if (packet.filters.empty()) return ReasonCode::ProtocolError;  // [MQTT-3.10.3-2]
    while (!reader.is_done()) {
        std::string_view filter;
        ParsedFilter parsed;
        if (!reader.read_unchecked(filter)) return ReasonCode::MalformedPacket;
        reason = check_filter(filter, version, parsed);
        if (reason != ReasonCode::Success) return reason;
    }
    return ReasonCode::Success;
}

ReasonCode decode(PacketType type, std::uint8_t flags, ByteView body, Version version,
                  Suback& packet) {
    Reader reader(body);
    if (flags != 0) return ReasonCode::MalformedPacket;
    ReasonCode reason = read_head(reader, version, static_cast<PropertyHome>(type),
                                  packet.packet_id, packet.properties);
    if (reason != ReasonCode::Success) return reason;
    packet.codes = reader.rest();
    bool is_v5 = version == Version::V5;
    if (type == PacketType::Unsuback && !is_v5) {
        return packet.codes.empty() ? ReasonCode::Success : ReasonCode::MalformedPacket;
    }
    if (packet.codes.empty()) return ReasonCode::ProtocolError;
    const ReasonSet& known = type == PacketType::Unsuback ? kUnsubackReasons
                             : is_v5                      ? kSubackReasons
                                                          : kSubackReasonsV3;
    for (std::uint8_t code : packet.codes) {
        if (!known.has(code)) return ReasonCode::MalformedPacket;
    }
    return ReasonCode::Success;
}

bool next_subscription(ByteView filters, std::size_t& at, Subscription& subscription) {
    if (at >= filters.size()) return false;
    Reader reader(filters.subspan(at));
    std::uint8_t options;
    if (!reader.read_unchecked(subscription.filter) || !reader.read(options)) return false;
    subscription.qos = static_cast<Qos>(options & 3);
    subscription.no_local = options & 0x04;
    subscription.retain_as_published = options & 0x08;
    subscription.retain_handling = (options >> 4) & 3;
    at = filters.size() - reader.left();
    return true;
}

bool next_filter(ByteView filters, std::size_t& at, std::string_view& filter) {
    if (at >= filters.size()) return false;
    Reader reader(filters.subspan(at));
    if (!reader.read_unchecked(filter)) return false;
    at = filters.size() - reader.left();
    return true;
}

}  // namespace martlet::mqtt
