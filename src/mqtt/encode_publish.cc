// PUBLISH (3.3) and its acknowledgements (3.4 to 3.7): the message path.

#include "mqtt/frame_writer.h"
#include "mqtt/packets.h"
#include "mqtt/wire.h"

namespace martlet::mqtt {

namespace {

std::size_t body_size(const Publish& packet, Version version) {
    std::size_t id_size = packet.qos == Qos::AtMostOnce ? 0 : 2;
    return 2 + packet.topic.size() + id_size + block_size(packet.properties, version) +
           packet.payload.size();
}

std::size_t body_size(const Ack& packet, Version version) {
    if (version != Version::V5) return 2;
    if (has_properties(packet.properties)) return 3 + properties_size(packet.properties);
    return packet.reason == ReasonCode::Success ? 2 : 3;
}

}  // namespace

std::size_t encoded_size(const Publish& packet, Version version) {
    return framed_size(body_size(packet, version));
}

std::uint8_t* encode(const Publish& packet, Version version, std::uint8_t* out) {
    unsigned flags =
        (packet.dup ? 8u : 0u) | static_cast<unsigned>(packet.qos) << 1 | (packet.retain ? 1u : 0u);
    out = put_head(PacketType::Publish, static_cast<std::uint8_t>(flags),
                   body_size(packet, version), out);
    out = put(packet.topic, out);
    if (packet.qos != Qos::AtMostOnce) out = put(packet.packet_id, out);
    out = put_block(packet.properties, version, PropertyHome::Publish, out);
    return put_raw(packet.payload, out);
}

std::size_t encoded_size(const Ack& packet, Version version) {
    return framed_size(body_size(packet, version));
}

std::uint8_t* encode(PacketType type, const Ack& packet, Version version, std::uint8_t* out) {
    std::size_t size = body_size(packet, version);
    out = put_head(type, type == PacketType::Pubrel ? 2 : 0, size, out);
    out = put(packet.packet_id, out);
    if (size > 2) out = put(static_cast<std::uint8_t>(packet.reason), out);
    if (size > 3) out = put_block(packet.properties, version, static_cast<PropertyHome>(type), out);
    return out;
}

}  // namespace martlet::mqtt
