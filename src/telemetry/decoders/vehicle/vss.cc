#include "telemetry/decoders/vehicle/vss.h"

#include "telemetry/decoders/vehicle/signals.h"

#include <algorithm>
#include <array>
#include <string>

namespace martlet::telemetry::vehicle {

namespace {

constexpr std::string_view kRoot = "Vehicle.";

struct Leaf {
    std::string_view path;  // below "Vehicle."
    std::string_view metric;
};

constexpr std::array kLeaves = {
    Leaf{"Speed", "speed"},
    Leaf{"IsMoving", "moving"},
    Leaf{"CurrentLocation.Latitude", "lat"},
    Leaf{"CurrentLocation.Longitude", "lon"},
    Leaf{"CurrentLocation.Heading", "heading"},
    Leaf{"CurrentLocation.Altitude", "alt"},
    Leaf{"CurrentLocation.HorizontalAccuracy", "acc"},
    Leaf{"CurrentLocation.Timestamp", "ts"},
    Leaf{"Powertrain.CombustionEngine.Speed", "rpm"},
    Leaf{"Powertrain.CombustionEngine.Engine.Speed", "rpm"},
    Leaf{"Powertrain.CombustionEngine.ECT", "coolant"},
    Leaf{"Powertrain.CombustionEngine.Engine.ECT", "coolant"},
    Leaf{"Powertrain.CombustionEngine.EngineCoolant.Temperature", "coolant"},
    Leaf{"Powertrain.FuelSystem.RelativeLevel", "fuel"},
    Leaf{"Powertrain.TractionBattery.StateOfCharge.Current", "soc"},
    Leaf{"LowVoltageBattery.CurrentVoltage", "battery"},
    Leaf{"Diagnostics.DTCList", "dtc"},
    Leaf{"Diagnostics.DTCCount", "dtc_count"},
    Leaf{"VehicleIdentification.VIN", "vin"},
};

std::string_view without_place(std::string_view path) {
    std::size_t dot = path.rfind('.');
    bool is_place = dot != std::string_view::npos && dot + 1 < path.size() &&
                    path.find_first_not_of("0123456789", dot + 1) == std::string_view::npos;
    return is_place ? path.substr(0, dot) : path;
}

// Whole numbers are metres, as in newer trees; with a fraction kilometres, as in older ones.
double distance_scale(const JsonLeaf& leaf) {
    if (leaf.type == LeafType::Integer) return 0.001;
    bool is_whole_text = leaf.type == LeafType::Text &&
                         leaf.text.find_first_not_of("0123456789 ") == std::string_view::npos;
    return is_whole_text ? 0.001 : 1;
}

// Puts the value at `at` ("data", "data.0") for the path that stands beside it.
void put_data(const PayloadJson& json, const std::string& at, Reading& reading) {
    const JsonLeaf* path = json.find(at + ".path");
    if (path == nullptr || path->type != LeafType::Text) return;
    std::string dotted(path->text);
    std::replace(dotted.begin(), dotted.end(), '/', '.');
    if (!is_vss_path(dotted)) return;
    for (const char* place : {".dp", ".dp.0"}) {
        const JsonLeaf* time = json.find(at + place + ".ts");
        if (time != nullptr) put({&signal_of("ts"), 1}, *time, reading);
        const JsonLeaf* value = json.find(at + place + ".value");
        if (value != nullptr) put_vss(dotted, *value, reading);
    }
}

}  // namespace

bool is_vss_path(std::string_view path) {
    return path.starts_with(kRoot) && path.size() > kRoot.size();
}

void put_vss(std::string_view path, const JsonLeaf& leaf, Reading& reading) {
    std::string_view below = without_place(path.substr(kRoot.size()));
    for (const Leaf& known : kLeaves) {
        if (known.path == below) return put({&signal_of(known.metric), 1}, leaf, reading);
    }
    if (below == "TraveledDistance") {
        return put({&signal_of("odometer"), distance_scale(leaf)}, leaf, reading);
    }
    if (below.starts_with("OBD.")) {
        if (NamedSignal named = find_signal(below.substr(4)); named.signal != nullptr) {
            return put(named, leaf, reading);
        }
    }
    put_unknown(path.substr(kRoot.size()), leaf, reading);
}

bool read_viss(const PayloadJson& json, Reading& reading) {
    constexpr int kPathsMax = 100;
    if (json.find("action") == nullptr) return false;
    if (json.find("data.path") != nullptr) {
        put_data(json, "data", reading);
        return true;
    }
    int i = 0;
    while (i < kPathsMax && json.find("data." + std::to_string(i) + ".path") != nullptr) {
        put_data(json, "data." + std::to_string(i), reading);
        i++;
    }
    return i > 0;
}

}  // namespace martlet::telemetry::vehicle
