#pragma once

// Numbers with a unit in words, as hobby bridges send them: "50.0 kph", "180 degF". Pure functions;
// any thread.

#include "telemetry/payload_json.h"

#include <optional>
#include <string_view>

namespace martlet::telemetry::vehicle {

inline constexpr double kKmhInKnot = 1.852;
inline constexpr double kKmhInMs = 3.6;
inline constexpr double kKmhInMph = 1.609344;

// The product without the last digits, which are noise: 25 knots are 46.3 km/h.
double scaled(double number, double factor);

struct Measured {
    double number = 0;
    bool has_unit = false;  // said so in words
};

// The number of a leaf in `unit`. Nothing: no number, or in a unit that does not become this one: a
// value of a wrong unit is worse than none.
// `stated`: the unit that the message says beside it; empty: none.
std::optional<Measured> as_quantity(const JsonLeaf& leaf, std::string_view unit,
                                    std::string_view stated = {});

// Whether values in `word` ("mph", "imperial") become values in `unit`.
bool is_unit_for(std::string_view word, std::string_view unit);

}  // namespace martlet::telemetry::vehicle
