#pragma once

// The JSON of OwnTracks, told apart by its `_type`. Pure functions; any thread.

#include "telemetry/decoder.h"
#include "telemetry/decoders/vehicle/reading.h"

#include <optional>

namespace martlet::telemetry::vehicle {

// What an OwnTracks message is, beyond the reading.
struct OwnTracks {
    Verdict verdict = Verdict::Read;
    Problem problem;
    std::optional<bool> online;  // lwt: offline; a location: online
};

OwnTracks read_owntracks(const PayloadJson& json, Reading& reading);

}  // namespace martlet::telemetry::vehicle
