#include "telemetry/decoders/vehicle/traccar.h"

#include "telemetry/decoders/plain_text.h"
#include "telemetry/decoders/vehicle/quantity.h"
#include "telemetry/decoders/vehicle/signals.h"

#include <array>

namespace martlet::telemetry::vehicle {

namespace {

struct Place {
    std::string_view path;
    std::string_view metric;
    double scale = 1;
};

constexpr std::array kForwarded = {
    Place{"position.fixTime", "ts"},
    Place{"position.latitude", "lat"},
    Place{"position.longitude", "lon"},
    Place{"position.altitude", "alt"},
    Place{"position.speed", "speed", kKmhInKnot},
    Place{"position.course", "heading"},
    Place{"position.accuracy", "acc"},
    Place{"position.attributes.ignition", "ignition"},
    Place{"position.attributes.odometer", "odometer", 0.001},
    Place{"position.attributes.batteryLevel", "device_battery"},
    Place{"position.attributes.battery", "device_voltage"},
    Place{"position.attributes.power", "battery"},
    Place{"position.attributes.rpm", "rpm"},
    // "fuel" is in litres.
    Place{"position.attributes.fuelLevel", "fuel"},
    Place{"position.attributes.motion", "moving"},
    Place{"position.attributes.sat", "satellites"},
    Place{"position.attributes.hdop", "hdop"},
    Place{"device.name", "name"},
};

constexpr std::array kFromApp = {
    Place{"location.timestamp", "ts"},
    Place{"location.coords.latitude", "lat"},
    Place{"location.coords.longitude", "lon"},
    Place{"location.coords.accuracy", "acc"},
    Place{"location.coords.speed", "speed", kKmhInMs},
    Place{"location.coords.heading", "heading"},
    Place{"location.coords.altitude", "alt"},
    Place{"location.battery.level", "device_battery", 100},
    Place{"location.odometer", "odometer", 0.001},
    Place{"location.is_moving", "moving"},
};

template <std::size_t N>
void put_places(const std::array<Place, N>& places, const PayloadJson& json, Reading& reading) {
    for (const Place& place : places) {
        const JsonLeaf* leaf = json.find(place.path);
        if (leaf == nullptr) continue;
        // The app says -1 for what it does not know.
        double number = 0;
        bool may_be_unknown = place.metric == "speed" || place.metric == "heading" ||
                              place.metric == "device_battery";
        if (may_be_unknown && as_number(*leaf, number) && number == -1) continue;
        put({&signal_of(place.metric), place.scale}, *leaf, reading);
    }
}

std::string text_at(const PayloadJson& json, std::string_view path) {
    const JsonLeaf* leaf = json.find(path);
    if (leaf == nullptr) return {};
    if (leaf->type == LeafType::Integer) return std::to_string(leaf->integer);
    return leaf->type == LeafType::Text ? plain_text(leaf->text) : std::string();
}

void put_alarm(const std::string& alarm, Reading& reading) {
    if (alarm.empty()) return;
    Event event;
    bool is_emergency = alarm == "sos" || alarm == "accident";
    event.kind = is_emergency ? "emergency" : "alarm";
    event.severity = is_emergency ? Severity::Critical : Severity::Warning;
    event.text = alarm;
    reading.events.push_back(std::move(event));
}

void drop_place(Reading& reading) {
    reading.latitude.reset();
    reading.longitude.reset();
    reading.speed_kmh.reset();
    reading.heading_deg.reset();
    reading.altitude_m.reset();
    reading.uncertainty_m.reset();
}

}  // namespace

bool looks_like_traccar(const PayloadJson& json) {
    bool is_forwarded =
        json.find("position.latitude") != nullptr &&
        (json.find("position.deviceId") != nullptr || json.find("device.uniqueId") != nullptr);
    return is_forwarded || json.find("location.coords.latitude") != nullptr;
}

void read_traccar(const PayloadJson& json, Reading& reading, std::string& id) {
    if (json.find("position.latitude") == nullptr) {
        put_places(kFromApp, json, reading);
        id = text_at(json, "device_id");
        return;
    }
    put_places(kForwarded, json, reading);
    id = text_at(json, "device.uniqueId");
    if (id.empty()) id = text_at(json, "position.deviceId");
    put_alarm(text_at(json, "position.attributes.alarm"), reading);
    const JsonLeaf* valid = json.find("position.valid");
    if (valid != nullptr && valid->type == LeafType::Boolean && valid->integer == 0) {
        drop_place(reading);
    }
}

}  // namespace martlet::telemetry::vehicle
