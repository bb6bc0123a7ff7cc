#include "telemetry/decoders/json/metric_words.h"

#include "base/ascii.h"
#include "telemetry/decoders/plain_text.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <vector>

namespace martlet::telemetry {

namespace {

struct Word {
    std::string_view word;
    std::string_view unit;
};

// Words that name a quantity; the last one of a name decides.
constexpr Word kQuantities[] = {
    {"temperature", "°C"}, {"temp", "°C"},        {"dewpoint", "°C"},   {"dew", "°C"},
    {"humidity", "%"},     {"hum", "%"},          {"rh", "%"},          {"moisture", "%"},
    {"pressure", "hPa"},   {"baro", "hPa"},       {"barometer", "hPa"}, {"barometric", "hPa"},
    {"voltage", "V"},      {"volt", "V"},         {"volts", "V"},       {"vbat", "V"},
    {"vcc", "V"},          {"amps", "A"},         {"amperage", "A"},    {"power", "W"},
    {"watt", "W"},         {"watts", "W"},        {"apparent", "VA"},   {"reactive", "var"},
    {"frequency", "Hz"},   {"freq", "Hz"},        {"rssi", "dBm"},      {"snr", "dB"},
    {"noise", "dB"},       {"co2", "ppm"},        {"eco2", "ppm"},      {"tvoc", "ppb"},
    {"voc", "ppb"},        {"pm1", "µg/m³"},      {"pm2", "µg/m³"},     {"pm25", "µg/m³"},
    {"pm10", "µg/m³"},     {"illuminance", "lx"}, {"lux", "lx"},        {"rain", "mm"},
    {"rainfall", "mm"},    {"altitude", "m"},     {"elevation", "m"},   {"latitude", "°"},
    {"longitude", "°"},    {"heading", "°"},      {"angle", "°"},       {"uptime", "s"},
    {"odometer", "km"},    {"rpm", "1/min"},
};

// The same, but only where no word above stands: "battery_voltage" is in V, and
// "current_temperature" in °C.
constexpr Word kWeakQuantities[] = {
    {"current", "A"}, {"battery", "%"}, {"batt", "%"}, {"soc", "%"}, {"energy", "kWh"},
};

// Last words that are a unit by themselves.
constexpr Word kUnits[] = {
    {"celsius", "°C"}, {"fahrenheit", "°F"}, {"percent", "%"}, {"pct", "%"},   {"mv", "mV"},
    {"ma", "mA"},      {"kw", "kW"},         {"wh", "Wh"},     {"kwh", "kWh"}, {"mwh", "MWh"},
    {"va", "VA"},      {"hz", "Hz"},         {"pa", "Pa"},     {"hpa", "hPa"}, {"kpa", "kPa"},
    {"mbar", "hPa"},   {"dbm", "dBm"},       {"db", "dB"},     {"ppm", "ppm"}, {"ppb", "ppb"},
    {"mm", "mm"},      {"cm", "cm"},         {"km", "km"},     {"kg", "kg"},   {"kmh", "km/h"},
    {"kph", "km/h"},   {"mph", "mph"},       {"mps", "m/s"},   {"ms", "ms"},   {"lux", "lx"},
};

// Last letters that are a unit only after a quantity that can have it: "temp_c" is, "zone_c" not.
struct Letter {
    std::string_view letter;
    std::string_view unit;
    std::string_view quantity_unit;
};
constexpr Letter kLetters[] = {
    {"c", "°C", "°C"}, {"f", "°F", "°C"}, {"k", "K", "°C"}, {"v", "V", "V"},
    {"a", "A", "A"},   {"w", "W", "W"},   {"s", "s", "s"},  {"m", "m", "m"},
};

// Last words that take the unit from what stands before them.
constexpr std::string_view kUnitless[] = {
    "factor",  "count",  "id",     "index", "status", "state", "type",  "mode",  "code",
    "version", "number", "period", "ok",    "low",    "alarm", "fault", "trend", "ratio",
};

constexpr std::string_view kIdentities[] = {
    "id",   "serial", "ident", "mac",  "ip",   "version",  "name", "phone", "imei",    "iccid",
    "imsi", "fw",     "sw",    "hw",   "uuid", "firmware", "addr", "ssid",  "address", "bssid",
    "sn",   "model",  "zip",   "date", "key",  "token",    "hash", "plate", "vin",
};

// What is true of a state, what is not, and words that stay words.
constexpr std::string_view kTrueWords[] = {"true", "on", "yes"};
constexpr std::string_view kFalseWords[] = {"false", "off", "no"};
constexpr std::string_view kStateWords[] = {
    "online", "offline",  "open",     "closed",       "opening",   "closing", "locked",
    "idle",   "running",  "stopped",  "unlocked",     "home",      "away",    "not_home",
    "alarm",  "ok",       "error",    "available",    "fault",     "standby", "unavailable",
    "active", "charging", "inactive", "disconnected", "connected",
};

bool is_upper(char c) {
    return c >= 'A' && c <= 'Z';
}
bool is_digit(char c) {
    return c >= '0' && c <= '9';
}
bool is_letter(char c) {
    return lower(c) >= 'a' && lower(c) <= 'z';
}
// Letters beyond ASCII stay as they are.
bool is_word_char(char c) {
    return is_letter(c) || is_digit(c) || (c & 0x80) != 0;
}

// "outdoorTemp_f" is outdoor, temp, f.
std::vector<std::string> words_of(std::string_view name) {
    std::vector<std::string> words;
    bool is_open = false;
    for (std::size_t i = 0; i < name.size(); i++) {
        char c = name[i];
        if (!is_word_char(c)) {
            is_open = false;
            continue;
        }
        bool is_hump = is_upper(c) && i > 0 && !is_upper(name[i - 1]) && is_letter(name[i - 1]);
        if (!is_open || is_hump) words.emplace_back();
        words.back() += lower(c);
        is_open = true;
    }
    return words;
}

template <typename Rows>
std::string_view unit_of(const Rows& rows, std::string_view word) {
    for (const auto& row : rows) {
        if (row.word == word) return row.unit;
    }
    return {};
}

template <typename Rows>
std::string_view last_unit(const Rows& rows, const std::vector<std::string>& words) {
    for (auto word = words.rbegin(); word != words.rend(); ++word) {
        auto unit = unit_of(rows, *word);
        if (!unit.empty()) return unit;
    }
    return {};
}

template <typename List>
bool is_one_of(const List& list, std::string_view word) {
    return std::find(std::begin(list), std::end(list), word) != std::end(list);
}

bool has(const std::vector<std::string>& words, std::string_view word) {
    return std::find(words.begin(), words.end(), word) != words.end();
}

std::string_view unit_in(const std::vector<std::string>& words, bool& is_said) {
    const auto& last = words.back();
    if (is_one_of(kUnitless, last)) return {};
    std::string_view told;
    // "hPa" and "kWh" look like two words.
    if (words.size() > 1 && words.end()[-2].size() == 1)
        told = unit_of(kUnits, words.end()[-2] + last);
    is_said = true;
    if (!told.empty()) return told;
    told = unit_of(kUnits, last);
    // A word alone may be a name by chance, except those that nobody uses as one.
    if (!told.empty() && (words.size() > 1 || last.size() > 2)) return told;
    is_said = false;
    auto quantity = last_unit(kQuantities, words);
    // "power_current": a current, but of what size?
    if (!quantity.empty() && last == "current") return {};
    if (quantity.empty()) quantity = last_unit(kWeakQuantities, words);
    for (const auto& row : kLetters) {
        if (row.letter != last || row.quantity_unit != quantity) continue;
        is_said = true;
        return row.unit;
    }
    // Power is the stronger word of the two, but "apparent power" is told in VA.
    if (has(words, "apparent")) return "VA";
    if (has(words, "reactive")) return "var";
    return quantity;
}

// Few and certain: a gauge taken for a counter shows nonsense, the other way round only less.
SeriesKind kind_in(const std::vector<std::string>& words, std::string_view unit) {
    const auto& last = words.back();
    if (last == "counter" || last == "pulses") return SeriesKind::Counter;
    bool is_energy = unit == "kWh" || unit == "Wh" || unit == "MWh";
    if (is_energy && has(words, "total")) return SeriesKind::Meter;
    if (last == "odometer") return SeriesKind::Meter;
    return SeriesKind::Gauge;
}

}  // namespace

MetricWords metric_words(std::string_view name) {
    auto words = words_of(name);
    if (words.empty()) return {};
    MetricWords result;
    result.unit = unit_in(words, result.is_unit_said);
    result.kind = kind_in(words, result.unit);
    result.is_identity = is_one_of(kIdentities, words.back());
    return result;
}

std::string metric_name(std::string_view name) {
    std::string metric = without_orders(name);
    for (char& c : metric) {
        if (!is_word_char(c) && c != '_' && c != '.' && c != '/') c = '_';
    }
    return metric;
}

bool state_word(std::string_view text, Value& value) {
    constexpr std::size_t kLongest = 16;
    if (text.empty() || text.size() > kLongest) return false;
    auto word = lowered(text);
    if (is_one_of(kTrueWords, word)) {
        value = std::int64_t{1};
    } else if (is_one_of(kFalseWords, word)) {
        value = std::int64_t{0};
    } else if (is_one_of(kStateWords, word)) {
        value = std::move(word);
    } else {
        return false;
    }
    return true;
}

}  // namespace martlet::telemetry
