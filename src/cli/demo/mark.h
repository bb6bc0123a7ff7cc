#pragma once

// What marks the demo, so that it can be told from real devices and removed again: a rule for the
// names of sources and topics, and what the simulators make those names of. Any thread.

#include <cstdint>
#include <string>
#include <string_view>

namespace martlet::cli::demo {

inline constexpr std::string_view kClientPrefix = "martlet-demo-";
// LOWI's serial: "demo" and 12 hexadecimal digits.
inline constexpr std::string_view kHouseSerial = "demo5ec0ffee1801";
// Meshtastic's node ids 0xde300000 to 0xde30ffff.
inline constexpr std::uint32_t kMeshNodes = 0xde300000;
inline constexpr std::string_view kMeshRoot = "msh/EU_868/demo";
// Busroot's account.
inline constexpr std::string_view kPlantAccount = "demo";
// All other topics: "demo/...", and vehicles whose id begins with "demo-".
inline constexpr std::string_view kVehiclePrefix = "demo-";

// `kind` and `id` as telemetry has them.
bool is_demo_source(std::string_view kind, std::string_view id);
bool is_demo_topic(std::string_view topic);

}  // namespace martlet::cli::demo
