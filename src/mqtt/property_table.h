#pragma once

// Table 2-4 of the specification: what each property is, where it may stand, what it may say; and
// which field holds it. Private to this folder. Any thread.

#include "mqtt/properties.h"

#include <array>
#include <cstdint>

namespace martlet::mqtt {

enum class PropertyKind : std::uint8_t { None, Byte, Short, Long, Varint, Text, Data, Pair };
enum class PropertyBound : std::uint8_t { Any, Boolean, NotZero };

struct PropertyRule {
    PropertyKind kind = PropertyKind::None;
    PropertyBound bound = PropertyBound::Any;
    std::uint16_t homes = 0;  // a bit for each PropertyHome
};

inline constexpr std::size_t kPropertyIdEnd = 0x2B;

constexpr std::uint16_t home_bit(PropertyHome home) {
    return static_cast<std::uint16_t>(1u << static_cast<unsigned>(home));
}

constexpr std::array<PropertyRule, kPropertyIdEnd> make_property_rules() {
    using enum PropertyHome;
    using Id = PropertyId;
    using Kind = PropertyKind;
    using Bound = PropertyBound;
    std::array<PropertyRule, kPropertyIdEnd> rules{};
    auto row = [&](Id id, Kind kind, Bound bound, auto... homes) {
        auto mask = static_cast<std::uint16_t>((home_bit(homes) | ...));
        rules[static_cast<std::size_t>(id)] = {kind, bound, mask};
    };
    row(Id::PayloadFormatIndicator, Kind::Byte, Bound::Boolean, Publish, Will);
    row(Id::MessageExpiryInterval, Kind::Long, Bound::Any, Publish, Will);
    row(Id::ContentType, Kind::Text, Bound::Any, Publish, Will);
    row(Id::ResponseTopic, Kind::Text, Bound::Any, Publish, Will);
    row(Id::CorrelationData, Kind::Data, Bound::Any, Publish, Will);
    row(Id::SubscriptionIdentifier, Kind::Varint, Bound::NotZero, Publish, Subscribe);
    row(Id::SessionExpiryInterval, Kind::Long, Bound::Any, Connect, Connack, Disconnect);
    row(Id::AssignedClientIdentifier, Kind::Text, Bound::Any, Connack);
    row(Id::ServerKeepAlive, Kind::Short, Bound::Any, Connack);
    row(Id::AuthenticationMethod, Kind::Text, Bound::Any, Connect, Connack, Auth);
    row(Id::AuthenticationData, Kind::Data, Bound::Any, Connect, Connack, Auth);
    row(Id::RequestProblemInformation, Kind::Byte, Bound::Boolean, Connect);
    row(Id::WillDelayInterval, Kind::Long, Bound::Any, Will);
    row(Id::RequestResponseInformation, Kind::Byte, Bound::Boolean, Connect);
    row(Id::ResponseInformation, Kind::Text, Bound::Any, Connack);
    row(Id::ServerReference, Kind::Text, Bound::Any, Connack, Disconnect);
    row(Id::ReasonString, Kind::Text, Bound::Any, Connack, Puback, Pubrec, Pubrel, Pubcomp, Suback,
        Unsuback, Disconnect, Auth);
    row(Id::ReceiveMaximum, Kind::Short, Bound::NotZero, Connect, Connack);
    row(Id::TopicAliasMaximum, Kind::Short, Bound::Any, Connect, Connack);
    row(Id::TopicAlias, Kind::Short, Bound::NotZero, Publish);
    row(Id::MaximumQos, Kind::Byte, Bound::Boolean, Connack);
    row(Id::RetainAvailable, Kind::Byte, Bound::Boolean, Connack);
    row(Id::UserProperty, Kind::Pair, Bound::Any, Will, Connect, Connack, Publish, Puback, Pubrec,
        Pubrel, Pubcomp, Subscribe, Suback, Unsubscribe, Unsuback, Disconnect, Auth);
    row(Id::MaximumPacketSize, Kind::Long, Bound::NotZero, Connect, Connack);
    row(Id::WildcardSubscriptionAvailable, Kind::Byte, Bound::Boolean, Connack);
    row(Id::SubscriptionIdentifierAvailable, Kind::Byte, Bound::Boolean, Connack);
    row(Id::SharedSubscriptionAvailable, Kind::Byte, Bound::Boolean, Connack);
    return rules;
}

inline constexpr std::array<PropertyRule, kPropertyIdEnd> kPropertyRules = make_property_rules();

// Calls visit(field) for the field of the property, whatever its type. Not for user properties and
// the subscription identifier.
template <typename AnyProperties, typename Visit>
inline auto visit_property(AnyProperties& properties, PropertyId id, Visit&& visit) {
    using Id = PropertyId;
    switch (id) {
        case Id::PayloadFormatIndicator:
            return visit(properties.payload_format_indicator);
        case Id::MessageExpiryInterval:
            return visit(properties.message_expiry_interval);
        case Id::ContentType:
            return visit(properties.content_type);
        case Id::ResponseTopic:
            return visit(properties.response_topic);
        case Id::CorrelationData:
            return visit(properties.correlation_data);
        case Id::SessionExpiryInterval:
            return visit(properties.session_expiry_interval);
        case Id::AssignedClientIdentifier:
            return visit(properties.assigned_client_identifier);
        case Id::ServerKeepAlive:
            return visit(properties.server_keep_alive);
        case Id::AuthenticationMethod:
            return visit(properties.authentication_method);
        case Id::AuthenticationData:
            return visit(properties.authentication_data);
        case Id::RequestProblemInformation:
            return visit(properties.request_problem_information);
        case Id::WillDelayInterval:
            return visit(properties.will_delay_interval);
        case Id::RequestResponseInformation:
            return visit(properties.request_response_information);
        case Id::ResponseInformation:
            return visit(properties.response_information);
        case Id::ServerReference:
            return visit(properties.server_reference);
        case Id::ReasonString:
            return visit(properties.reason_string);
        case Id::ReceiveMaximum:
            return visit(properties.receive_maximum);
        case Id::TopicAliasMaximum:
            return visit(properties.topic_alias_maximum);
        case Id::TopicAlias:
            return visit(properties.topic_alias);
        case Id::MaximumQos:
            return visit(properties.maximum_qos);
        case Id::RetainAvailable:
            return visit(properties.retain_available);
        case Id::MaximumPacketSize:
            return visit(properties.maximum_packet_size);
        case Id::WildcardSubscriptionAvailable:
            return visit(properties.wildcard_subscription_available);
        case Id::SubscriptionIdentifierAvailable:
            return visit(properties.subscription_identifier_available);
        case Id::SharedSubscriptionAvailable:
            return visit(properties.shared_subscription_available);
        case Id::SubscriptionIdentifier:
        case Id::UserProperty:
            break;
    }
    return decltype(visit(properties.maximum_qos)){};
}

}  // namespace martlet::mqtt
