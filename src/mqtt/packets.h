#pragma once

// The fifteen packets as views: decode() points into the bytes it was given, encode() writes what
// the view says. The same struct serves both directions, so that a round trip is a test. No
// allocation, no I/O. Any thread.
//
// decode(flags, body, version, packet): `flags` is the low half of the first byte, `body` exactly
// the bytes of the remaining length. The answer is Success or the reason to end the connection
// with: MalformedPacket, ProtocolError, or a more exact code (UnsupportedProtocolVersion,
// TopicAliasInvalid, TopicNameInvalid, TopicFilterInvalid ...). All that can be judged from the
// packet alone is judged here: flags, lengths, trailing bytes, UTF-8 with U+0000 and surrogates,
// packet id 0, reserved bits, QoS 3, DUP with QoS 0, topic names with wildcards, empty lists,
// reason codes that the packet does not have.
//
// encoded_size(packet, version) is the whole packet with its fixed header; encode() writes that
// many bytes and returns the end.

#include "base/bytes.h"
#include "mqtt/frame.h"
#include "mqtt/properties.h"
#include "mqtt/reason_code.h"
#include "mqtt/types.h"

#include <cstdint>
#include <string_view>

namespace martlet::mqtt {

struct Connect {
    Version version = Version::V311;
    bool is_bridge = false;  // bit 7 of the level byte (mosquitto's try_private)
    bool clean_start = true;
    bool has_will = false;
    bool has_user_name = false;
    bool has_password = false;
    Qos will_qos = Qos::AtMostOnce;
    bool will_retain = false;
    std::uint16_t keep_alive = 0;  // s
    std::string_view client_id;
    std::string_view will_topic;
    ByteView will_payload;
    std::string_view user_name;
    ByteView password;
    Properties properties;
    Properties will_properties;
};

struct Connack {
    bool session_present = false;
    ReasonCode reason = ReasonCode::Success;  // 3.x: connack_return_code() of it when encoding;
                                              // decoding gives the raw number
    Properties properties;
};

struct Publish {
    bool dup = false;
    Qos qos = Qos::AtMostOnce;
    bool retain = false;
    std::uint16_t packet_id = 0;  // with QoS 1 and 2
    std::string_view topic;       // empty only with a topic alias in MQTT 5
    Properties properties;
    ByteView payload;
};

// PUBACK, PUBREC, PUBREL, PUBCOMP.
struct Ack {
    std::uint16_t packet_id = 0;
    ReasonCode reason = ReasonCode::Success;
    Properties properties;
};

// One filter of a SUBSCRIBE. Encoding in 3.x drops all but the QoS.
struct Subscription {
    std::string_view filter;
    Qos qos = Qos::AtMostOnce;
    bool no_local = false;
    bool retain_as_published = false;
    std::uint8_t retain_handling = 0;
};

struct Subscribe {
    std::uint16_t packet_id = 0;
    Properties properties;
    ByteView filters;  // in wire form: for (std::size_t at = 0; next_subscription(filters, at, s);)
};

struct Unsubscribe {
    std::uint16_t packet_id = 0;
    Properties properties;
    ByteView filters;  // in wire form: for (std::size_t at = 0; next_filter(filters, at, filter);)
};

// SUBACK and UNSUBACK; `codes` is empty for UNSUBACK in 3.x.
struct Suback {
    std::uint16_t packet_id = 0;
    Properties properties;
    ByteView codes;
};

struct Disconnect {
    ReasonCode reason = ReasonCode::Success;
    Properties properties;
};

struct Auth {
    ReasonCode reason = ReasonCode::Success;
    Properties properties;
};

// CONNECT carries its version itself. `version` is filled even when the rest is refused, so that
// the answer fits it.
[[nodiscard]] ReasonCode decode(std::uint8_t flags, ByteView body, Connect& packet);
[[nodiscard]] ReasonCode decode(std::uint8_t flags, ByteView body, Version version,
                                Connack& packet);
[[nodiscard]] ReasonCode decode(std::uint8_t flags, ByteView body, Version version,
                                Publish& packet);
[[nodiscard]] ReasonCode decode(PacketType type, std::uint8_t flags, ByteView body, Version version,
                                Ack& packet);
// Filters are checked here too: each is valid UTF-8 without wildcards out of place and with sound
// `$share` syntax, or the answer is TopicFilterInvalid (3.x: MalformedPacket); no-local on a shared
// subscription is ProtocolError.
[[nodiscard]] ReasonCode decode(std::uint8_t flags, ByteView body, Version version,
                                Subscribe& packet);
[[nodiscard]] ReasonCode decode(std::uint8_t flags, ByteView body, Version version,
                                Unsubscribe& packet);
[[nodiscard]] ReasonCode decode(PacketType type, std::uint8_t flags, ByteView body, Version version,
                                Suback& packet);
[[nodiscard]] ReasonCode decode(std::uint8_t flags, ByteView body, Version version,
                                Disconnect& packet);
[[nodiscard]] ReasonCode decode(std::uint8_t flags, ByteView body, Version version, Auth& packet);
// PINGREQ and PINGRESP: flags 0 and no body.
[[nodiscard]] ReasonCode decode_ping(std::uint8_t flags, ByteView body);

// Walk filters that decode() found sound.
bool next_subscription(ByteView filters, std::size_t& at, Subscription& subscription);
bool next_filter(ByteView filters, std::size_t& at, std::string_view& filter);

std::size_t encoded_size(const Connect& packet);
std::uint8_t* encode(const Connect& packet, std::uint8_t* out);
std::size_t encoded_size(const Connack& packet, Version version);
std::uint8_t* encode(const Connack& packet, Version version, std::uint8_t* out);
std::size_t encoded_size(const Publish& packet, Version version);
std::uint8_t* encode(const Publish& packet, Version version, std::uint8_t* out);
// MQTT 5: reason and properties are left out when the reason is Success and there are none. 3.x:
// two bytes.
std::size_t encoded_size(const Ack& packet, Version version);
std::uint8_t* encode(PacketType type, const Ack& packet, Version version, std::uint8_t* out);
std::size_t encoded_size(const Subscribe& packet, Version version);
std::uint8_t* encode(const Subscribe& packet, Version version, std::uint8_t* out);
std::size_t encoded_size(const Unsubscribe& packet, Version version);
std::uint8_t* encode(const Unsubscribe& packet, Version version, std::uint8_t* out);
std::size_t encoded_size(const Suback& packet, Version version);
std::uint8_t* encode(PacketType type, const Suback& packet, Version version, std::uint8_t* out);
std::size_t encoded_size(const Disconnect& packet, Version version);
std::uint8_t* encode(const Disconnect& packet, Version version, std::uint8_t* out);
std::size_t encoded_size(const Auth& packet);
std::uint8_t* encode(const Auth& packet, std::uint8_t* out);

// For the filters of a Subscribe or Unsubscribe to encode: their wire form, one after the other.
std::size_t encoded_size(const Subscription& subscription);
std::uint8_t* encode(const Subscription& subscription, Version version, std::uint8_t* out);
std::size_t encoded_filter_size(std::string_view filter);
std::uint8_t* encode_filter(std::string_view filter, std::uint8_t* out);

}  // namespace martlet::mqtt
