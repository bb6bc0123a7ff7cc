#pragma once

// What the name of a value tells about it: its unit, whether it counts, whether it is a name in
// digits rather than a value. Words only, never the value: the same name is always the same. Pure
// functions; any thread.

#include "telemetry/words.h"

#include <string>
#include <string_view>

namespace martlet::telemetry {

struct MetricWords {
    std::string_view unit;      // empty: not known
    bool is_unit_said = false;  // by name ("pressure_hpa"), rather than by a quantity ("pressure")
    SeriesKind kind = SeriesKind::Gauge;
    // A serial number, an address, a version: text in digits that is no value.
    bool is_identity = false;
};

// `name` is a topic level or a dotted path: "temperature", "outdoorTemp_f", "ENERGY.Total".
MetricWords metric_words(std::string_view name);

// The name as a metric: letters, digits, '_', '.' and '/'; all else becomes '_'.
std::string metric_name(std::string_view name);

// "online", "OFF", "true" and the like as a state: 1 and 0 where the word means just that, else the
// word in small letters. False: no such word.
bool state_word(std::string_view text, Value& value);

}  // namespace martlet::telemetry
