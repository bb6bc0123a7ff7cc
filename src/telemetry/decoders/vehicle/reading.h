#pragma once

// What one payload told of one vehicle, before it becomes samples and positions: the forms (JSON,
// NMEA, OBD, ...) fill it, the decoder empties it. A plain value; any thread.

#include "telemetry/emergency.h"
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
    UnitSource unit_source = UnitSource::Mapped;
};

// A value that speaks of an alarm: one that is on, or (without an event) one that is not.
struct ToldAlarm {
    std::string key;   // whose value it is: "sos", "alarm"
    std::string text;  // for people
    Alarm alarm;
    bool is_passing = false;  // of an event or a state in words, which is not denied later
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
    std::optional<bool> moving;
    std::optional<bool> lamp;  // the malfunction indicator
    // Trouble codes; an empty list says that there are none.
    std::optional<std::vector<std::string>> codes;
    std::vector<Measure> measures;
    std::optional<bool> online;  // by somebody who watches the vehicle
    std::vector<ToldAlarm> alarms;
    std::string id;  // as the payload calls the vehicle; empty: it does not
    std::string name;
    std::vector<std::pair<std::string, std::string>> facts;
    std::vector<Event> events;             // source, and a time of 0, are filled in later
    std::vector<std::string> implausible;  // what was dropped

    bool is_empty() const;
    void add_code(std::string code);
};

// Takes the alarm that a value of this key or path tells, or denies, into the reading.
void put_alarm(std::string_view path, const JsonLeaf& leaf, Reading& reading);

inline constexpr std::size_t kAlarmsMax = 16;
inline constexpr std::size_t kCodesMax = 64;
inline constexpr std::size_t kMeasuresMax = 256;

// What a form made of a payload: read, or why not, in a few words.
using Problem = std::string_view;

// "true", "on", "1" and their opposites. False: neither.
bool as_boolean(const JsonLeaf& leaf, bool& value);

}  // namespace martlet::telemetry::vehicle
