#pragma once

// The unit that is assumed from a name which tells none: "temperature" is in °C as nearly all
// sensors are, "energy" is in nothing, since Wh and kWh are as common as each other. A wrong unit
// is worse than none: where public names of a kind differ, there is none. Pure; any thread.

#include "telemetry/decoders/json/name_words.h"

#include <string_view>

namespace martlet::telemetry {

struct NameUnit {
    std::string_view unit;  // empty: not known
    bool is_said = false;   // by letters of the name, rather than by its quantity
};

NameUnit unit_in_name(const NameWords& words);

}  // namespace martlet::telemetry
