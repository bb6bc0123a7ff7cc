#pragma once

// Numbers with a unit in words, as hobby bridges send them: "50.0 kph", "180 degF". Pure functions;
// any thread.

#include "telemetry/payload_json.h"

#include <string_view>

namespace martlet::telemetry::vehicle {

inline constexpr double kKmhInKnot = 1.852;
inline constexpr double kKmhInMs = 3.6;
inline constexpr double kKmhInMph = 1.609344;

// The product without the last digits, which are noise: 25 knots are 46.3 km/h.
double scaled(double number, double factor);

// The number of a leaf in `unit`. A unit in words that is not known is taken to be the right one.
// False: no number.
bool as_quantity(const JsonLeaf& leaf, std::string_view unit, double& number);

}  // namespace martlet::telemetry::vehicle
