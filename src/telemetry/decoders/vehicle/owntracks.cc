#include "telemetry/decoders/vehicle/owntracks.h"

#include "telemetry/decoders/plain_text.h"
#include "telemetry/decoders/vehicle/signals.h"

#include <algorithm>
#include <array>

namespace martlet::telemetry::vehicle {

namespace {

struct Key {
    std::string_view key;
    std::string_view metric;
};

constexpr std::array kLocationKeys = {
    Key{"tst", "ts"},        Key{"lat", "lat"},
    Key{"lon", "lon"},       Key{"alt", "alt"},
    Key{"vel", "speed"},     Key{"cog", "heading"},
    Key{"acc", "acc"},       Key{"batt", "device_battery"},
    Key{"p", "pressure"},    Key{"odometer", "odometer"},
    Key{"ign", "ignition"},  Key{"rpm", "rpm"},
    Key{"flvl", "fuel"},     Key{"fcon", "fuel_consumption"},
    Key{"uext", "battery"},  Key{"ubatt", "device_voltage"},
    Key{"motion", "moving"}, Key{"vin", "vin"},
    Key{"imei", "imei"},     Key{"name", "name"},
};

constexpr std::array<std::string_view, 9> kNothingTypes = {"cmd",           "waypoint", "waypoints",
                                                           "configuration", "dump",     "steps",
                                                           "beacon",        "request",  "status"};

std::string_view text_at(const PayloadJson& json, std::string_view path) {
    const JsonLeaf* leaf = json.find(path);
    return leaf != nullptr && leaf->type == LeafType::Text ? leaf->text : std::string_view();
}

void put_fact(std::string_view name, std::string_view text, Reading& reading) {
    std::string plain = plain_text(text, 64);
    if (!plain.empty()) reading.facts.emplace_back(name, std::move(plain));
}

void put_state(std::string_view metric, Value value, Reading& reading) {
    reading.measures.push_back({std::string(metric), "", SeriesKind::State, std::move(value)});
}

void put_states(const PayloadJson& json, Reading& reading) {
    std::string_view connection = text_at(json, "conn");
    if (connection == "w") put_state("connection", "wifi", reading);
    if (connection == "o") put_state("connection", "offline", reading);
    if (connection == "m") put_state("connection", "mobile", reading);
    const JsonLeaf* battery = json.find("bs");
    if (battery == nullptr || battery->type != LeafType::Integer) return;
    if (battery->integer == 1) put_state("charging", std::int64_t{0}, reading);
    if (battery->integer == 2 || battery->integer == 3) {
        put_state("charging", std::int64_t{1}, reading);
    }
}

// Of trackers in vehicles: why this location was sent.
void put_trigger(const PayloadJson& json, Reading& reading) {
    std::string_view trigger = text_at(json, "t");
    bool is_ignition = trigger == "I" || trigger == "i";
    if (is_ignition && !reading.ignition) reading.ignition = trigger == "I";
    if (trigger != "h" && trigger != "s") return;
    Event event;
    event.kind = trigger == "h" ? "harsh_driving" : "over_speed";
    event.severity = Severity::Warning;
    reading.events.push_back(std::move(event));
}

// Phones say -1 for what they do not know.
bool is_unknown(std::string_view key, const JsonLeaf& leaf) {
    constexpr std::array<std::string_view, 4> kKeys = {"vel", "cog", "acc", "batt"};
    double number = 0;
    return as_number(leaf, number) && number == -1 &&
           std::find(kKeys.begin(), kKeys.end(), key) != kKeys.end();
}

void read_location(const PayloadJson& json, Reading& reading) {
    for (const Key& key : kLocationKeys) {
        const JsonLeaf* leaf = json.find(key.key);
        if (leaf != nullptr && !is_unknown(key.key, *leaf)) {
            put({&signal_of(key.metric), 1}, *leaf, reading);
        }
    }
    put_fact("tracker_id", text_at(json, "tid"), reading);
    put_states(json, reading);
    put_trigger(json, reading);
    // What an app adds of its own: "sos", "alarm".
    for (const JsonLeaf& leaf : json.leaves()) put_alarm(leaf.path, leaf, reading);
}

void read_transition(const PayloadJson& json, Reading& reading) {
    for (std::string_view key : {"tst", "lat", "lon", "acc"}) {
        const JsonLeaf* leaf = json.find(key);
        if (leaf != nullptr) put({&signal_of(key == "tst" ? "ts" : key), 1}, *leaf, reading);
    }
    std::string_view what = text_at(json, "event");
    if (what != "enter" && what != "leave") return;
    Event event;
    event.kind = what == "enter" ? "zone_enter" : "zone_leave";
    event.text = plain_text(text_at(json, "desc"));
    reading.events.push_back(std::move(event));
}

void read_card(const PayloadJson& json, Reading& reading) {
    reading.name = plain_text(text_at(json, "name"), 64);
    put_fact("tracker_id", text_at(json, "tid"), reading);
}

}  // namespace

OwnTracks read_owntracks(const PayloadJson& json, Reading& reading) {
    std::string_view type = text_at(json, "_type");
    if (type.empty()) return {Verdict::Unreadable, "no _type", {}};
    if (type == "location") {
        read_location(json, reading);
        bool has_place = reading.latitude && reading.longitude;
        if (!has_place && reading.implausible.empty()) return {Verdict::Unreadable, "no place", {}};
        return {Verdict::Read, {}, true};
    }
    if (type == "transition") {
        read_transition(json, reading);
        return {};
    }
    if (type == "lwt") {
        // Its time is that of the connection, not of its loss.
        return {Verdict::Read, {}, false};
    }
    if (type == "card") {
        read_card(json, reading);
        return {};
    }
    if (type == "encrypted") return {Verdict::Opaque, "encrypted", {}};
    bool is_known =
        std::find(kNothingTypes.begin(), kNothingTypes.end(), type) != kNothingTypes.end();
    return is_known ? OwnTracks{Verdict::Nothing, {}, {}}
                    : OwnTracks{Verdict::Unreadable, "unknown _type", {}};
}

}  // namespace martlet::telemetry::vehicle
