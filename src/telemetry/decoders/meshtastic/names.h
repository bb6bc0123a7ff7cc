#pragma once

// The numbers of Meshtastic's enumerations as the words that its users know. A number that is newer
// than the tables becomes "HW #200". Any thread.

#include <cstdint>
#include <string>
#include <string_view>

namespace martlet::telemetry::meshtastic {

// "NODEINFO_APP"; empty: there is no such port.
std::string_view port_name(std::uint32_t port);
// What a JSON message calls `type`; 0: unknown.
std::uint32_t port_of_json_type(std::string_view type);

std::string role_name(std::uint32_t role);
std::string hardware_name(std::uint32_t model);
std::string region_name(std::uint32_t region);
std::string preset_name(std::uint32_t preset);
// "NO_ROUTE"; "OTHER" for those that are not known.
std::string_view routing_error_name(std::uint32_t error);

}  // namespace martlet::telemetry::meshtastic
