// SUBSCRIBE, UNSUBSCRIBE and their answers (3.8 to 3.11).

#include "mqtt/frame_writer.h"
#include "mqtt/packets.h"
#include "mqtt/wire.h"

namespace martlet::mqtt {

namespace {

// Of the three packets that are an id, properties and a list.
std::size_t body_size(const Properties& properties, ByteView list, Version version) {
    return 2 + block_size(properties, version) + list.size();
}

std::uint8_t* put_request(PacketType type, std::uint16_t packet_id, const Properties& properties,
                          ByteView filters, Version version, std::uint8_t* out) {
    // [MQTT-3.8.1-1] [MQTT-3.10.1-1]
    out = put_head(type, 2, body_size(properties, filters, version), out);
    out = put(packet_id, out);
    out = put_block(properties, version, static_cast<PropertyHome>(type), out);
    return put_raw(filters, out);
}

}  // namespace

std::size_t encoded_size(const Subscribe& packet, Version version) {
    return framed_size(body_size(packet.properties, packet.filters, version));
}

std::uint8_t* encode(const Subscribe& packet, Version version, std::uint8_t* out) {
    return put_request(PacketType::Subscribe, packet.packet_id, packet.properties, packet.filters,
                       version, out);
}

std::size_t encoded_size(const Unsubscribe& packet, Version version) {
    return framed_size(body_size(packet.properties, packet.filters, version));
}

std::uint8_t* encode(const Unsubscribe& packet, Version version, std::uint8_t* out) {
    return put_request(PacketType::Unsubscribe, packet.packet_id, packet.properties, packet.filters,
                       version, out);
}

std::size_t encoded_size(const Suback& packet, Version version) {
    return framed_size(body_size(packet.properties, packet.codes, version));
}

std::uint8_t* encode(PacketType type, const Suback& packet, Version version, std::uint8_t* out) {
    out = put_head(type, 0, body_size(packet.properties, packet.codes, version), out);
    out = put(packet.packet_id, out);
    out = put_block(packet.properties, version, static_cast<PropertyHome>(type), out);
    return put_raw(packet.codes, out);
}

std::size_t encoded_size(const Subscription& subscription) {
    return 2 + subscription.filter.size() + 1;
}

std::uint8_t* encode(const Subscription& subscription, Version version, std::uint8_t* out) {
    out = put(subscription.filter, out);
    unsigned options = static_cast<unsigned>(subscription.qos);
    if (version == Version::V5) {
        if (subscription.no_local) options |= 0x04;
        if (subscription.retain_as_published) options |= 0x08;
        options |= unsigned{subscription.retain_handling} << 4;
    }
    return put(static_cast<std::uint8_t>(options), out);
}

std::size_t encoded_filter_size(std::string_view filter) {
    return 2 + filter.size();
}

std::uint8_t* encode_filter(std::string_view filter, std::uint8_t* out) {
    return put(filter, out);
}

}  // namespace martlet::mqtt
