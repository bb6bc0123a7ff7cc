#include "telemetry/decoders/json/name_grammar.h"

#include <algorithm>

namespace martlet::telemetry {

namespace {

using Text = std::string_view;

constexpr Text kIndexes[] = {
    "a",     "b",      "c",       "d",  "n",  "x",      "y",       "z",    "l",
    "r",     "ab",     "bc",      "p",  "q",  "s",      "ca",      "ph",   "ch",
    "phase", "phases", "channel", "no", "nr", "number", "neutral", "line",
};
// Before a number: "l1", "ch2", "th3".
constexpr Text kIndexStems[] = {
    "l", "p", "t", "s", "c", "ch", "v", "n", "d", "th", "ph", "phase", "u", "i", "pv", "mppt", "ct",
};
constexpr Text kStats[] = {
    "max",    "min",  "maximum",       "minimum", "avg",    "average", "mean",
    "median", "rms",  "peak",          "total",   "sum",    "ac",      "dc",
    "actual", "real", "instantaneous", "highest", "lowest", "net",     "active",
};
constexpr Text kBounds[] = {"max", "min", "maximum", "minimum", "highest", "lowest"};
constexpr Text kPlaces[] = {
    "left",     "right",      "center",     "middle",   "top",        "bottom",  "front",
    "rear",     "back",       "inside",     "outside",  "indoor",     "outdoor", "inner",
    "outer",    "inlet",      "outlet",     "return",   "room",       "floor",   "roof",
    "ambient",  "air",        "kitchen",    "living",   "bedroom",    "bath",    "bathroom",
    "garage",   "office",     "cellar",     "basement", "attic",      "garden",  "hall",
    "hallway",  "house",      "home",       "external", "internal",   "remote",  "local",
    "upstairs", "downstairs", "greenhouse", "shed",     "balcony",    "terrace", "soil",
    "ground",   "surface",    "lobby",      "kids",     "wohnzimmer", "bad",     "horizontal",
    "vertical", "keller",     "aussen",     "innen",    "buero",      "garten",  "zone",
    "sea",
};
constexpr Text kThings[] = {
    "fridge", "freezer", "washer", "washing", "machine",  "dryer",   "dishwasher", "oven",
    "tv",     "heater",  "boiler", "pump",    "tank",     "car",     "wallbox",    "ev",
    "server", "rack",    "pc",     "desk",    "lamp",     "plug",    "socket",     "usb",
    "cpu",    "gpu",     "board",  "chip",    "mosfet",   "tube",    "pack",       "cell",
    "motor",  "bed",     "tool0",  "tool1",   "extruder", "chamber", "buffer",     "collector",
};
constexpr Text kNouns[] = {
    "value",   "val",  "reading", "sensor", "probe", "now",  "measured", "measurement", "measure",
    "current", "live", "last",    "latest", "data",  "main", "aux",      "combined",
};
constexpr Text kFlows[] = {
    "in",          "out",         "input",    "output",   "import",   "export",
    "imported",    "exported",    "grid",     "pv",       "solar",    "load",
    "consumption", "production",  "consumed", "produced", "charge",   "discharge",
    "charging",    "discharging", "battery",  "inverter", "meter",    "generation",
    "usage",       "generated",   "mains",    "absorbed", "supplied",
};
constexpr Text kSpans[] = {
    "today", "yesterday", "1h",    "3h",   "6h",     "12h",     "24h",    "hourly", "daily", "day",
    "hour",  "week",      "month", "year", "weekly", "monthly", "yearly", "event",  "night",
};
constexpr Text kLimits[] = {
    "limit",   "limits",     "threshold", "setpoint", "set",       "target",
    "protect", "protection", "overload",  "setting",  "default",   "nominal",
    "startup", "desired",    "wanted",    "request",  "requested", "treshold",
};
constexpr Text kTrims[] = {
    "calibration", "offset", "correction", "compensation", "sensitivity", "hysteresis",
    "deadband",    "level",  "difference", "differential", "range",       "delta",
    "drop",        "rise",   "change",     "deviation",    "accuracy",    "recalibration",
};
// The head of the name is another word than the quantity.
constexpr Text kForeign[] = {
    "interval",  "timeout",    "delay",        "duration", "sampling",    "period",    "periodic",
    "report",    "reporting",  "time",         "times",    "timer",       "minute",    "mode",
    "modes",     "type",       "status",       "state",    "states",      "unit",      "units",
    "class",     "id",         "ids",          "name",     "code",        "version",   "fault",
    "faults",    "error",      "errors",       "alarm",    "alarms",      "alert",     "warning",
    "warn",      "ok",         "valid",        "validity", "present",     "available", "enabled",
    "enable",    "disabled",   "factor",       "count",    "counts",      "counter",   "index",
    "ratio",     "trend",      "tendency",     "rate",     "speed",       "step",      "steps",
    "size",      "resolution", "precision",    "scale",    "multiplier",  "divisor",   "quality",
    "sensors",   "capacity",   "on",           "off",      "outage",      "outages",   "failure",
    "failures",  "fail",       "failed",       "source",   "saving",      "save",      "saver",
    "cycle",     "cycles",     "restart",      "reset",    "recovery",    "recover",   "restore",
    "behavior",  "behaviour",  "memory",       "color",    "colour",      "raw",       "resistance",
    "impedance", "distance",   "weight",       "position", "brightness",  "volume",    "flow",
    "energy",    "gradient",   "date",         "datetime", "timestamp",   "stamp",     "age",
    "seen",      "changed",    "updated",      "text",     "string",      "icon",      "label",
    "uuid",      "mac",        "ip",           "key",      "hash",        "url",       "topic",
    "format",    "protocol",   "profile",      "program",  "schedule",    "plan",      "control",
    "command",   "cmd",        "response",     "config",   "preset",      "feature",   "features",
    "support",   "supported",  "installed",    "detected", "detection",   "triggered", "trigger",
    "events",    "history",    "statistics",   "forecast", "probability", "function",  "select",
    "switch",    "relay",      "button",       "led",      "light",       "indicator", "display",
    "symbol",    "hold",       "boost",        "override", "sag",         "swell",     "dip",
    "dips",      "sf",         "exponent",     "spec",     "phaseangle",  "per",       "100km",
    "strings",   "chemistry",  "health",       "good",     "bad",         "connected", "percentage",
    "poll",      "priority",   "group",        "score",    "rating",      "rated",     "direction",
    "emission",  "emissions",  "saved",        "avoided",  "intensity",   "footprint", "tax",
    "aqi",       "iaq",        "ts",           "dt",       "supply",      "stage",     "location",
    "model",     "serial",     "manufacturer",
};

constexpr Text kMoney[] = {
    "price",  "prices",   "cost",  "costs",    "tariff", "tariffs",  "currency",
    "fee",    "unitrate", "money", "eur",      "usd",    "gbp",      "density",
    "budget", "savings",  "ratio", "expenses", "date",   "datetime", "timestamp",
};
constexpr Text kQuestions[] = {"has", "is", "enable", "use", "show", "allow", "disable", "can"};

template <std::size_t size>
bool is_one_of(const Text (&list)[size], Text word) {
    return std::find(std::begin(list), std::end(list), word) != std::end(list);
}

constexpr Text kSides[] = {"low", "high", "lower", "upper", "over", "under"};
constexpr Text kAlarms[] = {"alarm", "alert", "warning", "reporting", "hazardous", "moderate"};

WordClass class_of_word(Text word) {
    if (is_number(word) || is_one_of(kIndexes, word)) return IndexWord;
    if (is_one_of(kStats, word)) return StatWord;
    if (is_one_of(kForeign, word)) return ForeignWord;
    if (is_one_of(kPlaces, word)) return PlaceWord;
    if (is_one_of(kThings, word)) return ThingWord;
    if (is_one_of(kNouns, word)) return NounWord;
    if (is_one_of(kFlows, word)) return FlowWord;
    if (is_one_of(kSpans, word)) return SpanWord;
    if (is_one_of(kLimits, word)) return LimitWord;
    if (is_one_of(kTrims, word)) return TrimWord;
    // "20min", "7d".
    if (is_number(word.substr(0, 1))) return SpanWord;
    return UnknownWord;
}

// A word that tells which limit, when it stands beside one; at the end it is an alarm.
bool is_beside_a_limit(const NameWords& words, std::size_t index) {
    if (index + 1 < words.size()) {
        Text next = words[index + 1];
        return is_one_of(kLimits, next) || is_one_of(kSides, next) || next == "value";
    }
    return index > 0 && (words.has("target") || is_one_of(kLimits, words[index - 1]) ||
                         words[index - 1] == "level" || is_one_of(kAlarms, words[index - 1]));
}

}  // namespace

WordClass class_of(const NameWords& words, std::size_t index) {
    Text word = words[index];
    bool is_alarm = is_one_of(kAlarms, word);
    // "max_humidity_alarm" is the value at which it rings.
    if (is_alarm && names_a_bound(words)) return LimitWord;
    if (is_alarm || is_one_of(kSides, word))
        return is_beside_a_limit(words, index) ? LimitWord : ForeignWord;
    // "voltage_cell" is the number of a cell.
    if (word == "cell" && index + 1 == words.size()) return ForeignWord;
    auto found = class_of_word(word);
    Text stem = without_number(word);
    if (found != UnknownWord || stem == word) return found;
    return is_one_of(kIndexStems, stem) ? IndexWord : class_of_word(stem);
}

bool is_of_no_quantity(const NameWords& words) {
    if (words.has_any(kMoney) || is_one_of(kQuestions, words[0])) return true;
    // "HighTemperature" is an alarm, "high_temperature" more often the value at which it rings.
    bool is_side = words[0] == "high" || words[0] == "low";
    return words.size() == 2 && is_side && words.is_capital(0) && words.is_capital(1);
}

bool names_a_bound(const NameWords& words) {
    return words.has_any(kBounds);
}

}  // namespace martlet::telemetry
