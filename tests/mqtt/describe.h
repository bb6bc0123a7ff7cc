#pragma once

// A decoded packet in one line of text: what the vectors expect, and how two packets are compared.
// Fields are named one by one here, on purpose not through the table that the decoder uses.

#include "tests/mqtt/any_packet.h"

#include <cstdio>
#include <string>

namespace martlet::mqtt {

// Printable text as it is, other bytes as \xNN.
inline std::string quote(std::string_view text) {
    std::string out = "'";
    for (char c : text) {
        auto byte = static_cast<unsigned char>(c);
        char escaped[8];
        std::snprintf(escaped, sizeof escaped, "\\x%02X", byte);
        out += byte >= 0x20 && byte < 0x7F && c != '\'' && c != '\\' ? std::string(1, c) : escaped;
    }
    return out + "'";
}

inline std::string quote(ByteView bytes) {
    return quote(as_text(bytes));
}

inline std::string describe_user(const Properties& properties) {
    std::string out;
    RawProperty property;
    for (std::size_t at = 0; next_property(properties.raw, at, property);) {
        if (property.id != PropertyId::UserProperty) continue;
        out += " user=" + quote(property.name) + quote(property.value);
    }
    return out;
}

inline std::string describe(const Properties& p) {
    std::string out;
    auto number = [&](PropertyId id, const char* name, std::uint32_t value) {
        if (p.has(id)) out += std::string(" ") + name + "=" + std::to_string(value);
    };
    auto text = [&](PropertyId id, const char* name, auto value) {
        if (p.has(id)) out += std::string(" ") + name + "=" + quote(value);
    };
    using Id = PropertyId;
    number(Id::PayloadFormatIndicator, "format", p.payload_format_indicator);
    number(Id::MessageExpiryInterval, "expiry", p.message_expiry_interval);
    text(Id::ContentType, "content-type", p.content_type);
    text(Id::ResponseTopic, "response-topic", p.response_topic);
    text(Id::CorrelationData, "correlation", p.correlation_data);
    number(Id::SubscriptionIdentifier, "subscription", p.subscription_identifier);
    number(Id::SessionExpiryInterval, "session-expiry", p.session_expiry_interval);
    text(Id::AssignedClientIdentifier, "assigned-id", p.assigned_client_identifier);
    number(Id::ServerKeepAlive, "server-keep-alive", p.server_keep_alive);
    text(Id::AuthenticationMethod, "auth-method", p.authentication_method);
    text(Id::AuthenticationData, "auth-data", p.authentication_data);
    number(Id::RequestProblemInformation, "request-problem", p.request_problem_information);
    number(Id::WillDelayInterval, "will-delay", p.will_delay_interval);
    number(Id::RequestResponseInformation, "request-response", p.request_response_information);
    text(Id::ResponseInformation, "response-info", p.response_information);
    text(Id::ServerReference, "server-reference", p.server_reference);
    text(Id::ReasonString, "reason", p.reason_string);
    number(Id::ReceiveMaximum, "receive-maximum", p.receive_maximum);
    number(Id::TopicAliasMaximum, "alias-maximum", p.topic_alias_maximum);
    number(Id::TopicAlias, "alias", p.topic_alias);
    number(Id::MaximumQos, "maximum-qos", p.maximum_qos);
    number(Id::RetainAvailable, "retain-available", p.retain_available);
    number(Id::MaximumPacketSize, "packet-maximum", p.maximum_packet_size);
    number(Id::WildcardSubscriptionAvailable, "wildcards", p.wildcard_subscription_available);
    number(Id::SubscriptionIdentifierAvailable, "identifiers", p.subscription_identifier_available);
    number(Id::SharedSubscriptionAvailable, "shared", p.shared_subscription_available);
    return out + describe_user(p);
}

inline std::string describe(const Connect& p) {
    std::string out = "CONNECT v" + std::to_string(static_cast<int>(p.version));
    if (p.is_bridge) out += " bridge";
    if (p.clean_start) out += " clean";
    out += " keep=" + std::to_string(p.keep_alive) + " id=" + quote(p.client_id);
    out += describe(p.properties);
    if (p.has_will) {
        out += " will q" + std::to_string(static_cast<int>(p.will_qos));
        if (p.will_retain) out += " retain";
        out +=
            " " + quote(p.will_topic) + " " + quote(p.will_payload) + describe(p.will_properties);
    }
    if (p.has_user_name) out += " user-name=" + quote(p.user_name);
    if (p.has_password) out += " password=" + quote(p.password);
    return out;
}

inline std::string describe_code(ReasonCode code) {
    char text[8];
    std::snprintf(text, sizeof text, " %02X", static_cast<unsigned>(code));
    return text;
}

inline std::string describe(const Connack& p) {
    return std::string("CONNACK") + (p.session_present ? " present" : "") +
           describe_code(p.reason) + describe(p.properties);
}

inline std::string describe(const Publish& p) {
    std::string out = "PUBLISH";
    if (p.dup) out += " dup";
    out += " q" + std::to_string(static_cast<int>(p.qos));
    if (p.retain) out += " retain";
    if (p.qos != Qos::AtMostOnce) out += " m" + std::to_string(p.packet_id);
    return out + " " + quote(p.topic) + " " + quote(p.payload) + describe(p.properties);
}

inline std::string describe(const TypedAck& p) {
    static const char* const kNames[] = {"PUBACK", "PUBREC", "PUBREL", "PUBCOMP"};
    return kNames[static_cast<int>(p.type) - 4] + (" m" + std::to_string(p.ack.packet_id)) +
           describe_code(p.ack.reason) + describe(p.ack.properties);
}

inline std::string describe(const Subscribe& p) {
    std::string out = "SUBSCRIBE m" + std::to_string(p.packet_id) + describe(p.properties);
    Subscription s;
    for (std::size_t at = 0; next_subscription(p.filters, at, s);) {
        out += " " + quote(s.filter) + " q" + std::to_string(static_cast<int>(s.qos));
        if (s.no_local) out += " no-local";
        if (s.retain_as_published) out += " as-published";
        if (s.retain_handling) out += " handling=" + std::to_string(s.retain_handling);
    }
    return out;
}

inline std::string describe(const Unsubscribe& p) {
    std::string out = "UNSUBSCRIBE m" + std::to_string(p.packet_id) + describe(p.properties);
    std::string_view filter;
    for (std::size_t at = 0; next_filter(p.filters, at, filter);) out += " " + quote(filter);
    return out;
}

inline std::string describe(const TypedSuback& p) {
    std::string out = p.type == PacketType::Suback ? "SUBACK" : "UNSUBACK";
    out += " m" + std::to_string(p.suback.packet_id) + describe(p.suback.properties);
    for (std::uint8_t code : p.suback.codes) out += describe_code(static_cast<ReasonCode>(code));
    return out;
}

inline std::string describe(const Disconnect& p) {
    return "DISCONNECT" + describe_code(p.reason) + describe(p.properties);
}

inline std::string describe(const Auth& p) {
    return "AUTH" + describe_code(p.reason) + describe(p.properties);
}

inline std::string describe(const Ping& p) {
    return p.type == PacketType::Pingreq ? "PINGREQ" : "PINGRESP";
}

inline std::string describe_any(const AnyPacket& any) {
    return std::visit([](const auto& packet) { return describe(packet); }, any);
}

}  // namespace martlet::mqtt
