#pragma once

// The unit that a name says in so many letters: "rain_mm", "total_kwh_import", "tempF",
// "rainRate_cm_per_hour". Pure; any thread.

#include "telemetry/decoders/json/name_words.h"

#include <string_view>

namespace martlet::telemetry {

// The unit whose last word is the one at `index`, else "". `is_apart`: words of unknown meaning
// stand after it, so that only letters count that can be nothing but a unit.
std::string_view told_unit(const NameWords& words, std::size_t index, bool is_apart);

}  // namespace martlet::telemetry
