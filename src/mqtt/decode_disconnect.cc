// DISCONNECT (3.14) and AUTH (3.15).

#include "mqtt/packets.h"
#include "mqtt/property_block.h"
#include "mqtt/reason_sets.h"
#include "mqtt/wire.h"

namespace martlet::mqtt {

ReasonCode decode(std::uint8_t flags, ByteView body, Version version, Disconnect& packet) {
    packet.reason = ReasonCode::Success;
    clear_properties(packet.properties);
    if (flags != 0) return ReasonCode::MalformedPacket;  // [MQTT-3.14.1-1]
    Reader reader(body);
    if (reader.is_done()) return ReasonCode::Success;
    if (version != Version::V5) return ReasonCode::MalformedPacket;
    std::uint8_t code = 0;
    if (!reader.read(code) || !kDisconnectReasons.has(code)) return ReasonCode::MalformedPacket;
    packet.reason = static_cast<ReasonCode>(code);
    if (reader.is_done()) return ReasonCode::Success;
    ReasonCode reason = read_property_block(reader, PropertyHome::Disconnect, packet.properties);
    if (reason != ReasonCode::Success) return reason;
    return reader.is_done() ? ReasonCode::Success : ReasonCode::MalformedPacket;
}

ReasonCode decode(std::uint8_t flags, ByteView body, Version version, Auth& packet) {
    packet.reason = ReasonCode::Success;
    clear_properties(packet.properties);
    if (version != Version::V5) return ReasonCode::ProtocolError;
    if (flags != 0) return ReasonCode::MalformedPacket;  // [MQTT-3.15.1-1]
    Reader reader(body);
    if (reader.is_done()) return ReasonCode::Success;
    std::uint8_t code = 0;
    if (!reader.read(code) || !kAuthReasons.has(code)) return ReasonCode::MalformedPacket;
    packet.reason = static_cast<ReasonCode>(code);
    // Reason and property length are left out together or not at all (3.15.2.1).
    ReasonCode reason = read_property_block(reader, PropertyHome::Auth, packet.properties);
    if (reason != ReasonCode::Success) return reason;
    if (!reader.is_done()) return ReasonCode::MalformedPacket;
    // 3.15.2.2.2
    bool has_method = packet.properties.has(PropertyId::AuthenticationMethod);
    return has_method ? ReasonCode::Success : ReasonCode::ProtocolError;
}

}  // namespace martlet::mqtt
