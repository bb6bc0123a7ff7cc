#include "telemetry/decoders/vehicle/traccar.h"

#include "telemetry/decoders/plain_text.h"
#include "telemetry/decoders/vehicle/quantity.h"
#include "telemetry/decoders/vehicle/signals.h"
#include "telemetry/decoders/vehicle/traccar_event.h"

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
void put_places(const std::array<Place, N>& places, const JsonBlock& block, Reading& reading) {
    for (const Place& place : places) {
        const JsonLeaf* leaf = block.find(place.path);
        if (leaf == nullptr) continue;
        // The app says -1 for what it does not know.
        double number = 0;
        bool may_be_unknown = place.metric == "speed" || place.metric == "heading" ||
                              place.metric == "device_battery";
        if (may_be_unknown && as_number(*leaf, number) && number == -1) continue;
        put({&signal_of(place.metric), place.scale}, *leaf, reading);
    }
}

// Attributes of the tracker's own that speak of alarms: "sos": true.
void put_other_alarms(const JsonBlock& block, Reading& reading) {
    constexpr std::string_view kPath = "position.attributes.";
    constexpr std::string_view kAlarm = "alarm";
    for (const JsonLeaf& leaf : block.leaves()) {
        std::string_view path = block.path_of(leaf);
        if (!path.starts_with(kPath)) continue;
        std::string_view name = path.substr(kPath.size());
        bool is_listed = name.starts_with(kAlarm) && leaf.type == LeafType::Text;
        if (!is_listed) put_alarm(name, leaf, reading);
    }
}

void drop_place(Reading& reading) {
    reading.latitude.reset();
    reading.longitude.reset();
    reading.speed_kmh.reset();
    reading.heading_deg.reset();
    reading.altitude_m.reset();
    reading.uncertainty_m.reset();
}

// The names by which an object of Traccar is known, below its own.
constexpr std::array<std::string_view, 4> kMarks = {"device.uniqueId", "position.deviceId",
                                                    "event.deviceId", "location.coords.latitude"};

constexpr std::size_t kBlocksMax = 100;

// False: the leaf is no mark.
bool find_mark(const JsonLeaf& leaf, std::string_view& prefix) {
    for (std::string_view mark : kMarks) {
        if (!leaf.path.ends_with(mark)) continue;
        prefix = leaf.path.substr(0, leaf.path.size() - mark.size());
        if (prefix.empty() || prefix.back() == '.') return true;
    }
    return false;
}

// The leaves that follow one another with this prefix, around the one at `at`.
JsonBlock block_around(const std::vector<JsonLeaf>& leaves, std::size_t at,
                       std::string_view prefix) {
    std::size_t first = at;
    while (first > 0 && leaves[first - 1].path.starts_with(prefix)) first--;
    std::size_t end = at + 1;
    while (end < leaves.size() && leaves[end].path.starts_with(prefix)) end++;
    return {std::span(leaves).subspan(first, end - first), prefix};
}

bool is_of_traccar(const JsonBlock& block) {
    bool has_device = block.find("device.uniqueId") != nullptr;
    bool has_place = block.find("position.latitude") != nullptr;
    bool has_event = block.find("event.type") != nullptr;
    return has_event || (has_place && (has_device || block.find("position.deviceId") != nullptr)) ||
           block.find("location.coords.latitude") != nullptr;
}

// Of all objects of Traccar in the document, in their order.
std::vector<JsonBlock> blocks_of(const PayloadJson& json) {
    std::vector<JsonBlock> blocks;
    const std::vector<JsonLeaf>& leaves = json.leaves();
    for (std::size_t at = 0; at < leaves.size() && blocks.size() < kBlocksMax; at++) {
        std::string_view prefix;
        if (!find_mark(leaves[at], prefix)) continue;
        JsonBlock block = block_around(leaves, at, prefix);
        if (is_of_traccar(block)) blocks.push_back(block);
        // What lies behind its end may be another.
        at = static_cast<std::size_t>(&block.leaves().back() - leaves.data());
    }
    return blocks;
}

void read_block(const JsonBlock& block, Reading& reading) {
    if (block.find("location.coords.latitude") != nullptr) {
        put_places(kFromApp, block, reading);
        reading.id = block.text_at("device_id");
        return;
    }
    put_places(kForwarded, block, reading);
    for (std::string_view path :
         {"device.uniqueId", "uniqueId", "position.deviceId", "event.deviceId"}) {
        if (reading.id.empty()) reading.id = block.text_at(path);
    }
    put_traccar_event(block, reading);
    put_other_alarms(block, reading);
    const JsonLeaf* valid = block.find("position.valid");
    if (valid != nullptr && valid->type == LeafType::Boolean && valid->integer == 0) {
        drop_place(reading);
    }
}

}  // namespace

bool may_be_traccar(std::string_view payload) {
    return payload.find("\"uniqueId\"") != std::string_view::npos ||
           payload.find("\"deviceId\"") != std::string_view::npos ||
           payload.find("\"device_id\"") != std::string_view::npos;
}

bool looks_like_traccar(const PayloadJson& json) {
    return !blocks_of(json).empty();
}

void read_traccar(const PayloadJson& json, Time received, std::vector<Reading>& readings) {
    for (const JsonBlock& block : blocks_of(json)) {
        read_block(block, readings.emplace_back(received));
    }
}

}  // namespace martlet::telemetry::vehicle
