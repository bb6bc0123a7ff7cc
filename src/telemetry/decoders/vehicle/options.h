#pragma once

// What the configuration may say to the vehicle decoder. Read once; any thread.

#include "telemetry/decoder.h"
#include "telemetry/decoders/vehicle/address.h"
#include "telemetry/decoders/vehicle/journey.h"

#include <string>

namespace martlet::telemetry::vehicle {

struct VehicleOptions {
    AddressRules address;  // vehicle NAME, vehicle_level N
    JourneyRules journey;  // speed_limit KMH, harsh MS2, geofence NAME LAT LON RADIUS_M,
                           // geofence NAME LAT,LON LAT,LON LAT,LON ...
};

// False: `problem` says what is wrong.
bool read_options(const DecoderOptions& options, VehicleOptions& read, std::string& problem);

}  // namespace martlet::telemetry::vehicle
