#include "telemetry/mapping/map_set.h"

#include "base/ascii.h"
#include "base/text.h"

#include <algorithm>
#include <utility>

namespace martlet::telemetry {

namespace {

// Capital letters do not count; '*' stands for any text, and '|' parts several values.
bool has_value(const JsonLeaf& leaf, const std::string& expected) {
    std::string text;
    append_leaf_text(leaf, text);
    text = lowered(text);
    std::string all = lowered(expected);
    std::string_view star;
    for (std::string_view rest = all;;) {
        auto bar = rest.find('|');
        if (matches_glob(rest.substr(0, bar), text, star)) return true;
        if (bar == std::string_view::npos) return false;
        rest.remove_prefix(bar + 1);
    }
}

bool is_true(const JsonLeaf& leaf) {
    switch (leaf.type) {
        case LeafType::Null:
            return false;
        case LeafType::Boolean:
        case LeafType::Integer:
        case LeafType::Real:
            return leaf.number != 0;
        case LeafType::Text: {
            auto word = lowered(leaf.text.substr(0, 6));
            return !(word.empty() || word == "0" || word == "false" || word == "off" ||
                     word == "no");
        }
        default:
            return true;
    }
}

// How particular the form's topic is, level by level from the left: more in the order of texts.
std::string particularity(const MapForm& form, std::string_view topic) {
    std::string best;
    TopicCaptures captures;
    for (const TopicPattern& pattern : form.topics)
        if (pattern.matches(topic, captures)) best = std::max(best, pattern.particularity());
    return best;
}

std::vector<std::shared_ptr<const Map>> read_shipped_maps() {
    std::vector<std::shared_ptr<const Map>> maps;
    for (const ShippedMap& file : shipped_map_files()) {
        auto map = parse_map(file.name, file.text);
        if (!map) continue;
        map.value().is_shipped = true;
        maps.push_back(std::make_shared<const Map>(std::move(map).value()));
    }
    return maps;
}

}  // namespace

void append_leaf_text(const JsonLeaf& leaf, std::string& text) {
    switch (leaf.type) {
        case LeafType::Text:
            text += leaf.text;
            break;
        case LeafType::Integer:
            text += fmt::format("{}", leaf.integer);
            break;
        case LeafType::Real:
            // Digits as they were written, where a number cannot hold them.
            if (leaf.text.empty())
                text += fmt::format("{}", leaf.number);
            else
                text += leaf.text;
            break;
        case LeafType::Boolean:
            text += leaf.integer != 0 ? "true" : "false";
            break;
        default:
            break;
    }
}

const JsonLeaf* holds(const Requirement::Choice& choice, std::span<const JsonLeaf> leaves,
                      std::string_view prefix) {
    // Without a value the condition wants the value to be true.
    auto found = std::find_if(leaves.begin(), leaves.end(), [&](const JsonLeaf& leaf) {
        if (!leaf.path.starts_with(prefix)) return false;
        auto path = leaf.path.substr(prefix.size());
        if (!choice.path.matches(path)) return false;
        return choice.value ? has_value(leaf, *choice.value) : is_true(leaf);
    });
    return found == leaves.end() ? nullptr : &*found;
}

namespace {

using Choice = Requirement::Choice;

template <typename IsMet>
bool is_each_met(const MapForm& form, std::span<const JsonLeaf> leaves, IsMet is_met) {
    return std::all_of(
        form.requirements.begin(), form.requirements.end(), [&](const Requirement& requirement) {
            return std::any_of(
                requirement.choices.begin(), requirement.choices.end(), [&](const Choice& choice) {
                    return std::any_of(leaves.begin(), leaves.end(),
                                       [&](const JsonLeaf& leaf) { return is_met(choice, leaf); });
                });
        });
}

bool has_key(const Choice& choice, const JsonLeaf& leaf) {
    if (choice.path.is_whole_payload() && !leaf.path.empty()) return false;
    // A required object is there with any value below it.
    return choice.value ? choice.path.matches(leaf.path)
                        : choice.path.match_front(leaf.path) != PathPattern::kNone;
}

}  // namespace

bool has_required_keys(const MapForm& form, std::span<const JsonLeaf> leaves) {
    return is_each_met(form, leaves, has_key);
}

bool requires_values(const MapForm& form) {
    return std::any_of(
        form.requirements.begin(), form.requirements.end(), [](const Requirement& requirement) {
            return std::any_of(requirement.choices.begin(), requirement.choices.end(),
                               [](const Choice& choice) { return choice.value.has_value(); });
        });
}

bool fits(const MapForm& form, std::span<const JsonLeaf> leaves) {
    return is_each_met(form, leaves, [](const Choice& choice, const JsonLeaf& leaf) {
        return has_key(choice, leaf) && (!choice.value || has_value(leaf, *choice.value));
    });
}

const std::vector<std::shared_ptr<const Map>>& shipped_maps() {
    static const std::vector<std::shared_ptr<const Map>> maps = read_shipped_maps();
    return maps;
}

MapSet::MapSet(std::vector<Map> own) {
    auto is_named = [](const std::string& name) {
        return [&name](const auto& map) { return map->name == name; };
    };
    for (Map& map : own) {
        std::erase_if(maps_, is_named(map.name));
        maps_.push_back(std::make_shared<const Map>(std::move(map)));
    }
    for (const auto& shipped : shipped_maps()) {
        if (std::none_of(maps_.begin(), maps_.end(), is_named(shipped->name)))
            maps_.push_back(shipped);
    }
}

std::vector<MapChoice> MapSet::for_topic(std::string_view topic) const {
    std::vector<MapChoice> choices;
    TopicCaptures captures;
    for (const auto& map : maps_) {
        for (const MapForm& form : map->forms) {
            bool is_read = std::any_of(
                form.topics.begin(), form.topics.end(),
                [&](const TopicPattern& pattern) { return pattern.matches(topic, captures); });
            if (is_read) choices.push_back({map.get(), &form, particularity(form, topic)});
        }
    }
    // The operator's first, then the more particular topic, then more required keys.
    std::stable_sort(choices.begin(), choices.end(), [](const MapChoice& a, const MapChoice& b) {
        if (a.map->is_shipped != b.map->is_shipped) return b.map->is_shipped;
        if (a.particularity != b.particularity) return a.particularity > b.particularity;
        return a.form->requirements.size() > b.form->requirements.size();
    });
    return choices;
}

const Map* MapSet::find(std::string_view name) const {
    auto found = std::find_if(maps_.begin(), maps_.end(),
                              [&](const auto& map) { return map->name == name; });
    return found == maps_.end() ? nullptr : found->get();
}

}  // namespace martlet::telemetry
