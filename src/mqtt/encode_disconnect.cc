// DISCONNECT (3.14) and AUTH (3.15).

#include "mqtt/frame_writer.h"
#include "mqtt/packets.h"
#include "mqtt/wire.h"

namespace martlet::mqtt {

namespace {

std::size_t body_size(const Disconnect& packet, Version version) {
    if (version != Version::V5) return 0;
    if (has_properties(packet.properties)) return 1 + properties_size(packet.properties);
    return packet.reason == ReasonCode::Success ? 0 : 1;
}

std::size_t body_size(const Auth& packet) {
    bool is_plain = packet.reason == ReasonCode::Success && !has_properties(packet.properties);
    return is_plain ? 0 : 1 + properties_size(packet.properties);
}

}  // namespace

std::size_t encoded_size(const Disconnect& packet, Version version) {
    return framed_size(body_size(packet, version));
}

std::uint8_t* encode(const Disconnect& packet, Version version, std::uint8_t* out) {
    std::size_t size = body_size(packet, version);
    out = put_head(PacketType::Disconnect, 0, size, out);
    if (size > 0) out = put(static_cast<std::uint8_t>(packet.reason), out);
    if (size > 1) out = put_block(packet.properties, version, PropertyHome::Disconnect, out);
    return out;
}

std::size_t encoded_size(const Auth& packet) {
    return framed_size(body_size(packet));
}

std::uint8_t* encode(const Auth& packet, std::uint8_t* out) {
    std::size_t size = body_size(packet);
    out = put_head(PacketType::Auth, 0, size, out);
    if (size == 0) return out;
    out = put(static_cast<std::uint8_t>(packet.reason), out);
    return put_block(packet.properties, Version::V5, PropertyHome::Auth, out);
}

}  // namespace martlet::mqtt
