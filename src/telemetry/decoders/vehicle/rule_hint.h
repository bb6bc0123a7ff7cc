#pragma once

// Whether a message that no rule knows looks like a vehicle's, and the line of configuration that
// makes it one. Pure function; any thread.

#include "telemetry/payload_json.h"

#include <string>
#include <string_view>
#include <vector>

namespace martlet::telemetry::vehicle {

// "telemetry_rule car1/# vehicle" for {"speed":70,"rpm":1900} on car1/data, for 1900 on car1/RPM,
// for "SOS" on emergency/car1; empty: it looks like no vehicle, which costs no allocation. Ships
// and aircraft are none.
std::string vehicle_rule_hint(std::string_view topic, const std::vector<JsonLeaf>& leaves);

}  // namespace martlet::telemetry::vehicle
