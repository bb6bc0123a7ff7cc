#include "telemetry/decoders/json/metric_words.h"

#include "base/ascii.h"
#include "telemetry/decoders/json/assumed_unit.h"
#include "telemetry/decoders/plain_text.h"

#include <algorithm>
#include <cstdint>
#include <utility>

namespace martlet::telemetry {

namespace {

// Names in digits. By the last word: "installed_version", "gwEui".
constexpr std::string_view kIdentities[] = {
    "id",
    "ids",
    "serial",
    "ident",
    "mac",
    "ip",
    "version",
    "name",
    "phone",
    "imei",
    "iccid",
    "imsi",
    "fw",
    "sw",
    "hw",
    "uuid",
    "firmware",
    "addr",
    "ssid",
    "address",
    "bssid",
    "sn",
    "model",
    "zip",
    "date",
    "key",
    "token",
    "hash",
    "plate",
    "vin",
    "uid",
    "guid",
    "tag",
    "rfid",
    "eui",
    "host",
    "hostname",
    "mpan",
    "mprn",
    "mmsi",
    "imo",
    "callsign",
    "icao",
    "hex",
    "squawk",
    "barcode",
    "ean",
    "iban",
    "versions",
    "deveui",
    "devaddr",
    "joineui",
    "appeui",
    "gweui",
    "gtweui",
    "nwkaddr",
    "ieeeaddr",
    "macaddr",
    "ipaddr",
    "ipv4",
    "ipv6",
    "cidr",
    "netmask",
    "swver",
    "fwver",
    "hwver",
    "ver",
    "sernum",
    "serialno",
    "serialnumber",
    "userid",
    "deviceid",
    "sensorid",
    "nodeid",
    "clientid",
    "chipid",
    "gatewayid",
    "tagid",
    "cardid",
    "orderid",
    "assetid",
    "productid",
    "stationid",
    "sessionid",
    "msisdn",
    "postcode",
    "zipcode",
    "pincode",
    "username",
    "bssids",
    "manufacturerdata",
    "servicedata",
    "servicedatauuid",
    "advdata",
    "commit",
    "revision",
    "epc",
    "cid",
};
// By the last two.
constexpr std::pair<std::string_view, std::string_view> kIdentityPairs[] = {
    {"serial", "number"},  {"serial", "no"},    {"manufacturer", "data"}, {"service", "data"},
    {"meter", "number"},   {"order", "number"}, {"part", "number"},       {"phone", "number"},
    {"article", "number"}, {"card", "number"},  {"frm", "payload"},       {"adv", "data"},
    {"batch", "number"},   {"lot", "number"},   {"pin", "code"},          {"post", "code"},
    {"mac", "addr"},
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

bool is_word_char(char c) {
    return (lower(c) >= 'a' && lower(c) <= 'z') || (c >= '0' && c <= '9') || (c & 0x80) != 0;
}

bool is_metric_char(char c) {
    return is_word_char(c) || c == '_' || c == '.' || c == '/';
}

template <typename List, typename Word>
bool is_one_of(const List& list, const Word& word) {
    return std::find(std::begin(list), std::end(list), word) != std::end(list);
}

// Sums that begin again by the calendar or with a session, and so are no meters.
constexpr std::string_view kSpans[] = {
    "today",  "yesterday", "daily", "day",     "hourly", "hour", "week",
    "weekly", "monthly",   "month", "session", "year",   "last", "minute",
};
constexpr std::string_view kEnergyUnits[] = {"kWh", "Wh", "MWh"};

// Few and certain: a gauge taken for a counter shows nonsense, the other way round only less.
SeriesKind kind_in(const NameWords& words, std::string_view unit) {
    auto last = words.last();
    if (last == "counter" || last == "pulses") return SeriesKind::Counter;
    if (last == "odometer") return SeriesKind::Meter;
    bool is_energy = is_one_of(kEnergyUnits, unit) || (unit.empty() && words.has("energy"));
    bool is_sum = words.has("total") && !words.has_any(kSpans);
    return is_energy && is_sum ? SeriesKind::Meter : SeriesKind::Gauge;
}

bool is_identity(const NameWords& words) {
    return is_one_of(kIdentities, words.last()) ||
           (words.size() > 1 &&
            is_one_of(kIdentityPairs, std::pair(words[words.size() - 2], words.last())));
}

MetricWords words_of(const NameWords& words) {
    if (words.empty()) return {};
    auto unit = unit_in_name(words);
    return {unit.unit, unit.is_said, kind_in(words, unit.unit), is_identity(words)};
}

}  // namespace

MetricWords metric_words(std::string_view name) {
    return words_of(NameWords(last_key(name)));
}

MetricWords metric_words_of_key(std::string_view key) {
    return words_of(NameWords(key));
}

std::string metric_name(std::string_view name) {
    std::string metric = without_orders(name);
    for (char& c : metric) {
        if (!is_metric_char(c)) c = '_';
    }
    return metric;
}

bool is_metric_name(std::string_view name) {
    auto is_plain = [](char c) { return is_metric_char(c) && (c & 0x80) == 0; };
    return std::all_of(name.begin(), name.end(), is_plain);
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
