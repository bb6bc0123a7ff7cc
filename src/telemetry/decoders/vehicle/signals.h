#pragma once

// The canonical signals of a vehicle with their units and plausible ranges, the names under which
// people send them, and how a value of such a name enters a reading. Pure functions; any thread.

#include "telemetry/decoders/vehicle/reading.h"

namespace martlet::telemetry::vehicle {

// Where in a reading a signal belongs.
enum class Field : std::uint8_t {
    Measure,  // a series of its own, as the signal says
    Time,
    Latitude,
    Longitude,
    Altitude,
    Heading,
    Uncertainty,
    Speed,
    Odometer,
    Ignition,
    Lamp,
    Codes,
    Text,  // a state in words
    Fact,
    Name,
    Nothing,  // of no use: "type", "id"
};

struct Signal {
    std::string_view metric;
    std::string_view unit;
    double min = 0;
    double max = 0;
    Field field = Field::Measure;
    SeriesKind kind = SeriesKind::Gauge;
};

struct NamedSignal {
    const Signal* signal = nullptr;  // null: not known
    double scale = 1;                // what comes, times this, is in the signal's unit
};

// `path` as it stands in JSON or in a topic with '.' for '/': "speed", "engineSpeed", "gps.lat",
// "obd.COOLANT_TEMP". Case, '_' and '-' do not count; words around it count as a wrapping ("gps",
// "obd") or else make it unknown ("trailer.speed").
NamedSignal find_signal(std::string_view path);
// Whether the word (as folded() has it) is one that people put around signals: "gps", "obd".
bool is_wrapping(std::string_view word);
// The signal of this metric. There is one.
const Signal& signal_of(std::string_view metric);

// Puts a value of this signal into the reading, or its name among the implausible ones. Text may
// end in a unit ("31.1 mph").
// `stated`: the unit that the message says beside it.
void put(const NamedSignal& named, const JsonLeaf& leaf, Reading& reading,
         std::string_view stated = {});
void put_number(const Signal& signal, double number, Reading& reading);

// A value of a name that is not in the table.
void put_unknown(std::string_view path, const JsonLeaf& leaf, Reading& reading,
                 std::string_view stated = {});

}  // namespace martlet::telemetry::vehicle
