// CONNECT (3.1) and its answer CONNACK (3.2).

#include "mqtt/frame_writer.h"
#include "mqtt/packets.h"
#include "mqtt/wire.h"

namespace martlet::mqtt {

namespace {

std::string_view protocol_name(Version version) {
    return version == Version::V31 ? "MQIsdp" : "MQTT";
}

std::size_t body_size(const Connect& packet) {
    std::size_t size = 2 + protocol_name(packet.version).size() + 4;  // level, flags, keep alive
    size += block_size(packet.properties, packet.version);
    size += 2 + packet.client_id.size();
    if (packet.has_will) {
        size += block_size(packet.will_properties, packet.version);
        size += 2 + packet.will_topic.size() + 2 + packet.will_payload.size();
    }
    if (packet.has_user_name) size += 2 + packet.user_name.size();
    if (packet.has_password) size += 2 + packet.password.size();
    return size;
}

std::uint8_t connect_flags(const Connect& packet) {
    unsigned flags = 0;
    if (packet.clean_start) flags |= 0x02;
    if (packet.has_will) flags |= 0x04 | static_cast<unsigned>(packet.will_qos) << 3;
    if (packet.has_will && packet.will_retain) flags |= 0x20;
    if (packet.has_password) flags |= 0x40;
    if (packet.has_user_name) flags |= 0x80;
    return static_cast<std::uint8_t>(flags);
}

std::uint8_t protocol_level(const Connect& packet) {
    bool has_bit = packet.is_bridge && packet.version != Version::V5;
    return static_cast<std::uint8_t>(static_cast<unsigned>(packet.version) | (has_bit ? 128 : 0));
}

std::size_t body_size(const Connack& packet, Version version) {
    return 2 + block_size(packet.properties, version);
}

}  // namespace

std::size_t encoded_size(const Connect& packet) {
    return framed_size(body_size(packet));
}

std::uint8_t* encode(const Connect& packet, std::uint8_t* out) {
    out = put_head(PacketType::Connect, 0, body_size(packet), out);
    out = put(protocol_name(packet.version), out);
    out = put(protocol_level(packet), out);
    out = put(connect_flags(packet), out);
    out = put(packet.keep_alive, out);
    out = put_block(packet.properties, packet.version, PropertyHome::Connect, out);
    out = put(packet.client_id, out);
    if (packet.has_will) {
        out = put_block(packet.will_properties, packet.version, PropertyHome::Will, out);
        out = put(packet.will_topic, out);
        out = put(packet.will_payload, out);
    }
    if (packet.has_user_name) out = put(packet.user_name, out);
    if (packet.has_password) out = put(packet.password, out);
    return out;
}

std::size_t encoded_size(const Connack& packet, Version version) {
    return framed_size(body_size(packet, version));
}

std::uint8_t* encode(const Connack& packet, Version version, std::uint8_t* out) {
    out = put_head(PacketType::Connack, 0, body_size(packet, version), out);
    out = put(std::uint8_t{packet.session_present}, out);
    bool is_v5 = version == Version::V5;
    out = put(is_v5 ? static_cast<std::uint8_t>(packet.reason) : connack_return_code(packet.reason),
              out);
    return put_block(packet.properties, version, PropertyHome::Connack, out);
}

}  // namespace martlet::mqtt
