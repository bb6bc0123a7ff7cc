#pragma once

// The bytes of Meshtastic's messages: what a node says, encrypted with the key that every mesh
// begins with, in the envelope that a gateway puts around it. Any thread.

#include "cli/demo/mesh_nodes.h"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace martlet::cli::demo {

inline constexpr std::string_view kMeshChannel = "LongFast";
inline constexpr std::uint32_t kEverybody = 0xffffffff;

// What one node says to another, or to everybody.
struct MeshSaying {
    std::uint32_t port = 0;
    std::string payload;
    std::uint32_t from = 0;
    std::uint32_t to = kEverybody;
    std::uint32_t id = 0;
    std::uint32_t request_id = 0;
};

// How a gateway heard it; without a signal: it is the gateway's own.
struct MeshHearing {
    std::uint32_t gateway = 0;
    std::uint32_t time_s = 0;
    struct Signal {
        float snr_db = 0;
        std::int32_t rssi_dbm = 0;
    };
    std::optional<Signal> signal;
    std::uint32_t hops = 0;
};

// "!de300001"
std::string node_name(std::uint32_t node);

// A ServiceEnvelope with the packet encrypted; empty: no cipher.
std::string mesh_envelope(const MeshSaying& saying, const MeshHearing& hearing);
// A map report comes in the clear.
std::string map_envelope(const MeshSaying& saying, const MeshHearing& hearing);

std::string user_payload(const MeshNode& node, std::uint32_t number);

struct MeshPlace {
    double latitude = 0;
    double longitude = 0;
    int altitude_m = 0;
    double speed_kmh = 0;
    std::uint32_t time_s = 0;
};
std::string position_payload(const MeshPlace& place);
std::string map_payload(const MeshNode& node, std::uint32_t nodes_online);

struct DeviceState {
    std::uint32_t battery = 0;  // above 100: powered
    float voltage = 0;
    float channel_utilization = 0;
    float air_util_tx = 0;
    std::uint32_t uptime_s = 0;
};
std::string device_payload(std::uint32_t time_s, const DeviceState& state);

struct Surroundings {
    float temperature_c = 0;
    float humidity = 0;
    float pressure_hpa = 0;
    float lux = 0;
};
std::string environment_payload(std::uint32_t time_s, const Surroundings& around);

struct MeshNeighbor {
    std::uint32_t node = 0;
    float snr_db = 0;
};
std::string neighbors_payload(std::uint32_t node, std::span<const MeshNeighbor> neighbors);
// The answer of a traced node: the hops between, and the signal at each.
std::string route_payload(std::span<const MeshNeighbor> hops, float last_snr_db);

}  // namespace martlet::cli::demo
