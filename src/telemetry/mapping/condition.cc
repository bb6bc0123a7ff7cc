#include "telemetry/mapping/condition.h"

#include "base/text.h"
#include "telemetry/mapping/path_pattern.h"

#include <algorithm>

namespace martlet::telemetry {

namespace {

constexpr std::size_t kGlobsMax = 64;

}  // namespace

Result<MapCondition> MapCondition::make(std::string_view text) {
    MapCondition condition;
    auto equals = text.find('=');
    auto name = text.substr(0, equals);
    condition.is_denied_ = name.ends_with('!');
    if (condition.is_denied_) name.remove_suffix(1);
    condition.is_of_topic_ = name.size() > 2 && name.starts_with('{') && name.ends_with('}');
    bool is_of_payload = name.size() > 1 && name.starts_with('.');
    if (equals == std::string_view::npos || (!condition.is_of_topic_ && !is_of_payload))
        return Error{
            fmt::format("invalid condition '{}': expected .PATH=VALUE or {{capture}}=VALUE", text)};
    condition.name_ = condition.is_of_topic_ ? name.substr(1, name.size() - 2) : name.substr(1);
    for (auto rest = text.substr(equals + 1);;) {
        auto bar = rest.find('|');
        condition.globs_.emplace_back(rest.substr(0, bar));
        if (bar == std::string_view::npos) break;
        rest.remove_prefix(bar + 1);
    }
    if (condition.globs_.size() > kGlobsMax)
        return Error{fmt::format("a condition has more than {} values", kGlobsMax)};
    return condition;
}

bool MapCondition::holds(const TemplateValues& values) const {
    std::string text;
    bool is_there =
        is_of_topic_ ? values.append_topic(name_, text) : values.append_value(name_, text);
    bool fits = is_there && std::any_of(globs_.begin(), globs_.end(), [&](const std::string& glob) {
                    std::string_view star;
                    return matches_glob(glob, text, star);
                });
    return fits != is_denied_;
}

bool all_hold(const MapConditions& conditions, const TemplateValues& values) {
    return std::all_of(conditions.begin(), conditions.end(),
                       [&](const MapCondition& condition) { return condition.holds(values); });
}

}  // namespace martlet::telemetry
