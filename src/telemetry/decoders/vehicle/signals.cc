#include "telemetry/decoders/vehicle/signals.h"

#include "base/check.h"
#include "base/hash_map.h"
#include "telemetry/decoders/json/metric_words.h"
#include "telemetry/decoders/plain_text.h"
#include "telemetry/decoders/vehicle/obd.h"
#include "telemetry/decoders/vehicle/quantity.h"
#include "telemetry/decoders/vehicle/words.h"
#include "telemetry/payload_time.h"

#include <algorithm>
#include <array>
#include <limits>

namespace martlet::telemetry::vehicle {

namespace {

constexpr double kAny = std::numeric_limits<double>::max();
constexpr std::size_t kWordsBytesMax = 64;
constexpr std::size_t kUnitBytesMax = 16;

constexpr std::array kSignals = {
    Signal{"ts", "", 0, 0, Field::Time},
    Signal{"lat", "°", -90, 90, Field::Latitude},
    Signal{"lon", "°", -180, 180, Field::Longitude},
    Signal{"alt", "m", -500, 9000, Field::Altitude},
    Signal{"speed", "km/h", 0, 400, Field::Speed},
    Signal{"heading", "°", 0, 360, Field::Heading},
    Signal{"acc", "m", 0, kAny, Field::Uncertainty},
    Signal{"hdop", "", 0, 100},
    Signal{"satellites", "", 0, 200},
    Signal{"rpm", "1/min", 0, 16000},
    Signal{"coolant", "°C", -40, 215},
    Signal{"load", "%", 0, 100},
    Signal{"throttle", "%", 0, 100},
    Signal{"fuel", "%", 0, 100},
    Signal{"battery", "V", 0, 60},
    Signal{"soc", "%", 0, 100},
    Signal{"odometer", "km", 0, kAny, Field::Odometer},
    Signal{"ignition", "", 0, 1, Field::Ignition},
    Signal{"mil", "", 0, 1, Field::Lamp},
    Signal{"dtc", "", 0, 0, Field::Codes},
    Signal{"dtc_count", "", 0, 127, Field::Measure, SeriesKind::State},
    Signal{"manifold_pressure", "kPa", 0, 255},
    Signal{"timing_advance", "°", -64, 63.5},
    Signal{"intake_temperature", "°C", -40, 215},
    Signal{"air_flow", "g/s", 0, 656},
    Signal{"run_time", "s", 0, 65535},
    Signal{"distance_since_clear", "km", 0, 65535},
    Signal{"ambient_temperature", "°C", -60, 215},
    Signal{"oil_temperature", "°C", -40, 215},
    Signal{"fuel_rate", "L/h", 0, 3277},
    Signal{"fuel_consumption", "L/100 km", 0, 1000},
    Signal{"pressure", "kPa", 0, 200},
    Signal{"device_battery", "%", 0, 100},
    Signal{"device_voltage", "V", 0, 60},
    Signal{"moving", "", 0, 1, Field::Measure, SeriesKind::State},
    Signal{"driver", "", 0, 0, Field::Text, SeriesKind::State},
    Signal{"trip", "", 0, 0, Field::Text, SeriesKind::State},
    Signal{"vin", "", 0, 0, Field::Fact},
    Signal{"imei", "", 0, 0, Field::Fact},
    Signal{"group", "", 0, 0, Field::Fact},
    Signal{"vehicle_type", "", 0, 0, Field::Fact},
    Signal{"name", "", 0, 0, Field::Name},
    Signal{"id", "", 0, 0, Field::Nothing},
};

struct Alias {
    std::string_view name;  // as folded() has it
    std::string_view metric;
    double scale = 1;
};

constexpr std::array kAliases = {
    Alias{"timestamp", "ts"},
    Alias{"time", "ts"},
    Alias{"tst", "ts"},
    Alias{"t", "ts"},
    Alias{"utc", "ts"},
    Alias{"fixtime", "ts"},
    Alias{"latitude", "lat"},
    Alias{"lng", "lon"},
    Alias{"long", "lon"},
    Alias{"longitude", "lon"},
    Alias{"altitude", "alt"},
    Alias{"ele", "alt"},
    Alias{"elevation", "alt"},
    Alias{"vel", "speed"},
    Alias{"velocity", "speed"},
    Alias{"speedkmh", "speed"},
    Alias{"speedkph", "speed"},
    Alias{"vehiclespeed", "speed"},
    Alias{"kmh", "speed"},
    Alias{"kph", "speed"},
    Alias{"gpsspeed", "speed"},
    Alias{"groundspeed", "speed"},
    Alias{"mph", "speed", kKmhInMph},
    Alias{"speedmps", "speed", kKmhInMs},
    Alias{"speedkts", "speed", kKmhInKnot},
    Alias{"speedmph", "speed", kKmhInMph},
    Alias{"speedms", "speed", kKmhInMs},
    Alias{"speedkn", "speed", kKmhInKnot},
    Alias{"speedknots", "speed", kKmhInKnot},
    Alias{"course", "heading"},
    Alias{"bearing", "heading"},
    Alias{"cog", "heading"},
    Alias{"direction", "heading"},
    Alias{"accuracy", "acc"},
    Alias{"accuracym", "acc"},
    Alias{"accuracymeters", "acc"},
    Alias{"accm", "acc"},
    Alias{"gpsaccuracy", "acc"},
    Alias{"gpsacc", "acc"},
    Alias{"hacc", "acc"},
    Alias{"haccuracy", "acc"},
    Alias{"horizontalaccuracy", "acc"},
    Alias{"positionaccuracy", "acc"},
    Alias{"locationaccuracy", "acc"},
    Alias{"uncertainty", "acc"},
    Alias{"uncertaintym", "acc"},
    Alias{"horizontaluncertainty", "acc"},
    Alias{"positionuncertainty", "acc"},
    Alias{"sat", "satellites"},
    Alias{"sats", "satellites"},
    Alias{"enginerpm", "rpm"},
    Alias{"enginespeed", "rpm"},
    Alias{"engine.speed", "rpm"},
    Alias{"engine.temp", "coolant"},
    Alias{"engine.temperature", "coolant"},
    Alias{"coolanttemp", "coolant"},
    Alias{"coolanttemperature", "coolant"},
    Alias{"enginetemp", "coolant"},
    Alias{"engineload", "load"},
    Alias{"throttlepos", "throttle"},
    Alias{"throttleposition", "throttle"},
    Alias{"fuellevel", "fuel"},
    Alias{"fuel.level", "fuel"},
    Alias{"voltage", "battery"},
    Alias{"batteryvoltage", "battery"},
    Alias{"battery.voltage", "battery"},
    Alias{"controlmodulevoltage", "battery"},
    Alias{"elmvoltage", "battery"},
    Alias{"batterylevel", "soc"},
    Alias{"battery.level", "soc"},
    Alias{"stateofcharge", "soc"},
    Alias{"odo", "odometer"},
    Alias{"mileage", "odometer"},
    Alias{"odometerm", "odometer", 0.001},
    Alias{"ign", "ignition"},
    Alias{"ignitionon", "ignition"},
    Alias{"ignitionstatus", "ignition"},
    Alias{"ignitionstate", "ignition"},
    Alias{"engineon", "ignition"},
    Alias{"engine", "ignition"},
    Alias{"dtcs", "dtc"},
    Alias{"troublecodes", "dtc"},
    Alias{"dtclist", "dtc"},
    Alias{"codes", "dtc"},
    Alias{"getdtc", "dtc"},
    Alias{"dtccount", "dtc_count"},
    Alias{"intakepressure", "manifold_pressure"},
    Alias{"timingadvance", "timing_advance"},
    Alias{"intaketemp", "intake_temperature"},
    Alias{"maf", "air_flow"},
    Alias{"runtime", "run_time"},
    Alias{"distancesincedtcclear", "distance_since_clear"},
    Alias{"ambiantairtemp", "ambient_temperature"},
    Alias{"ambientairtemp", "ambient_temperature"},
    Alias{"oiltemp", "oil_temperature"},
    Alias{"fuelrate", "fuel_rate"},
    Alias{"ismoving", "moving"},
    Alias{"motion", "moving"},
    Alias{"inmotion", "moving"},
    Alias{"movement", "moving"},
    Alias{"driverid", "driver"},
    Alias{"tripid", "trip"},
    Alias{"vehicletype", "vehicle_type"},
    Alias{"vehicleclass", "vehicle_type"},
    Alias{"type", "id"},
    Alias{"vehicleid", "id"},
    Alias{"deviceid", "id"},
    Alias{"seq", "id"},
};

// Objects that people put around signals without meaning more by it.
constexpr std::array<std::string_view, 21> kWrappings = {
    "raw",          "gps",     "location", "position", "pos",    "obd",        "obd2",
    "engine",       "vehicle", "data",     "values",   "coords", "telemetry",  "state",
    "measurements", "can",     "geo",      "geometry", "fix",    "properties", "payload"};

const TextMap<NamedSignal>& signals_by_name() {
    static const TextMap<NamedSignal> names = [] {
        TextMap<NamedSignal> map;
        for (const Signal& signal : kSignals) map[folded(signal.metric)] = {&signal, 1};
        for (const Alias& alias : kAliases) {
            map[std::string(alias.name)] = {&signal_of(alias.metric), alias.scale};
        }
        return map;
    }();
    return names;
}

void put_measure(const Signal& signal, Value value, Reading& reading) {
    if (reading.measures.size() >= kMeasuresMax) return;
    reading.measures.push_back(
        {std::string(signal.metric), std::string(signal.unit), signal.kind, std::move(value)});
}

void put_time(const JsonLeaf& leaf, Reading& reading) {
    Time time = 0;
    // Vehicles travel: what they say without a zone is UTC.
    if (payload_time(leaf, 0, reading.received, time)) {
        if (!reading.time) reading.time = time;
    } else {
        reading.implausible.emplace_back("ts");
    }
}

void put_codes(const JsonLeaf& leaf, Reading& reading) {
    if (leaf.type == LeafType::EmptyArray && !reading.codes) reading.codes.emplace();
    if (leaf.type != LeafType::Text) return;
    std::vector<std::string> codes = codes_in(leaf.text);
    std::string word = plain_text(trimmed(leaf.text), kWordsBytesMax);
    constexpr std::array<std::string_view, 6> kNone = {"", "0", "none", "no", "[]", "ok"};
    bool is_none = std::find(kNone.begin(), kNone.end(), folded(word)) != kNone.end();
    if (is_none && !reading.codes) reading.codes.emplace();
    // A maker's own code.
    if (!is_none && codes.empty() && word.find(' ') == std::string::npos) codes.push_back(word);
    for (std::string& code : codes) reading.add_code(std::move(code));
}

void put_words(const Signal& signal, const JsonLeaf& leaf, Reading& reading) {
    std::string text;
    if (leaf.type == LeafType::Text) text = plain_text(trimmed(leaf.text), kWordsBytesMax);
    if (leaf.type == LeafType::Integer) text = std::to_string(leaf.integer);
    if (text.empty()) return;
    if (signal.field == Field::Name) {
        reading.name = std::move(text);
    } else if (signal.field == Field::Fact) {
        reading.facts.emplace_back(signal.metric, std::move(text));
    } else {
        put_measure(signal, std::move(text), reading);
    }
}

void put_boolean(const Signal& signal, const JsonLeaf& leaf, Reading& reading) {
    bool value = false;
    if (!as_boolean(leaf, value)) return reading.implausible.emplace_back(signal.metric), void();
    (signal.field == Field::Lamp ? reading.lamp : reading.ignition) = value;
}

// "+46 70 11 22 33": whom to call.
bool is_telephone(std::string_view text) {
    constexpr std::ptrdiff_t kDigitsMin = 7;
    auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
    return text.starts_with('+') &&
           text.find_first_not_of("0123456789 -()/", 1) == std::string_view::npos &&
           std::count_if(text.begin(), text.end(), is_digit) >= kDigitsMin;
}

}  // namespace

bool is_wrapping(std::string_view word) {
    return std::find(kWrappings.begin(), kWrappings.end(), word) != kWrappings.end();
}

NamedSignal find_signal(std::string_view path) {
    const auto& names = signals_by_name();
    std::string rest = folded(path);
    while (true) {
        if (auto found = names.find(rest); found != names.end()) return found->second;
        std::size_t dot = rest.find('.');
        if (dot == std::string::npos || !is_wrapping(std::string_view(rest).substr(0, dot))) {
            return {};
        }
        rest.erase(0, dot + 1);
    }
}

const Signal& signal_of(std::string_view metric) {
    const auto* found = std::find_if(kSignals.begin(), kSignals.end(),
                                     [&](const Signal& s) { return s.metric == metric; });
    CHECK(found != kSignals.end());
    return *found;
}

void put_number(const Signal& signal, double number, Reading& reading) {
    if (!(number >= signal.min && number <= signal.max)) {
        reading.implausible.emplace_back(signal.metric);
        return;
    }
    switch (signal.field) {
        case Field::Latitude:
            reading.latitude = number;
            break;
        case Field::Longitude:
            reading.longitude = number;
            break;
        case Field::Altitude:
            reading.altitude_m = number;
            break;
        case Field::Heading:
            reading.heading_deg = number;
            break;
        case Field::Uncertainty:
            // No receiver is exact: 0 stands for one that was not told.
            if (number > 0) reading.uncertainty_m = number;
            break;
        case Field::Speed:
            reading.speed_kmh = number;
            break;
        case Field::Odometer:
            reading.odometer_km = number;
            break;
        case Field::Ignition:
            reading.ignition = number != 0;
            break;
        case Field::Lamp:
            reading.lamp = number != 0;
            break;
        default:
            if (signal.metric == "hdop" && number == 0) return;
            if (signal.metric == "moving") reading.moving = number != 0;
            if (signal.kind == SeriesKind::State) {
                put_measure(signal, static_cast<std::int64_t>(number), reading);
            } else {
                put_measure(signal, number, reading);
            }
    }
}

void put(const NamedSignal& named, const JsonLeaf& leaf, Reading& reading,
         std::string_view stated) {
    const Signal& signal = *named.signal;
    if (leaf.type == LeafType::Null || signal.field == Field::Nothing) return;
    switch (signal.field) {
        case Field::Time:
            return put_time(leaf, reading);
        case Field::Codes:
            return put_codes(leaf, reading);
        case Field::Text:
        case Field::Fact:
        case Field::Name:
            return put_words(signal, leaf, reading);
        case Field::Lamp:
        case Field::Ignition:
            return put_boolean(signal, leaf, reading);
        default:
            break;
    }
    bool truth = false;
    if (auto quantity = as_quantity(leaf, signal.unit, stated)) {
        // What says its own unit needs no other.
        bool is_plain = named.scale == 1 || quantity->has_unit;
        put_number(signal, is_plain ? quantity->number : scaled(quantity->number, named.scale),
                   reading);
    } else if (signal.kind == SeriesKind::State && as_boolean(leaf, truth)) {
        put_number(signal, truth ? 1 : 0, reading);
    } else if (leaf.type == LeafType::Text || !stated.empty()) {
        reading.implausible.emplace_back(signal.metric);
    }
}

void put_unknown(std::string_view path, const JsonLeaf& leaf, Reading& reading,
                 std::string_view stated) {
    bool has_name = path.find_first_not_of("0123456789.") != std::string_view::npos;
    if (!has_name || reading.measures.size() >= kMeasuresMax) return;
    MetricWords words = metric_words(path);
    if (words.is_identity) return;
    // The weather's pressure; a tyre's is in anything.
    if (words.unit == "hPa") words.unit = {};
    std::string name = metric_name(plain_text(path, kMetricNameBytesMax));
    if (name.empty()) return;
    if (leaf.type == LeafType::Text && is_telephone(trimmed(leaf.text))) {
        reading.facts.emplace_back(std::move(name), plain_text(trimmed(leaf.text)));
        return;
    }
    Measure measure{std::move(name), std::string(words.unit), words.kind, {}, UnitSource::Assumed};
    if (!stated.empty()) {
        measure.unit = plain_text(trimmed(stated), kUnitBytesMax);
        measure.unit_source = UnitSource::Stated;
    }
    double number = 0;
    // "sos" is on or off, whatever type says so.
    JsonLeaf yes;
    yes.type = LeafType::Boolean;
    yes.integer = 1;
    bool is_switch = as_number(leaf, number) && (number == 0 || number == 1) && alarm_key(path) &&
                     alarm_of_member(path, yes);
    if (is_switch) {
        measure.kind = SeriesKind::State;
        measure.value = static_cast<std::int64_t>(number);
    } else if (leaf.type == LeafType::Boolean) {
        measure.kind = SeriesKind::State;
        measure.value = leaf.integer;
    } else if (leaf.type == LeafType::Integer) {
        measure.value = leaf.integer;
    } else if (as_number(leaf, number)) {
        measure.value = number;
    } else if (leaf.type == LeafType::Text && leaf.text.size() <= kWordsBytesMax) {
        measure.kind = SeriesKind::State;
        if (!state_word(leaf.text, measure.value)) measure.value = plain_text(leaf.text);
    } else {
        return;
    }
    reading.measures.push_back(std::move(measure));
}

}  // namespace martlet::telemetry::vehicle
