#include "telemetry/decoders/json/told_unit.h"

#include <algorithm>

namespace martlet::telemetry {

namespace {

using Text = std::string_view;

struct Row {
    Text word;
    Text unit;
};

// Nothing but units. Not "mwh" and "mw", which may be a thousandth or a million.
constexpr Row kCertain[] = {
    {"kwh", "kWh"},     {"wh", "Wh"},         {"kw", "kW"},        {"watt", "W"},
    {"watts", "W"},     {"kilowatt", "kW"},   {"kilowatts", "kW"}, {"hpa", "hPa"},
    {"kpa", "kPa"},     {"mbar", "hPa"},      {"mmhg", "mmHg"},    {"inhg", "inHg"},
    {"celsius", "°C"},  {"fahrenheit", "°F"}, {"kelvin", "K"},     {"degc", "°C"},
    {"degf", "°F"},     {"°c", "°C"},         {"°f", "°F"},        {"percent", "%"},
    {"pct", "%"},       {"percentage", "%"},  {"ppm", "ppm"},      {"ppb", "ppb"},
    {"dbm", "dBm"},     {"kmh", "km/h"},      {"kph", "km/h"},     {"kmph", "km/h"},
    {"mph", "mph"},     {"mps", "m/s"},       {"knots", "kn"},     {"knot", "kn"},
    {"rpm", "1/min"},   {"volts", "V"},       {"volt", "V"},       {"amps", "A"},
    {"lux", "lx"},      {"klx", "klx"},       {"khz", "kHz"},      {"mhz", "MHz"},
    {"ghz", "GHz"},     {"kva", "kVA"},       {"kvar", "kvar"},    {"kvarh", "kvarh"},
    {"varh", "varh"},   {"kbps", "kbit/s"},   {"mbps", "Mbit/s"},  {"psi", "psi"},
    {"ugm3", "µg/m³"},  {"wpm2", "W/m²"},     {"lpm", "L/min"},    {"lph", "L/h"},
    {"gpm", "gal/min"}, {"liters", "L"},      {"litres", "L"},     {"gallons", "gal"},
    {"mah", "mAh"},     {"amperage", "A"},    {"m3h", "m³/h"},     {"battpercentage", "%"},
    {"tempc", "°C"},    {"tempf", "°F"},      {"intempc", "°C"},   {"intempf", "°F"},
    {"lx", "lx"},
};

// Units at the end of a name of several words; elsewhere they may be anything.
constexpr Row kAtEnd[] = {
    {"sec", "s"},     {"secs", "s"},  {"seconds", "s"}, {"minutes", "min"}, {"hours", "h"},
    {"days", "d"},    {"mv", "mV"},   {"ma", "mA"},     {"va", "VA"},       {"var", "var"},
    {"hz", "Hz"},     {"pa", "Pa"},   {"bar", "bar"},   {"db", "dB"},       {"ms", "ms"},
    {"mm", "mm"},     {"cm", "cm"},   {"km", "km"},     {"kg", "kg"},       {"gb", "GB"},
    {"mb", "MB"},     {"kb", "kB"},   {"ml", "mL"},     {"m3", "m³"},       {"ah", "Ah"},
    {"bps", "bit/s"}, {"bytes", "B"}, {"perc", "%"},    {"mile", "mile"},   {"miles", "mile"},
    {"liter", "L"},   {"litre", "L"}, {"lm", "lm"},     {"kts", "kn"},      {"bpm", "bpm"},
    {"degrees", "°"}, {"deg", "°"},   {"wm2", "W/m²"},
};

// Of several words, whatever parts them.
constexpr Row kCompound[] = {
    {"ug_m3", "µg/m³"},
    {"µg_m3", "µg/m³"},
    {"mg_m3", "mg/m³"},
    {"g_m3", "g/m³"},
    {"microgram_per_meter_cubed", "µg/m³"},
    {"w_m2", "W/m²"},
    {"km_h", "km/h"},
    {"mi_h", "mph"},
    {"m_s", "m/s"},
    {"ft_min", "ft/min"},
    {"l_min", "L/min"},
    {"l_h", "L/h"},
    {"m3_h", "m³/h"},
    {"mm_h", "mm/h"},
    {"mm_hr", "mm/h"},
    {"in_h", "in/h"},
    {"in_hr", "in/h"},
    {"g_s", "g/s"},
    {"kg_h", "kg/h"},
    {"us_cm", "µS/cm"},
    {"ms_cm", "mS/cm"},
    {"mg_l", "mg/L"},
    {"deg_c", "°C"},
    {"deg_f", "°F"},
    {"mm_hg", "mmHg"},
    {"in_hg", "inHg"},
    {"wh_km", "Wh/km"},
    {"kwh_km", "kWh/km"},
    {"cm_per_hour", "cm/h"},
    {"mm_per_hour", "mm/h"},
    {"inch_per_hour", "in/h"},
    {"km_per_hour", "km/h"},
    {"miles_per_hour", "mph"},
    {"meters_per_second", "m/s"},
    {"liters_per_minute", "L/min"},
    {"litres_per_minute", "L/min"},
    {"l_per_min", "L/min"},
};

constexpr Text kTemperatures[] = {
    "temperature", "temp",  "temps",     "t",         "dewpoint", "dew",
    "setpoint",    "chill", "windchill", "heatindex", "humidex",  "tmp",
};
constexpr Text kLengths[] = {
    "distance", "altitude", "alt",    "depth",     "range",    "height",     "elevation",
    "accuracy", "length",   "radius", "cloudbase", "position", "visibility",
};
constexpr Text kTimes[] = {
    "uptime", "duration", "time",    "interval",  "timeout", "delay",
    "age",    "runtime",  "elapsed", "remaining", "period",  "countdown",
};
constexpr Text kRains[] = {
    "rain", "snow", "et", "precipitation", "precip", "rainfall", "dayrain", "snowfall",
};
constexpr Text kPowers[] = {
    "power", "load", "consumption", "production", "grid", "pv", "solar", "import", "export",
};
constexpr Text kVoltages[] = {"voltage", "volts", "battery", "batt", "bat", "supercap", "vbat"};
constexpr Text kVolumes[] = {"volume", "water", "liter", "usage", "consumption"};
constexpr Text kSpeeds[] = {"speed", "wind", "gust"};
constexpr Text kPressures[] = {"pressure", "baro", "barometer"};
constexpr Text kWeights[] = {"weight", "mass"};
constexpr Text kUptimes[] = {"uptime"};
constexpr Text kTargets[] = {"target"};
constexpr Text kSignals[] = {"rssi", "signal"};

// Letters that say a unit only of what can have it: "temp_c" does, "phase_c" not.
struct InContext {
    Text word;
    Text unit;
    std::span<const Text> of;
    bool is_capital = false;  // told by a capital only
};
constexpr InContext kInContext[] = {
    {"c", "°C", kTemperatures},  {"f", "°F", kTemperatures},  {"k", "K", kTemperatures},
    {"c", "°C", kTargets, true}, {"f", "°F", kTargets, true}, {"m", "m", kLengths},
    {"ft", "ft", kLengths},      {"foot", "ft", kLengths},    {"feet", "ft", kLengths},
    {"meter", "m", kLengths},    {"s", "s", kTimes},          {"h", "h", kTimes},
    {"d", "d", kUptimes},        {"min", "min", kUptimes},    {"in", "in", kRains},
    {"inch", "in", kRains},      {"w", "W", kPowers},         {"v", "V", kVoltages},
    {"l", "L", kVolumes},        {"ms", "m/s", kSpeeds},      {"kn", "kn", kSpeeds},
    {"mb", "hPa", kPressures},   {"g", "g", kWeights},
};

template <std::size_t size>
Text unit_of(const Row (&rows)[size], Text word) {
    auto found = std::find_if(std::begin(rows), std::end(rows),
                              [&](const Row& row) { return row.word == word; });
    return found == std::end(rows) ? Text() : found->unit;
}

bool stands_before(const NameWords& words, std::size_t end, std::span<const Text> list) {
    for (std::size_t i = 0; i < end; i++) {
        if (std::find(list.begin(), list.end(), without_number(words[i])) != list.end())
            return true;
    }
    return false;
}

Text compound_unit(const NameWords& words, std::size_t end) {
    NameWords::Joined text;
    for (std::size_t count = std::min<std::size_t>(end, 4); count > 1; count--) {
        Text unit = unit_of(kCompound, words.joined(end, count, text));
        if (!unit.empty()) return unit;
    }
    return {};
}

// "hPa", "mV" and "kVAr" look like several words.
Text glued_unit(const NameWords& words, std::size_t end) {
    NameWords::Joined text;
    for (std::size_t count = std::min<std::size_t>(end, 3); count > 1; count--) {
        Text word = words.glued(end, count, text);
        if (word.empty()) continue;
        bool is_mega = words.is_capital(end - count);
        if (word == "mwh") return is_mega ? "MWh" : "mWh";
        if (word == "mw" && !is_mega) return "mW";
        Text unit = unit_of(kCertain, word);
        if (unit.empty() && word.size() <= 3) unit = unit_of(kAtEnd, word);
        if (!unit.empty()) return unit;
    }
    return {};
}

// "temperatureF1" is in °F, "temp_f1" of the first floor.
bool is_capital_letter(const NameWords& words, std::size_t index, Text letter) {
    NameWords::Joined text;
    return (letter == "c" || letter == "f") && words.is_capital(index) && index > 0 &&
           without_number(words[index]) == letter && !words.glued(index + 1, 2, text).empty();
}

Text unit_in_context(const NameWords& words, std::size_t index) {
    for (const auto& row : kInContext) {
        bool is_row = row.word == words[index];
        if (row.is_capital) is_row = is_row && words.is_capital(index);
        if (!is_row && !is_capital_letter(words, index, row.word)) continue;
        if (stands_before(words, index, row.of)) return row.unit;
    }
    return {};
}

}  // namespace

Text told_unit(const NameWords& words, std::size_t index, bool is_apart) {
    Text unit = compound_unit(words, index + 1);
    // "co2PerKWh" is in no kWh.
    if (unit.empty() && words.has("per")) return {};
    if (unit.empty()) unit = glued_unit(words, index + 1);
    if (unit.empty()) unit = unit_of(kCertain, words[index]);
    // "tempc2".
    if (unit.empty()) unit = unit_of(kCertain, without_number(words[index]));
    if (!unit.empty() || is_apart) return unit;
    unit = unit_in_context(words, index);
    if (!unit.empty()) return unit;
    // Alone such a word may be a name by chance.
    if (index == 0 && words[0].size() < 3) return {};
    if (words[index] == "deg" && stands_before(words, index, kTemperatures)) return {};
    // Most who write "rssi_db" mean dBm, but not all.
    if (words[index] == "db" && stands_before(words, index, kSignals)) return {};
    return unit_of(kAtEnd, words[index]);
}

}  // namespace martlet::telemetry
