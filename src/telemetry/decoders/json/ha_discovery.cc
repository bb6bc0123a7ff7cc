// Home Assistant's discovery: what a sensor's configuration message declares.

#include "base/ascii.h"
#include "telemetry/decoders/json/declarations.h"
#include "telemetry/decoders/json/value_template.h"
#include "telemetry/units.h"

#include <algorithm>
#include <array>
#include <utility>

namespace martlet::telemetry {

namespace {

// Members of one entity, by their long and short names.
struct Entity {
    std::string_view state_topic;
    std::string_view unit;
    std::string_view value_template;
    std::string_view state_class;
    bool has_unit = false;
};

struct Member {
    std::string_view name;
    std::string_view abbreviation;
    std::string_view Entity::*value;
};
constexpr std::array<Member, 4> kMembers = {{
    {"state_topic", "stat_t", &Entity::state_topic},
    {"unit_of_measurement", "unit_of_meas", &Entity::unit},
    {"value_template", "val_tpl", &Entity::value_template},
    {"state_class", "stat_cla", &Entity::state_class},
}};

constexpr std::string_view kMarks[] = {"state_topic",
                                       "stat_t",
                                       "command_topic",
                                       "cmd_t",
                                       "unique_id",
                                       "uniq_id",
                                       "device_class",
                                       "dev_cla",
                                       "availability_topic",
                                       "avty_t",
                                       "availability",
                                       "avty",
                                       "unit_of_measurement",
                                       "unit_of_meas",
                                       "value_template",
                                       "val_tpl",
                                       "schema",
                                       "topic",
                                       "components",
                                       "cmps",
                                       "automation_type",
                                       "atype",
                                       "json_attributes_topic",
                                       "json_attr_t"};

// "components.temp.unit_of_meas" is "unit_of_meas" of the entity "components.temp.".
std::string_view entity_prefix(std::string_view path) {
    if (!path.starts_with("components.") && !path.starts_with("cmps.")) return {};
    auto second = path.find('.', path.find('.') + 1);
    return second == std::string_view::npos ? std::string_view() : path.substr(0, second + 1);
}

std::optional<SeriesKind> kind_of(std::string_view state_class) {
    if (state_class == "total_increasing") return SeriesKind::Counter;
    if (state_class == "total") return SeriesKind::Meter;
    if (state_class == "measurement") return SeriesKind::Gauge;
    return std::nullopt;
}

// "~" stands for the base topic, at either end.
std::string with_base(std::string_view topic, std::string_view base) {
    std::string whole;
    if (topic.starts_with('~')) {
        whole = base;
        topic.remove_prefix(1);
    }
    bool ends = topic.ends_with('~');
    whole += topic.substr(0, topic.size() - (ends ? 1 : 0));
    if (ends) whole += base;
    return whole;
}

void declare(const Entity& entity, std::string_view base, Declarations& declarations) {
    if (entity.state_topic.empty()) return;
    std::string path;
    if (!entity.value_template.empty() && !path_of_template(entity.value_template, path)) return;
    std::optional<SeriesKind> kind = kind_of(entity.state_class);
    if (!entity.has_unit && !kind) return;
    declarations.set(with_base(entity.state_topic, base), path, {stated_unit(entity.unit), kind});
}

std::string_view text_at(const PayloadJson& json, std::string_view path) {
    const JsonLeaf* leaf = json.find(path);
    return leaf && leaf->type == LeafType::Text ? leaf->text : std::string_view();
}

}  // namespace

bool read_ha_discovery(std::string_view topic, const PayloadJson& json,
                       Declarations& declarations) {
    if (!topic.ends_with("/config") || !json.is_object()) return false;
    auto is_mark = [&](const JsonLeaf& leaf) {
        auto first = leaf.path.substr(0, leaf.path.find('.'));
        return std::find(std::begin(kMarks), std::end(kMarks), first) != std::end(kMarks);
    };
    const auto& leaves = json.leaves();
    if (std::none_of(leaves.begin(), leaves.end(), is_mark)) return false;
    auto base = text_at(json, "~");
    auto shared_topic = text_at(json, "state_topic");
    if (shared_topic.empty()) shared_topic = text_at(json, "stat_t");
    std::string_view prefix = entity_prefix(leaves.empty() ? "" : leaves.front().path);
    Entity entity;
    auto finish = [&] {
        if (entity.state_topic.empty()) entity.state_topic = shared_topic;
        declare(entity, base, declarations);
        entity = {};
    };
    for (const JsonLeaf& leaf : leaves) {
        auto own = entity_prefix(leaf.path);
        if (own != prefix) finish();
        prefix = own;
        if (leaf.type != LeafType::Text) continue;
        for (const Member& member : kMembers) {
            auto key = leaf.path.substr(own.size());
            if (key != member.name && key != member.abbreviation) continue;
            entity.*member.value = leaf.text;
            entity.has_unit = entity.has_unit || member.value == &Entity::unit;
        }
    }
    finish();
    return true;
}

}  // namespace martlet::telemetry
