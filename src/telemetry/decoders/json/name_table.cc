#include "telemetry/decoders/json/name_table.h"

#include "base/ascii.h"
#include "telemetry/decoders/json/metric_words.h"
#include "telemetry/emergency.h"
#include "telemetry/payload_time.h"

#include <algorithm>
#include <array>

namespace martlet::telemetry {

namespace {

constexpr std::size_t kNamesMax = 10'000;

constexpr std::string_view kLatitudes[] = {"lat", "latitude"};
constexpr std::string_view kLongitudes[] = {"lon", "lng", "long", "longitude"};
constexpr std::string_view kUnits[] = {"unit",
                                       "units",
                                       "uom",
                                       "unit_of_measurement",
                                       "unit_of_meas",
                                       "engunit",
                                       "unitofmeasurement",
                                       "tempscale",
                                       "temp_scale",
                                       "unit_system",
                                       "unitcode"};
// Units only when their text is one that is known; else values like any other.
constexpr std::string_view kPerhapsUnits[] = {"isfahrenheit",
                                              "fahrenheit",
                                              "usefahrenheit",
                                              "celsius",
                                              "iscelsius",
                                              "usecelsius",
                                              "isimperial",
                                              "imperial",
                                              "useimperial",
                                              "metric",
                                              "ismetric",
                                              "usemetric",
                                              "u",
                                              "scale",
                                              "degree",
                                              "degrees",
                                              "dim",
                                              "dimension"};

// Objects and arrays that tell of whoever received the message.
constexpr std::string_view kReceptions[] = {
    "rx_metadata", "rxmetadata", "rxinfo", "rx_info", "gateways",        "gws",
    "hotspots",    "gtws",       "gwinfo", "rxmeta",  "receivers",       "gateway_info",
    "gatewayinfo", "lrrs",       "rx",     "lrr",     "gateway_metadata"};

// Objects whose place is not the sender's.
constexpr std::string_view kOthers[] = {
    "home",        "destination",  "dest",       "target",    "waypoint", "station", "nearest",
    "gateway",     "gw",           "base",       "site",      "hotspot",  "origin",  "tower",
    "cell",        "next",         "poi",        "beacon",    "from",     "to",      "start",
    "end",         "antenna",      "receiver",   "gtw",       "gtws",     "via",     "bs",
    "basestation", "base_station", "geofence",   "fence",     "zone",     "area",    "region",
    "previous",    "prev",         "last_known", "lastknown", "center",   "centre",  "relay",
    "repeater",    "reader",       "scanner",    "parent",    "leader",   "depot",   "garage",
    "school",      "work"};

// Objects whose place is the sender's: names of places, envelopes, and things that move.
constexpr std::string_view kOwn[] = {"data",
                                     "payload",
                                     "body",
                                     "message",
                                     "msg",
                                     "values",
                                     "value",
                                     "object",
                                     "decoded",
                                     "telemetry",
                                     "state",
                                     "reported",
                                     "attributes",
                                     "properties",
                                     "fields",
                                     "device",
                                     "tracker",
                                     "vehicle",
                                     "d",
                                     "uplink_message",
                                     "decoded_payload",
                                     "locations",
                                     "user",
                                     "sensors",
                                     "sensor",
                                     "status",
                                     "params",
                                     "result",
                                     "info",
                                     "current",
                                     "live",
                                     "latest",
                                     "last",
                                     "event",
                                     "report",
                                     "tpv",
                                     "rmc",
                                     "gga",
                                     "gll",
                                     "nmea",
                                     "gprmc",
                                     "car",
                                     "bike",
                                     "boat",
                                     "truck",
                                     "ship",
                                     "vessel",
                                     "aircraft",
                                     "asset",
                                     "phone",
                                     "mobile",
                                     "tag",
                                     "node",
                                     "nav",
                                     "navigation",
                                     "ais",
                                     "fix",
                                     "point",
                                     "loc",
                                     "pos",
                                     "place",
                                     "geometry",
                                     "geo",
                                     "inner",
                                     "obj",
                                     "content",
                                     "record",
                                     "measurement",
                                     "environment",
                                     "track",
                                     "trackpoint",
                                     "own",
                                     "self",
                                     "me",
                                     "map"};
constexpr std::string_view kOwnParts[] = {"gps", "gnss", "location", "position", "coord", "geoloc"};

constexpr std::string_view kStrongDevices[] = {"mmsi",    "imei",   "icao",      "icao24",
                                               "dev_eui", "deveui", "device_eui"};
constexpr std::string_view kWeakDevices[] = {
    "mac",     "device",        "device_id",    "deviceid",     "devid",      "serial",
    "sn",      "serial_number", "serialnumber", "sensor_id",    "sensorid",   "node_id",
    "nodeid",  "beacon",        "beacon_id",    "eui",          "hex",        "mac_address",
    "address", "addr",          "tag_id",       "unit_id",      "vehicle_id", "asset_id",
    "slave",   "slave_id",      "ieeeaddr",     "ieee_address", "devicename", "device_name",
    "sensor",  "sensor_name",   "node",         "tag",          "probe",      "name",
    "id"};

template <typename List>
bool is_one_of(const List& list, std::string_view word) {
    return std::find(std::begin(list), std::end(list), word) != std::end(list);
}

template <typename Visit>
void each_parent(std::string_view path, std::size_t key_begin, Visit visit) {
    auto parents = path.substr(0, key_begin > 0 ? key_begin - 1 : 0);
    while (!parents.empty()) {
        auto dot = parents.find('.');
        visit(lowered(parents.substr(0, dot).substr(0, 32)));
        if (dot == std::string_view::npos) return;
        parents.remove_prefix(dot + 1);
    }
}

// A name that is a time: whoever writes it has a new name for each value.
bool is_time(std::string_view part) {
    constexpr std::size_t kDigitsMin = 10;
    if (part.size() < kDigitsMin) return false;
    bool is_digits = part.find_first_not_of("0123456789") == std::string_view::npos;
    Time time = 0;
    if (!is_digits) return time_from_text(part, 0, time);
    double number = 0;
    constexpr Time kLatest = 4'102'444'800'000;  // 2100
    return as_number(part, number) && time_from_number(number, time) && time >= kEarliestTime &&
           time < kLatest;
}

void find_time_parents(std::string_view path, std::size_t key_begin, KeyName& name) {
    if (name.role != KeyRole::Measured && name.role != KeyRole::Clock) return;
    if (is_time(name.last)) name.role = KeyRole::TimeNamed;
    if (key_begin == 0) return;
    auto parents = path.substr(0, key_begin - 1);
    auto parent = parents.substr(parents.rfind('.') + 1);
    if (is_time(parent)) name.role = KeyRole::TimeNamed;
    // "timestamps", "times".
    auto one = parent.ends_with('s') ? parent.substr(0, parent.size() - 1) : parent;
    bool is_time_parent =
        time_key(parent).use == TimeUse::Record || time_key(one).use == TimeUse::Record;
    if (!is_time_parent) return;
    // A list of times, or the two halves of a time stamp of protobuf.
    bool is_place = name.last.find_first_not_of("0123456789") == std::string::npos;
    constexpr std::string_view kSeconds[] = {"seconds", "sec", "secs", "epochsecond"};
    constexpr std::string_view kRest[] = {"nanos", "nsec", "nanosec", "nano", "nanoseconds"};
    if (is_place) name.role = KeyRole::TimeColumn;
    if (is_one_of(kRest, name.last)) name.role = KeyRole::Ignored;
    if (!is_one_of(kSeconds, name.last)) return;
    name.role = KeyRole::Clock;
    name.time_key = {TimeUse::Record, TimeScale::Seconds, 1, false};
}

// "TempUnit", "pressure_unit", "unit_temperature": the quantity; empty: it is no such key.
std::string_view quantity_of_unit_key(std::string_view last) {
    for (std::string_view tail : {"_unit_of_measurement", "unitofmeasurement", "_units", "_unit",
                                  "units", "unit", "_uom"}) {
        if (last.size() > tail.size() && last.ends_with(tail))
            return last.substr(0, last.size() - tail.size());
    }
    for (std::string_view head : {"unit_of_", "unitof", "unit_", "units_"}) {
        if (last.size() > head.size() && last.starts_with(head)) return last.substr(head.size());
    }
    return {};
}

// "units.temperature", "current_units.wind": the unit of the value of that name.
bool is_in_units(std::string_view path, std::size_t key_begin, KeyName& name) {
    if (key_begin == 0) return false;
    auto parents = path.substr(0, key_begin - 1);
    auto parent = lowered(parents.substr(parents.rfind('.') + 1).substr(0, 32));
    bool is_units = parent == "units" || parent == "unit" || parent.ends_with("_units");
    if (!is_units) return false;
    name.unit_object = parent;
    name.stem = name.last;
    return true;
}

KeyRole role_of(std::string_view last, KeyName& name) {
    if (is_one_of(kLatitudes, last)) return KeyRole::Latitude;
    if (is_one_of(kLongitudes, last)) return KeyRole::Longitude;
    if (is_one_of(kUnits, last)) return KeyRole::Unit;
    if (is_one_of(kPerhapsUnits, last)) return KeyRole::PerhapsUnit;
    if (auto stem = quantity_of_unit_key(last); !stem.empty()) {
        name.stem = stem;
        return KeyRole::UnitOf;
    }
    return KeyRole::Measured;
}

}  // namespace

bool is_reception_key(std::string_view key) {
    return key.size() <= 32 && is_one_of(kReceptions, lowered(key));
}

void NameTable::begin_message() {
    if (names_.size() < kNamesMax) return;
    names_.clear();
    age_++;
}

bool is_own_place(std::string_view parent) {
    bool is_number = parent.find_first_not_of("0123456789") == std::string_view::npos;
    if (is_number || is_one_of(kOwn, parent)) return true;
    return std::any_of(std::begin(kOwnParts), std::end(kOwnParts), [&](std::string_view part) {
        return parent.find(part) != std::string_view::npos;
    });
}

const KeyName& NameTable::find(std::string_view path, std::size_t key_begin) {
    static const KeyName too_long{.role = KeyRole::TooLong};
    // Not remembered, since it may be as long as the payload.
    if (path.size() > kPathBytesMax) return too_long;
    auto found = names_.find(path);
    if (found != names_.end()) return *found->second;
    auto name = std::make_unique<const KeyName>(make(path, key_begin));
    return *names_.emplace(std::string(path), std::move(name)).first->second;
}

KeyName NameTable::make(std::string_view path, std::size_t key_begin) const {
    KeyName name;
    auto last = path.substr(std::min(key_begin, path.size()));
    name.last = lowered(last);
    name.time_key = time_key(last);
    name.metric = path.empty() ? "value" : metric_name(path);
    bool is_placed = form_ && !form_->places.empty();
    for (std::size_t i = 0; form_ && i < form_->keys.size(); i++) {
        const KeyRule& rule = form_->keys[i];
        PathCaptures captures;
        if (!rule.path.matches(path, captures)) continue;
        KeyName ruled = name;
        ruled.conditional.clear();
        assume(ruled, path, last);
        apply(rule, captures, ruled);
        // A pattern over many keys does not take places away.
        KeyRole role = role_of(ruled.last, ruled);
        bool is_place = role == KeyRole::Latitude || role == KeyRole::Longitude;
        if (is_place && !is_placed && rule.use == KeyUse::Sample) ruled.role = role;
        // Nor does it take a unit away from the values beside it.
        bool is_unit =
            role == KeyRole::Unit || role == KeyRole::UnitOf || role == KeyRole::PerhapsUnit;
        bool is_wide = !rule.path.is_plain() && !rule.unit && !rule.kind;
        if (is_unit && is_wide && rule.use == KeyUse::Sample) ruled.role = role;
        if (!rule.conditions.empty()) {
            name.conditional.push_back(std::make_shared<const KeyName>(std::move(ruled)));
            continue;
        }
        ruled.conditional = std::move(name.conditional);
        return ruled;
    }
    name.role = role_of(name.last, name);
    if (is_in_units(path, key_begin, name)) name.role = KeyRole::UnitOf;
    if (name.role == KeyRole::Measured && name.time_key.use != TimeUse::None)
        name.role = KeyRole::Clock;
    find_time_parents(path, key_begin, name);
    each_parent(path, key_begin, [&](const std::string& parent) {
        if (is_reception_key(parent)) name.role = KeyRole::Reception;
        name.is_of_another = name.is_of_another || is_one_of(kOthers, parent);
        name.is_of_unknown = name.is_of_unknown || !is_own_place(parent);
    });
    if (form_ && form_->drops_others && name.role == KeyRole::Measured)
        name.role = KeyRole::Ignored;
    assume(name, path, last);
    auto said = overrides_->find(name.metric);
    if (said == overrides_->end()) return name;
    if (said->second.unit) {
        name.unit = *said->second.unit;
        name.unit_source = UnitSource::Operator;
    }
    name.kind = said->second.kind.value_or(name.kind);
    return name;
}

void NameTable::assume(KeyName& name, std::string_view path, std::string_view last) {
    // "currents.0": a place in a list is named by its list.
    bool is_place = !last.empty() && std::all_of(last.begin(), last.end(),
                                                 [](char c) { return c >= '0' && c <= '9'; });
    auto words = is_place ? metric_words(path) : metric_words_of_key(last);
    name.unit = name.last == "var" ? std::string_view() : words.unit;  // a variance by itself
    name.is_unit_told = words.is_unit_said;
    name.kind = words.kind;
    name.is_identity = words.is_identity;
    name.can_alarm = alarm_key(path);
    if (is_one_of(kStrongDevices, name.last)) name.device_rank = kStrongDevice;
    if (is_one_of(kWeakDevices, name.last)) name.device_rank = kWeakDevice;
}

void NameTable::apply(const KeyRule& rule, const PathCaptures& captures, KeyName& name) {
    name.rule = &rule;
    for (std::size_t i = 0; i < captures.count; i++) name.stars.emplace_back(captures.texts[i]);
    name.is_identity = name.is_identity && rule.use == KeyUse::Sample && !rule.unit && !rule.kind;
    if (rule.use == KeyUse::Ignore) name.role = KeyRole::Ignored;
    if (rule.unit) {
        name.unit = *rule.unit;
        name.unit_source = UnitSource::Mapped;
    }
    name.kind = rule.kind.value_or(name.kind);
    if (rule.metric.is_empty()) return;
    // A metric that depends on more than the path is filled in for each message.
    struct Stars final : TemplateValues {
        const PathCaptures* captures;
        bool append_topic(std::string_view, std::string&) const override { return false; }
        bool append_value(std::string_view, std::string&) const override { return false; }
        bool append_values(std::string_view, const std::vector<std::string>&,
                           std::string&) const override {
            return false;
        }
        bool append_star(std::size_t index, std::string& text) const override {
            if (index >= captures->count) return false;
            text += captures->texts[index];
            return true;
        }
    } stars;
    stars.captures = &captures;
    std::string metric;
    if (rule.metric.is_of_path() && rule.metric.fill(stars, metric))
        name.metric = metric_name(metric);
}

}  // namespace martlet::telemetry
