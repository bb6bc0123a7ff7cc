#pragma once

// Generic JSON of a vehicle: an object with nested ones, GeoJSON, dotted VSS paths, or an array of
// such objects. Pure functions; any thread.

#include "telemetry/decoders/vehicle/reading.h"

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace martlet::telemetry::vehicle {

// One reading for each object of the document. `signal`: what the topic says that this is
// ("engine.rpm"), empty: everything.
void read_object(const PayloadJson& json, std::string_view signal, Time received,
                 std::vector<Reading>& readings);

// One value whose path is known: by VSS, by the table of signals, or kept as it is.
// `stated`: the unit that stands beside it.
void put_value(std::string_view path, const JsonLeaf& leaf, Reading& reading,
               std::string_view stated = {});

}  // namespace martlet::telemetry::vehicle
