#pragma once

// COVESA VSS: paths of the vehicle signal tree ("Vehicle.Speed") and their values. Pure functions;
// any thread.

#include "telemetry/decoders/vehicle/reading.h"

#include <string_view>

namespace martlet::telemetry::vehicle {

// Whether this is a path of the tree, with '.' for '/'.
bool is_vss_path(std::string_view path);

// Puts the value of a path that is one.
void put_vss(std::string_view path, const JsonLeaf& leaf, Reading& reading);

// An answer or a notification of VISSv2: {"data":{"path":...,"dp":{"value":...,"ts":...}}}. False:
// it is none.
bool read_viss(const PayloadJson& json, Reading& reading);

}  // namespace martlet::telemetry::vehicle
