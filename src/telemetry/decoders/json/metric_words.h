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

// `name` is a topic or a dotted path, of which only the last key is judged: "outdoorTemp_f",
// "ENERGY.Power". What stands above is about something else: the unit rate below "energy" is no
// energy.
MetricWords metric_words(std::string_view name);

// The same for a key that has dots or slashes of its own: "battery.charge.low".
MetricWords metric_words_of_key(std::string_view key);

// The name as a metric: letters, digits, '_', '.' and '/'; all else becomes '_'.
std::string metric_name(std::string_view name);
// True: metric_name() leaves it as it is.
bool is_metric_name(std::string_view name);

// "online", "OFF", "true" and the like as a state: 1 and 0 where the word means just that, else the
// word in small letters. False: no such word.
bool state_word(std::string_view text, Value& value);

}  // namespace martlet::telemetry
