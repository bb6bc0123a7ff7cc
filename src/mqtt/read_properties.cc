#include "mqtt/properties.h"
#include "mqtt/property_block.h"
#include "mqtt/property_table.h"
#include "mqtt/topic.h"
#include "mqtt/wire.h"

namespace martlet::mqtt {

namespace {

constexpr bool is_in_bound(std::uint32_t value, PropertyBound bound) {
    if (bound == PropertyBound::Boolean) return value <= 1;
    return bound == PropertyBound::Any || value != 0;
}

ReasonCode read_user_property(Reader& reader) {
    std::string_view text;
    bool is_sound = reader.read(text) && reader.read(text);
    return is_sound ? ReasonCode::Success : ReasonCode::MalformedPacket;
}

ReasonCode read_subscription_identifier(Reader& reader, std::uint32_t& value) {
    if (!reader.read_varint(value)) return ReasonCode::MalformedPacket;
    return value != 0 ? ReasonCode::Success : ReasonCode::ProtocolError;
}

ReasonCode read_single(Reader& reader, PropertyId id, PropertyBound bound, Properties& properties) {
    return visit_property(properties, id, [&](auto& field) {
        if (!reader.read(field)) return ReasonCode::MalformedPacket;
        if constexpr (requires { field + 1u; }) {
            if (!is_in_bound(field, bound)) return ReasonCode::ProtocolError;
        }
        return ReasonCode::Success;
    });
}

ReasonCode read_value(Reader& reader, PropertyId id, PropertyBound bound, Properties& properties) {
    if (id == PropertyId::UserProperty) return read_user_property(reader);
    if (id == PropertyId::SubscriptionIdentifier) {
        return read_subscription_identifier(reader, properties.subscription_identifier);
    }
    return read_single(reader, id, bound, properties);
}

// 2.2.2.2 calls it malformed. In the other packets mosquitto's answer is "protocol error", and
// people's tests expect it.
ReasonCode misplaced(PropertyHome home) {
    bool is_request = home == PropertyHome::Subscribe || home == PropertyHome::Unsubscribe;
    return is_request ? ReasonCode::MalformedPacket : ReasonCode::ProtocolError;
}

ReasonCode read_property(Reader& reader, PropertyHome home, Properties& properties) {
    std::uint8_t number = 0;
    // Identifiers are varints that all fit one byte, so a longer one is unknown too.
    if (!reader.read(number) || number >= kPropertyIdEnd) return ReasonCode::MalformedPacket;
    const PropertyRule& rule = kPropertyRules[number];
    if (rule.kind == PropertyKind::None) return ReasonCode::MalformedPacket;
    auto id = static_cast<PropertyId>(number);
    ReasonCode reason = read_value(reader, id, rule.bound, properties);
    if (reason == ReasonCode::MalformedPacket) return reason;
    bool is_home = rule.homes & home_bit(home);
    bool may_repeat = id == PropertyId::UserProperty ||
                      (id == PropertyId::SubscriptionIdentifier && home == PropertyHome::Publish);
    if (!is_home) return misplaced(home);
    if (properties.has(id) && !may_repeat) return ReasonCode::ProtocolError;
    properties.mark(id);
    bool is_alias = id == PropertyId::TopicAlias;  // [MQTT-3.3.2-8]
    return is_alias && reason != ReasonCode::Success ? ReasonCode::TopicAliasInvalid : reason;
}

}  // namespace

ReasonCode read_property_list(ByteView block, PropertyHome home, Properties& properties) {
    properties.raw = block;
    Reader reader(block);
    ReasonCode verdict = ReasonCode::Success;
    while (!reader.is_done()) {
        ReasonCode reason = read_property(reader, home, properties);
        // As in mosquitto: what cannot be read at all outweighs what may not be said.
        if (reason == ReasonCode::MalformedPacket) return reason;
        if (verdict == ReasonCode::Success) verdict = reason;
    }
    if (verdict != ReasonCode::Success) return verdict;
    // [MQTT-3.3.2-14]
    if (properties.has(PropertyId::ResponseTopic) &&
        !is_valid_topic_name(properties.response_topic)) {
        return ReasonCode::ProtocolError;
    }
    if (properties.has(PropertyId::AuthenticationData) &&
        !properties.has(PropertyId::AuthenticationMethod)) {
        return ReasonCode::ProtocolError;
    }
    return ReasonCode::Success;
}

ReasonCode read_properties(ByteView bytes, std::size_t& at, PropertyHome home,
                           Properties& properties) {
    if (at > bytes.size()) return ReasonCode::MalformedPacket;
    Reader reader(bytes.subspan(at));
    ReasonCode reason = read_property_block(reader, home, properties);
    at = bytes.size() - reader.left();
    return reason;
}

}  // namespace martlet::mqtt
