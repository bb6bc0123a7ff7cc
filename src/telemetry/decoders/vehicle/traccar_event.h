#pragma once

// The events that Traccar's server forwards beside a position and a device. Pure functions; any
// thread.

#include "telemetry/decoders/vehicle/json_block.h"
#include "telemetry/decoders/vehicle/reading.h"

namespace martlet::telemetry::vehicle {

// Puts what `event` of this block tells into the reading, and the alarms of `position`: several are
// joined by a comma, and the worst decides.
void put_traccar_event(const JsonBlock& block, Reading& reading);

}  // namespace martlet::telemetry::vehicle
