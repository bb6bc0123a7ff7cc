#pragma once

// The JSON of Traccar: what its server forwards and what its phone app sends. Pure functions; any
// thread.

#include "telemetry/decoders/vehicle/reading.h"

#include <string>

namespace martlet::telemetry::vehicle {

bool looks_like_traccar(const PayloadJson& json);

// `id` is what the payload calls the vehicle, empty if it does not.
void read_traccar(const PayloadJson& json, Reading& reading, std::string& id);

}  // namespace martlet::telemetry::vehicle
