#pragma once

// Any packet as one value, for tests and fuzz targets that do not care which: decode a frame, say
// it in text, encode it again.

#include "base/check.h"
#include "mqtt/packets.h"

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

namespace martlet::mqtt {

struct TypedAck {
    PacketType type = PacketType::Puback;
    Ack ack;
};
struct TypedSuback {
    PacketType type = PacketType::Suback;
    Suback suback;
};
struct Ping {
    PacketType type = PacketType::Pingreq;
};

using AnyPacket = std::variant<Ping, Connect, Connack, Publish, TypedAck, Subscribe, Unsubscribe,
                               TypedSuback, Disconnect, Auth>;

inline ReasonCode decode_any(std::uint8_t first, ByteView body, Version version, AnyPacket& any) {
    auto type = static_cast<PacketType>(first >> 4);
    auto flags = static_cast<std::uint8_t>(first & 15);
    switch (type) {
        case PacketType::Connect:
            return decode(flags, body, any.emplace<Connect>());
        case PacketType::Connack:
            return decode(flags, body, version, any.emplace<Connack>());
        case PacketType::Publish:
            return decode(flags, body, version, any.emplace<Publish>());
        case PacketType::Puback:
        case PacketType::Pubrec:
        case PacketType::Pubrel:
        case PacketType::Pubcomp: {
            auto& packet = any.emplace<TypedAck>();
            packet.type = type;
            return decode(type, flags, body, version, packet.ack);
        }
        case PacketType::Subscribe:
            return decode(flags, body, version, any.emplace<Subscribe>());
        case PacketType::Unsubscribe:
            return decode(flags, body, version, any.emplace<Unsubscribe>());
        case PacketType::Suback:
        case PacketType::Unsuback: {
            auto& packet = any.emplace<TypedSuback>();
            packet.type = type;
            return decode(type, flags, body, version, packet.suback);
        }
        case PacketType::Pingreq:
        case PacketType::Pingresp:
            any.emplace<Ping>().type = type;
            return decode_ping(flags, body);
        case PacketType::Disconnect:
            return decode(flags, body, version, any.emplace<Disconnect>());
        case PacketType::Auth:
            return decode(flags, body, version, any.emplace<Auth>());
    }
    return ReasonCode::MalformedPacket;
}

template <typename... Cases>
struct Overloaded : Cases... {
    using Cases::operator()...;
};
template <typename... Cases>
Overloaded(Cases...) -> Overloaded<Cases...>;

// The frame in a buffer of exactly the promised size, which must then be full.
template <typename Encode>
std::vector<std::uint8_t> encode_exactly(std::size_t size, Encode encode_to) {
    std::vector<std::uint8_t> out(size);
    std::uint8_t* end = encode_to(out.data());
    CHECK(end == out.data() + size);
    return out;
}

inline std::vector<std::uint8_t> encode_any(const AnyPacket& any, Version version) {
    auto plain = [&](const auto& packet) {
        return encode_exactly(encoded_size(packet, version),
                              [&](std::uint8_t* out) { return encode(packet, version, out); });
    };
    auto versionless = [&](const auto& packet) {
        return encode_exactly(encoded_size(packet),
                              [&](std::uint8_t* out) { return encode(packet, out); });
    };
    return std::visit(
        Overloaded{
            [&](const Connect& packet) { return versionless(packet); },
            [&](const Auth& packet) { return versionless(packet); },
            [&](const Ping& packet) {
                auto first = static_cast<std::uint8_t>(static_cast<unsigned>(packet.type) << 4);
                return std::vector<std::uint8_t>{first, 0};
            },
            [&](const TypedAck& packet) {
                return encode_exactly(encoded_size(packet.ack, version), [&](std::uint8_t* out) {
                    return encode(packet.type, packet.ack, version, out);
                });
            },
            [&](const TypedSuback& packet) {
                return encode_exactly(encoded_size(packet.suback, version), [&](std::uint8_t* out) {
                    return encode(packet.type, packet.suback, version, out);
                });
            },
            [&](const auto& packet) { return plain(packet); },
        },
        any);
}

}  // namespace martlet::mqtt
