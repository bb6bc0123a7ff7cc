// The device list of zigbee2mqtt: which unit each value of a device has.

#include "telemetry/decoders/json/declarations.h"
#include "telemetry/topic_levels.h"
#include "telemetry/units.h"

#include <map>

namespace martlet::telemetry {

namespace {

constexpr std::string_view kBridge = "/bridge/";

// The object that a leaf stands in: "3.definition.exposes.1.unit" stands in
// "3.definition.exposes.1.".
std::string_view object_of(std::string_view path) {
    return path.substr(0, path.rfind('.') + 1);
}

struct Expose {
    std::string_view property;
    std::string_view unit;
};

// All exposes of one device; those of a list of features follow one another.
using Exposes = std::map<std::string_view, Expose, std::less<>>;

void declare(std::string_view base, std::string_view name, const Exposes& exposes,
             Declarations& declarations) {
    if (name.empty()) return;
    std::string topic(base);
    topic += '/';
    topic += name;
    for (const auto& [object, expose] : exposes) {
        if (expose.property.empty() || expose.unit.empty()) continue;
        declarations.set(topic, expose.property, {stated_unit(expose.unit), std::nullopt});
    }
}

void read_devices(std::string_view base, const PayloadJson& json, Declarations& declarations) {
    std::string_view device;  // its place in the list
    std::string_view name;
    Exposes exposes;
    for (const JsonLeaf& leaf : json.leaves()) {
        auto place = leaf.path.substr(0, leaf.path.find('.'));
        if (place != device) {
            declare(base, name, exposes, declarations);
            exposes.clear();
            name = {};
            device = place;
        }
        if (leaf.type != LeafType::Text) continue;
        auto key = leaf.path.substr(leaf.path.rfind('.') + 1);
        if (leaf.path.size() == place.size() + 1 + key.size() && key == "friendly_name")
            name = leaf.text;
        bool is_exposed = leaf.path.find(".exposes.") != std::string_view::npos;
        if (is_exposed && key == "property") exposes[object_of(leaf.path)].property = leaf.text;
        if (is_exposed && key == "unit") exposes[object_of(leaf.path)].unit = leaf.text;
    }
    declare(base, name, exposes, declarations);
}

}  // namespace

bool read_zigbee_bridge(std::string_view topic, const PayloadJson& json,
                        Declarations& declarations) {
    auto bridge = topic.find(kBridge);
    if (bridge == std::string_view::npos) return false;
    auto what = topic.substr(bridge + kBridge.size());
    if (what == "state" || what == "health") return false;
    if (what == "devices" && json.is_array()) {
        read_devices(topic.substr(0, bridge), json, declarations);
        return true;
    }
    for (std::string_view known : {"info", "groups", "definitions", "extensions", "converters",
                                   "config", "logging", "log", "event", "networkmap"}) {
        if (what == known) return true;
    }
    return what.starts_with("response/") || what.starts_with("request/") ||
           what.starts_with("config/");
}

}  // namespace martlet::telemetry
