#pragma once

// What Traccar's server forwards (positions, and events beside them) and what its app sends. Pure
// functions; any thread.

#include "telemetry/decoders/vehicle/reading.h"

#include <string_view>
#include <vector>

namespace martlet::telemetry::vehicle {

// Whether it is worth to read it as JSON: quick.
bool may_be_traccar(std::string_view payload);

// Whether somewhere in the document is an object with Traccar's `position`, `event` or `device`.
bool looks_like_traccar(const PayloadJson& json);

// One reading for each such object, with the vehicle's name in Reading::id; empty: the message does
// not tell it. Needs looks_like_traccar().
void read_traccar(const PayloadJson& json, Time received, std::vector<Reading>& readings);

}  // namespace martlet::telemetry::vehicle
