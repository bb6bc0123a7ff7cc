#include "telemetry/decoders/json/quantities.h"

#include "telemetry/decoders/json/name_grammar.h"

#include <algorithm>

namespace martlet::telemetry {

namespace {

using Text = std::string_view;

// Words before a quantity that make another one of it.
constexpr Text kNotTemperature[] = {"color", "colour", "ct",    "cct",   "light",
                                    "raw",   "noise",  "alarm", "state", "alert"};
constexpr Text kNotHumidity[] = {"absolute", "abs", "specific", "alarm", "alert"};
constexpr Text kNotVoltage[] = {"upper", "lower", "valve", "raw", "alarm", "calibration"};
constexpr Text kNotPower[] = {
    "tx",      "transmit",   "transmission", "signal",    "rx",          "radio",      "rf",
    "laser",   "hob",        "available",    "high",      "low",         "fan",        "led",
    "sound",   "brightness", "alarm",        "optical",   "calibration", "heat",       "today",
    "heating", "target",     "compressor",   "yesterday", "injected",    "contract",   "ups",
    "charger", "horse",      "uv",           "rated",     "accumulated", "cumulative", "engine",
};
constexpr Text kNotCo2[] = {"tariff", "saved", "emission", "emissions", "avoided", "alarm", "trip"};
constexpr Text kNotBattery[] = {"low", "house", "backup", "external", "replace", "timeout", "time"};
constexpr Text kNotIlluminance[] = {"raw", "alarm"};
constexpr Text kNotPm[] = {"aqi", "count", "n", "raw", "particles", "alarm"};
constexpr Text kNotAngle[] = {"rudder", "rotation"};

// Words that may stand before a quantity, besides those of places and statistics.
constexpr Text kPressures[] = {"barometric", "barometer", "baro",   "atmospheric", "absolute",
                               "relative",   "station",   "level",  "weather",     "bme280",
                               "bme680",     "bmp280",    "bmp180", "bmp085",      "bme",
                               "bmp",        "dps310",    "bmp388", "sensor",      "bmp390"};
constexpr Text kCurrents[] = {
    "battery", "batt",    "charge",     "charging",   "discharge", "discharging", "grid",
    "load",    "motor",   "output",     "input",      "line",      "pv",          "solar",
    "pack",    "bus",     "shunt",      "over",       "rated",     "offered",     "effective",
    "balance", "evu",     "offline",    "setpoint",   "inverter",  "pv1",         "pv2",
    "pvgrid",  "charger", "threephase", "electrical", "i",         "ups",         "mains",
};
constexpr Text kFrequencies[] = {"grid",   "mains",      "line",     "output",  "input", "phase",
                                 "active", "compressor", "inverter", "utility", "i",     "network"};
constexpr Text kCovers[] = {"valve",   "cover", "curtain", "blind",
                            "shutter", "shade", "heating", "idle"};
constexpr Text kWinds[] = {"wind", "gust"};
// Those who wait for people count in seconds; others in minutes as well.
constexpr Text kPresences[] = {"presence", "absence",   "occupancy", "occupied", "unoccupied",
                               "vacancy",  "departure", "movement",  "pir"};
constexpr Text kApparents[] = {"power", "total"};

constexpr std::uint16_t kAnyWords = kNameWords | kSettingWords | SpanWord | UnknownWord | FlowWord;
constexpr std::uint16_t kPlainWords = kNameWords | SpanWord;
constexpr std::uint16_t kPmWords = kPlainWords | LimitWord | UnknownWord;
constexpr std::uint16_t kFewWords = IndexWord | StatWord;

constexpr Quantity kQuantities[] = {
    {"temperature", "°C", kAnyWords, Before::NotThese, kNotTemperature},
    {"temperatures", "°C", kAnyWords, Before::NotThese, kNotTemperature},
    {"temp", "°C", kAnyWords, Before::NotThese, kNotTemperature},
    {"temps", "°C", kAnyWords, Before::NotThese, kNotTemperature},
    {"temperatur", "°C", kAnyWords, Before::NotThese, kNotTemperature},
    {"dewpoint", "°C", kPlainWords},
    {"humidity", "%", kAnyWords, Before::NotThese, kNotHumidity},
    {"hum", "%", kAnyWords, Before::NotThese, kNotHumidity},
    {"humi", "%", kAnyWords, Before::NotThese, kNotHumidity},
    {"rhum", "%", kPlainWords},
    {"humid", "%", kPlainWords, Before::NotThese, kNotHumidity},
    {"utilization", "%", kFewWords},
    {"rh", "%", kPlainWords, Before::NotThese, kNotHumidity},
    {"moisture", "%", kAnyWords, Before::NotThese, kNotHumidity},
    {"pressure", "hPa", StatWord | PlaceWord | NounWord | LimitWord, Before::OnlyThese, kPressures},
    {"baro", "hPa", kFewWords, Before::OnlyThese, kPressures},
    {"barometer", "hPa", kFewWords, Before::OnlyThese, kPressures},
    {"barometric", "hPa", kFewWords, Before::OnlyThese, kPressures},
    {"voltage", "V", kPlainWords | FlowWord | LimitWord | UnknownWord, Before::NotThese,
     kNotVoltage},
    {"voltages", "V", kPlainWords, Before::NotThese, kNotVoltage},
    {"vbat", "V", kPlainWords},
    {"vcc", "V", kPlainWords},
    {"current", "A", kFewWords | LimitWord, Before::OnlyThese, kCurrents},
    {"currents", "A", kFewWords | LimitWord, Before::OnlyThese, kCurrents},
    {"power", "W", kNameWords | FlowWord | LimitWord, Before::NotThese, kNotPower},
    {"apower", "W", kFewWords},
    {"realpower", "W", kFewWords | LimitWord},
    {"apparent", "VA", kFewWords, Before::OnlyThese, kApparents},
    {"reactive", "var", kFewWords, Before::OnlyThese, kApparents},
    {"frequency", "Hz", kFewWords | NounWord, Before::OnlyThese, kFrequencies},
    {"freq", "Hz", kFewWords | NounWord, Before::OnlyThese, kFrequencies},
    {"battery", "%", kFewWords | NounWord | kSettingWords, Before::NotThese, kNotBattery},
    {"batt", "%", kFewWords | NounWord | kSettingWords, Before::NotThese, kNotBattery},
    {"soc", "%", kFewWords | NounWord | LimitWord},
    {"soh", "%", kFewWords | NounWord},
    {"rssi", "dBm", kFewWords},
    {"snr", "dB", kFewWords},
    {"co2", "ppm", kAnyWords, Before::NotThese, kNotCo2},
    {"eco2", "ppm", kPlainWords},
    {"tvoc", "ppb", kPlainWords | LimitWord},
    {"tds", "ppm", kPlainWords | kSettingWords},
    {"pm", "µg/m³", kPmWords, Before::NotThese, kNotPm},
    {"pm1", "µg/m³", kPmWords, Before::NotThese, kNotPm},
    {"pm2", "µg/m³", kPmWords, Before::NotThese, kNotPm},
    {"pm4", "µg/m³", kPmWords, Before::NotThese, kNotPm},
    {"pm10", "µg/m³", kPmWords, Before::NotThese, kNotPm},
    {"pm25", "µg/m³", kPmWords, Before::NotThese, kNotPm},
    {"illuminance", "lx", kNameWords | LimitWord | UnknownWord, Before::NotThese, kNotIlluminance},
    {"rain", "mm", kFewWords | SpanWord},
    {"rainfall", "mm", kFewWords | SpanWord},
    {"precipitation", "mm", kFewWords | SpanWord},
    {"altitude", "m", StatWord, Before::OnlyThese},
    {"latitude", "°", StatWord},
    {"longitude", "°", StatWord},
    {"heading", "°", StatWord},
    {"angle", "°", kFewWords | PlaceWord, Before::NotThese, kNotAngle},
    {"winddir", "°", kFewWords},
    {"dir", "°", kFewWords, Before::OneOfThese, kWinds},
    {"direction", "°", kFewWords, Before::OneOfThese, kWinds},
    {"bearing", "°", kFewWords, Before::OneOfThese, kWinds},
    {"position", "%", kFewWords, Before::OneOfThese, kCovers},
    {"uptime", "s", kFewWords},
    {"odometer", "km", kFewWords},
    {"orp", "mV", kFewWords},
    {"chlorine", "mg/L", kFewWords},
    {"ec", "µS/cm", kFewWords | LimitWord},
    {"windchill", "°C", kPlainWords},
    {"humidex", "°C", kPlainWords},
    {"countdown", "s", IndexWord | PlaceWord | ThingWord, Before::OnlyThese},
    {"inching", "s", IndexWord},
    {"timeout", "s", kFewWords, Before::OneOfThese, kPresences},
    {"delay", "s", kFewWords, Before::OneOfThese, kPresences},
    {"conductivity", "µS/cm", kNameWords},
    {"fertility", "µS/cm", kNameWords | kSettingWords},
};

constexpr QuantityPair kPairs[] = {
    {"dew", "point", "°C", kPlainWords},
    {"battery", "life", "%", kFewWords},
    {"battery", "charge", "%", kFewWords},
    {"color", "temp", "mired", kAnyWords},
    {"barometric", "pressure", "hPa", kPlainWords},
    {"precipitation", "probability", "%", kFewWords},
    {"cloud", "coverage", "%", kFewWords},
    {"gps", "accuracy", "m", 0},
    {"wind", "chill", "°C", kPlainWords},
    {"opening", "degree", "%", kFewWords},
    {"closing", "degree", "%", kFewWords},
    {"inching", "time", "s", kFewWords},
    {"countdown", "timer", "s", kFewWords},
    {"countdown", "time", "s", kFewWords},
    {"pressure", "offset", "hPa", 0},
    {"heating", "hysteresis", "°C", kFewWords},
    {"setpoint", "deadband", "°C", kFewWords},
    {"ambient", "light", "lx", kFewWords},
    {"organic", "compounds", "ppb", kFewWords},
    {"occupied", "setback", "°C", kFewWords},
    {"instant", "intensity", "A", kFewWords},
    {"carbon", "dioxide", "ppm", kPlainWords},
    {"carbon", "monoxide", "ppm", kPlainWords},
    {"heating", "demand", "%", kFewWords},
    {"cooling", "demand", "%", kFewWords},
    {"apparent", "power", "VA", kPlainWords},
    {"aprt", "power", "VA", kPlainWords},
    {"reactive", "power", "var", kPlainWords},
};

// Labels of the French meters, which nothing else uses. Not those of energy, which some hand on in
// Wh and some in kWh.
struct Label {
    Text label;
    Text unit;
};
constexpr Label kMeterLabels[] = {
    {"papp", "VA"},   {"sinsts", "VA"}, {"sinsti", "VA"}, {"smaxsn", "VA"}, {"smaxin", "VA"},
    {"iinst", "A"},   {"imax", "A"},    {"isousc", "A"},  {"adps", "A"},    {"adir", "A"},
    {"irms", "A"},    {"urms", "V"},    {"umoy", "V"},    {"ccasn", "W"},   {"ccain", "W"},
    {"pcoup", "kVA"}, {"pref", "kVA"},
};

// What ends in these is of that quantity, however it is written: "pvgridvoltage".
constexpr Text kEndings[] = {"temperature", "temperatur", "humidity", "voltage"};

const Quantity* quantity_named(Text word) {
    auto found = std::find_if(std::begin(kQuantities), std::end(kQuantities),
                              [&](const Quantity& row) { return row.word == word; });
    return found == std::end(kQuantities) ? nullptr : found;
}

}  // namespace

const Quantity* quantity_of(Text word) {
    const auto* row = quantity_named(word);
    if (row == nullptr) row = quantity_named(without_number(word));
    // "freq1" and so on are those of a radio.
    if (row != nullptr && row->unit == "Hz" && row->word != word) return nullptr;
    // "overtemperature" is an alarm.
    if (row != nullptr || word.starts_with("over") || word.starts_with("under")) return row;
    for (Text ending : kEndings) {
        if (without_number(word).ends_with(ending)) return quantity_named(ending);
    }
    return nullptr;
}

Text label_unit(Text word) {
    auto found = std::find_if(std::begin(kMeterLabels), std::end(kMeterLabels),
                              [&](const Label& row) { return row.label == without_number(word); });
    return found == std::end(kMeterLabels) ? Text() : found->unit;
}

const QuantityPair* pair_at(const NameWords& words, std::size_t index) {
    if (index == 0) return nullptr;
    auto found = std::find_if(std::begin(kPairs), std::end(kPairs), [&](const QuantityPair& row) {
        return row.second == words[index] && row.first == words[index - 1];
    });
    return found == std::end(kPairs) ? nullptr : found;
}

}  // namespace martlet::telemetry
