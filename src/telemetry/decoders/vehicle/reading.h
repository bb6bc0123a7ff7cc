#pragma once

// What one payload told of one vehicle, before it becomes samples and positions: the forms (JSON,
// NMEA, OBD, ...) fill it, the decoder empties it. A plain value; any thread.

#include "telemetry/payload_json.h"
#include "telemetry/words.h"

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace martlet::telemetry::vehicle {

struct Measure {
    std::string metric;
    std::string unit;
    SeriesKind kind = SeriesKind::Gauge;
    Value value;
};

struct Reading {
    explicit Reading(Time received_at) : received(received_at) {}

    Time received;
    std::optional<Time> time;  // the vehicle's own
    std::optional<double> latitude;
    std::optional<double> longitude;
    std::optional<double> altitude_m;
    std::optional<double> heading_deg;
    std::optional<double> uncertainty_m;
    std::optional<double> speed_kmh;
    std::optional<double> odometer_km;
    std::optional<bool> ignition;
    std::optional<bool> lamp;  // the malfunction indicator
    // Trouble codes; an empty list says that there are none.
    std::optional<std::vector<std::string>> codes;
    std::vector<Measure> measures;
    std::string name;
    std::vector<std::pair<std::string, std::string>> facts;
    std::vector<Event> events;             // source and time are filled in later
    std::vector<std::string> implausible;  // what was dropped

    bool is_empty() const;
    void add_code(std::string code);
};

inline constexpr std::size_t kCodesMax = 64;
inline constexpr std::size_t kMeasuresMax = 256;

// What a form made of a payload: read, or why not, in a few words.
using Problem = std::string_view;

// "true", "on", "1" and their opposites. False: neither.
bool as_boolean(const JsonLeaf& leaf, bool& value);

}  // namespace martlet::telemetry::vehicle
