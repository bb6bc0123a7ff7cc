#include "cli/demo/mesh_packets.h"

#include "base/text.h"
#include "telemetry/decoders/meshtastic/cipher.h"
#include "telemetry/decoders/meshtastic/keyring.h"

#include <cmath>
#include <cstring>
#include <telemetry/proto/meshtastic.pb.h>
#include <vector>

namespace martlet::cli::demo {

namespace {

namespace wire = telemetry::meshtastic::wire;

constexpr std::uint32_t kHopsMax = 3;
constexpr std::uint32_t kMayTravel = 1;  // the sender agrees to MQTT

struct Channel {
    std::string key;
    std::uint32_t hash = 0;
};

// The key that a channel has when nobody chose one.
const Channel& default_channel() {
    static const Channel channel = [] {
        Channel made;
        for (std::uint32_t hash = 0; hash < 256 && made.key.empty(); hash++) {
            std::vector<const telemetry::meshtastic::ChannelKey*> keys;
            telemetry::meshtastic::Keyring keyring;
            keyring.candidates(kMeshChannel, hash, keys);
            if (!keys.empty()) made = {keys.front()->key, hash};
        }
        return made;
    }();
    return channel;
}

std::string data_of(const MeshSaying& saying) {
    wire::Data data;
    data.set_portnum(saying.port);
    data.set_payload(saying.payload);
    if (saying.request_id != 0) data.set_request_id(saying.request_id);
    data.set_bitfield(kMayTravel);
    return data.SerializeAsString();
}

void put_head(const MeshSaying& saying, const MeshHearing& hearing, wire::MeshPacket& packet) {
    packet.set_from(saying.from);
    packet.set_to(saying.to);
    packet.set_id(saying.id);
    packet.set_rx_time(hearing.time_s);
    packet.set_hop_start(kHopsMax);
    packet.set_hop_limit(kHopsMax - hearing.hops);
    if (!hearing.signal) return;
    packet.set_rx_snr(hearing.signal->snr_db);
    packet.set_rx_rssi(hearing.signal->rssi_dbm);
}

std::int32_t in_1e7(double degrees) {
    return static_cast<std::int32_t>(std::llround(degrees * 1e7));
}

// Field by field, since the readers' own schema keeps these messages as bytes.
void put_varint(std::string& out, std::uint32_t value) {
    for (; value >= 0x80; value >>= 7) out += static_cast<char>(value | 0x80);
    out += static_cast<char>(value);
}

void put_number(std::string& out, std::uint32_t field, std::uint32_t value) {
    put_varint(out, field << 3);
    put_varint(out, value);
}

void put_float(std::string& out, std::uint32_t field, float value) {
    std::uint32_t bits = 0;
    static_assert(sizeof bits == sizeof value);
    std::memcpy(&bits, &value, sizeof bits);
    put_varint(out, field << 3 | 5);
    for (unsigned i = 0; i < 4; i++) out += static_cast<char>(bits >> (8 * i));
}

}  // namespace

std::string node_name(std::uint32_t node) {
    return fmt::format("!{:08x}", node);
}

std::string mesh_envelope(const MeshSaying& saying, const MeshHearing& hearing) {
    const Channel& channel = default_channel();
    std::string encrypted;
    if (!telemetry::meshtastic::apply_cipher(channel.key, saying.from, saying.id, data_of(saying),
                                             encrypted)) {
        return {};
    }
    wire::ServiceEnvelope envelope;
    envelope.set_channel_id(std::string(kMeshChannel));
    envelope.set_gateway_id(node_name(hearing.gateway));
    put_head(saying, hearing, *envelope.mutable_packet());
    envelope.mutable_packet()->set_channel(channel.hash);
    envelope.mutable_packet()->set_encrypted(encrypted);
    return envelope.SerializeAsString();
}

std::string map_envelope(const MeshSaying& saying, const MeshHearing& hearing) {
    wire::ServiceEnvelope envelope;
    envelope.set_channel_id(std::string(kMeshChannel));
    envelope.set_gateway_id(node_name(hearing.gateway));
    wire::MeshPacket& packet = *envelope.mutable_packet();
    packet.set_from(saying.from);
    packet.set_to(saying.to);
    packet.set_decoded(data_of(saying));
    return envelope.SerializeAsString();
}

std::string user_payload(const MeshNode& node, std::uint32_t number) {
    wire::User user;
    user.set_id(node_name(number));
    user.set_long_name(std::string(node.long_name));
    user.set_short_name(std::string(node.short_name));
    user.set_hw_model(node.hardware);
    user.set_role(role_of(node.work));
    return user.SerializeAsString();
}

std::string position_payload(const MeshPlace& place) {
    wire::Position position;
    position.set_latitude_i(in_1e7(place.latitude));
    position.set_longitude_i(in_1e7(place.longitude));
    position.set_altitude(place.altitude_m);
    position.set_time(place.time_s);
    position.set_location_source(2);
    if (place.speed_kmh > 0) {
        position.set_ground_speed(static_cast<std::uint32_t>(place.speed_kmh));
    }
    position.set_sats_in_view(9);
    position.set_precision_bits(32);
    return position.SerializeAsString();
}

std::string map_payload(const MeshNode& node, std::uint32_t nodes_online) {
    constexpr std::uint32_t kEu868 = 3, kPrecision = 16;
    wire::MapReport report;
    report.set_long_name(std::string(node.long_name));
    report.set_short_name(std::string(node.short_name));
    report.set_role(role_of(node.work));
    report.set_hw_model(node.hardware);
    report.set_firmware_version("2.6.11.demo");
    report.set_region(kEu868);
    report.set_modem_preset(0);
    report.set_has_default_channel(true);
    report.set_latitude_i(in_1e7(node.latitude));
    report.set_longitude_i(in_1e7(node.longitude));
    report.set_altitude(node.altitude_m);
    report.set_position_precision(kPrecision);
    report.set_num_online_local_nodes(nodes_online);
    report.set_has_opted_report_location(true);
    return report.SerializeAsString();
}

std::string device_payload(std::uint32_t time_s, const DeviceState& state) {
    std::string device;
    put_number(device, 1, state.battery);
    put_float(device, 2, state.voltage);
    put_float(device, 3, state.channel_utilization);
    put_float(device, 4, state.air_util_tx);
    put_number(device, 5, state.uptime_s);
    wire::Telemetry told;
    told.set_time(time_s);
    told.set_device(device);
    return told.SerializeAsString();
}

std::string environment_payload(std::uint32_t time_s, const Surroundings& around) {
    std::string environment;
    put_float(environment, 1, around.temperature_c);
    put_float(environment, 2, around.humidity);
    put_float(environment, 3, around.pressure_hpa);
    put_float(environment, 9, around.lux);
    wire::Telemetry told;
    told.set_time(time_s);
    told.set_environment(environment);
    return told.SerializeAsString();
}

std::string neighbors_payload(std::uint32_t node, std::span<const MeshNeighbor> neighbors) {
    wire::NeighborInfo info;
    info.set_node_id(node);
    info.set_last_sent_by_id(node);
    info.set_node_broadcast_interval_secs(1800);
    for (const MeshNeighbor& one : neighbors) {
        wire::Neighbor& neighbor = *info.add_neighbors();
        neighbor.set_node_id(one.node);
        neighbor.set_snr(one.snr_db);
    }
    return info.SerializeAsString();
}

std::string route_payload(std::span<const MeshNeighbor> hops, float last_snr_db) {
    auto quarters = [](float snr_db) { return static_cast<std::int32_t>(std::lround(snr_db * 4)); };
    wire::RouteDiscovery route;
    for (const MeshNeighbor& hop : hops) {
        route.add_route(hop.node);
        route.add_snr_towards(quarters(hop.snr_db));
    }
    route.add_snr_towards(quarters(last_snr_db));
    return route.SerializeAsString();
}

}  // namespace martlet::cli::demo
