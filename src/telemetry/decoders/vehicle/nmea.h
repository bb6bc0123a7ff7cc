#pragma once

// Lines of NMEA 0183 as satellite receivers write them: RMC and GGA of any system. Pure functions;
// any thread.

#include "telemetry/decoders/vehicle/reading.h"

#include <string_view>

namespace martlet::telemetry::vehicle {

bool looks_like_nmea(std::string_view text);

// One position of all lines. A line with a wrong checksum is a problem; a line without one is
// taken; other sentences are passed over.
Problem read_nmea(std::string_view text, Reading& reading);

}  // namespace martlet::telemetry::vehicle
