#include "telemetry/decoders/json/declarations.h"

#include "base/ascii.h"
#include "telemetry/topic_levels.h"
#include "telemetry/units.h"

#include <utility>

namespace martlet::telemetry {

namespace {

// The topic without its last level; empty: it has one level only.
std::string_view parent_of(std::string_view topic) {
    auto slash = topic.rfind('/');
    return slash == std::string_view::npos ? std::string_view() : topic.substr(0, slash);
}

// "{id}.nodes.{node}.properties.{property}.unit" of a Homie description as topic levels.
bool declare_homie_leaf(std::string_view device, const JsonLeaf& leaf, Declarations& declarations) {
    auto levels = std::string_view(leaf.path);
    constexpr std::string_view kNodes = "nodes.";
    constexpr std::string_view kProperties = ".properties.";
    constexpr std::string_view kUnit = ".unit";
    if (!levels.starts_with(kNodes) || !levels.ends_with(kUnit) || leaf.type != LeafType::Text)
        return false;
    levels = levels.substr(kNodes.size(), levels.size() - kNodes.size() - kUnit.size());
    auto properties = levels.find(kProperties);
    if (properties == std::string_view::npos) return false;
    std::string topic(device);
    topic += '/';
    topic += levels.substr(0, properties);
    topic += '/';
    topic += levels.substr(properties + kProperties.size());
    declarations.set(topic, "", {stated_unit(leaf.text), std::nullopt});
    return true;
}

}  // namespace

void Declarations::set(std::string_view topic, std::string_view path, Declared declared) {
    if (topic.empty() || topic.size() + path.size() > kNameBytesMax) return;
    age_++;
    TopicDeclarations& paths = topics_.touch(topic);
    if (auto found = paths.find(path); found != paths.end()) {
        found->second = std::move(declared);
    } else if (paths.size() < kPathsMax) {
        paths.emplace(std::string(path), std::move(declared));
    }
}

bool may_declare(std::string_view topic) {
    bool is_attribute =
        topic.find("/$") != std::string_view::npos || topic.ends_with("/unit_of_measurement");
    return is_attribute || topic.ends_with("/config") || topic.starts_with("tasmota/discovery") ||
           topic.find("/bridge/") != std::string_view::npos;
}

bool read_attribute(std::string_view topic, std::string_view payload, Declarations& declarations) {
    auto slash = topic.rfind('/');
    // Home Assistant's statestream: the unit of ".../state" on a topic beside it.
    constexpr std::string_view kUnitTopic = "/unit_of_measurement";
    if (topic.ends_with(kUnitTopic) && payload.size() <= 64) {
        if (payload.size() > 2 && payload.front() == '"')
            payload = payload.substr(1, payload.size() - 2);
        declarations.set(std::string(parent_of(topic)) + "/state", "",
                         {stated_unit(payload), std::nullopt});
        return true;
    }
    if (slash == std::string_view::npos || !topic.substr(slash + 1).starts_with('$')) return false;
    auto attribute = lowered(topic.substr(slash + 1).substr(0, 16));
    // The state of the device is a measurement like any other.
    if (attribute == "$state" || attribute == "$online") return false;
    if (attribute == "$unit" && payload.size() <= 64)
        declarations.set(parent_of(topic), "", {stated_unit(payload), std::nullopt});
    return true;
}

bool read_description(std::string_view topic, const PayloadJson& json, Declarations& declarations) {
    if (topic.ends_with("/$description")) {
        for (const JsonLeaf& leaf : json.leaves())
            declare_homie_leaf(parent_of(topic), leaf, declarations);
        return true;
    }
    auto levels = topic_levels(topic);
    // Tasmota's sensors tell their units again with each measurement.
    return levels.size() >= 3 && levels[0] == "tasmota" && levels[1] == "discovery";
}

}  // namespace martlet::telemetry
