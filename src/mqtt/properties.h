#pragma once

// Properties of MQTT 5 (2.2.2) as a view: nothing is copied, texts point into the packet. Which
// property is allowed in which packet, and how often, is checked by read_properties. Any thread.

#include "base/bytes.h"
#include "mqtt/reason_code.h"

#include <cstdint>
#include <string_view>

namespace martlet::mqtt {

enum class PropertyId : std::uint8_t {
    PayloadFormatIndicator = 0x01,
    MessageExpiryInterval = 0x02,
    ContentType = 0x03,
    ResponseTopic = 0x08,
    CorrelationData = 0x09,
    SubscriptionIdentifier = 0x0B,
    SessionExpiryInterval = 0x11,
    AssignedClientIdentifier = 0x12,
    ServerKeepAlive = 0x13,
    AuthenticationMethod = 0x15,
    AuthenticationData = 0x16,
    RequestProblemInformation = 0x17,
    WillDelayInterval = 0x18,
    RequestResponseInformation = 0x19,
    ResponseInformation = 0x1A,
    ServerReference = 0x1C,
    ReasonString = 0x1F,
    ReceiveMaximum = 0x21,
    TopicAliasMaximum = 0x22,
    TopicAlias = 0x23,
    MaximumQos = 0x24,
    RetainAvailable = 0x25,
    UserProperty = 0x26,
    MaximumPacketSize = 0x27,
    WildcardSubscriptionAvailable = 0x28,
    SubscriptionIdentifierAvailable = 0x29,
    SharedSubscriptionAvailable = 0x2A,
};

// Where a property block stands: a packet, or the will inside CONNECT. The numbers of PacketType,
// and 0 for the will.
enum class PropertyHome : std::uint8_t {
    Will = 0,
    Connect = 1,
    Connack = 2,
    Publish = 3,
    Puback = 4,
    Pubrec = 5,
    Pubrel = 6,
    Pubcomp = 7,
    Subscribe = 8,
    Suback = 9,
    Unsubscribe = 10,
    Unsuback = 11,
    Disconnect = 14,
    Auth = 15,
};

// A field is meaningful only where has() says so; the constructor sets nothing but the mask, since
// this stands on the message path. Properties that may repeat (user properties; subscription
// identifiers in a PUBLISH from a server) are walked in `raw`.
struct Properties {
    Properties() : present(0) {}

    bool has(PropertyId id) const { return (present >> static_cast<unsigned>(id)) & 1; }
    void mark(PropertyId id) { present |= std::uint64_t{1} << static_cast<unsigned>(id); }

    std::uint64_t present;
    // The whole block without its length, as it stood in the packet. When encoding: the order in
    // which the properties that are present are written, and the user properties among them; empty:
    // the order of write_properties().
    ByteView raw;

    std::uint32_t message_expiry_interval;  // s
    std::uint32_t subscription_identifier;  // the last one, where several may stand
    std::uint32_t session_expiry_interval;  // s; 0xFFFFFFFF: never
    std::uint32_t will_delay_interval;      // s
    std::uint32_t maximum_packet_size;      // bytes
    std::uint16_t server_keep_alive;        // s
    std::uint16_t receive_maximum;
    std::uint16_t topic_alias_maximum;
    std::uint16_t topic_alias;
    std::uint8_t payload_format_indicator;
    std::uint8_t request_problem_information;
    std::uint8_t request_response_information;
    std::uint8_t maximum_qos;
    std::uint8_t retain_available;
    std::uint8_t wildcard_subscription_available;
    std::uint8_t subscription_identifier_available;
    std::uint8_t shared_subscription_available;
    std::string_view content_type;
    std::string_view response_topic;
    std::string_view assigned_client_identifier;
    std::string_view authentication_method;
    std::string_view response_information;
    std::string_view server_reference;
    std::string_view reason_string;
    ByteView correlation_data;
    ByteView authentication_data;
};

// Reads the block that begins at bytes[at] with its length, and moves `at` behind it. Success,
// MalformedPacket or ProtocolError (a property twice, one that is not allowed here unless here is
// SUBSCRIBE or UNSUBSCRIBE, a value that is not: for example Receive Maximum 0, Subscription
// Identifier 0, Maximum Packet Size 0, boolean above 1, Topic Alias 0 is TopicAliasInvalid).
ReasonCode read_properties(ByteView bytes, std::size_t& at, PropertyHome home,
                           Properties& properties);

// The size of the block with its length; what write_properties writes to `out`, of which it returns
// the end. First those of `raw`, then in the order of mosquitto: for CONNACK 0x13, 0x22, 0x12,
// 0x11, 0x15, 0x16, 0x25, 0x27, 0x21, 0x24, then the others by number; elsewhere by number.
std::size_t properties_size(const Properties& properties);
std::uint8_t* write_properties(const Properties& properties, PropertyHome home, std::uint8_t* out);

// One property of a raw block that read_properties found sound.
struct RawProperty {
    PropertyId id;
    ByteView wire;           // with its identifier byte
    std::string_view name;   // of a user property
    std::string_view value;  // of a user property, or of any text or data
    std::uint32_t number;    // of any number
};
// Walks the block: for (std::size_t at = 0; next_property(raw, at, property);)
bool next_property(ByteView raw, std::size_t& at, RawProperty& property);

// What a server must pass on unchanged with a PUBLISH (3.3.2.3): payload format, content type,
// response topic, correlation data, user properties, in the order in which they stood. Not: expiry,
// alias, subscription identifiers, will delay.
std::size_t forwarded_size(ByteView raw);
std::uint8_t* copy_forwarded(ByteView raw, std::uint8_t* out);

}  // namespace martlet::mqtt
