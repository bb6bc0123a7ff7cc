#include "config/shown.h"

#include "config/keys.h"

namespace martlet::config {

RunningValues running_values(const Key& key, const Settings& settings) {
    RunningValues values;
    if (key.alias_of.empty() && key.value.read != nullptr) key.value.read(settings, values);
    return values;
}

std::vector<ShownValue> shown(const Settings& settings) {
    std::vector<ShownValue> all;
    for (const Key* key : all_keys()) {
        bool has_value = key->alias_of.empty() && key->value.read != nullptr;
        if (!has_value || key->status == KeyStatus::Dead) continue;
        ShownValue shown{key->name, {}, {}, key->is_reloadable, key->default_value};
        RunningValues values = running_values(*key, settings);
        if (values.empty()) all.push_back(shown);
        for (RunningValue& value : values) {
            shown.owner = std::move(value.owner);
            shown.value = key->mask ? key->mask(value.text) : std::move(value.text);
            all.push_back(shown);
        }
    }
    return all;
}

}  // namespace martlet::config
