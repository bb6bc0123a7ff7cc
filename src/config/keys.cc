#include "config/keys.h"

#include "base/edit_distance.h"

namespace martlet::config {
namespace {

std::vector<const Key*> join() {
    std::vector<const Key*> keys;
    for (std::span<const Key> part :
         {general_keys(), log_keys(), security_keys(), listener_keys(), tls_keys(), bridge_keys(),
          bridge_tls_keys(), plugin_keys(), martlet_keys(), telemetry_keys()})
        for (const Key& key : part) keys.push_back(&key);
    return keys;
}

}  // namespace

std::string values_text(const Key& key) {
    if (!key.values.empty()) return std::string(key.values);
    switch (key.type) {
        case Type::Bool:
            return "true, false";
        case Type::Text:
            return "text";
        case Type::Choice:
        case Type::Special:
            return "";
        case Type::Number:
            break;
    }
    bool has_min = key.min > std::numeric_limits<int>::min();
    bool has_max = key.max != std::numeric_limits<int>::max();
    if (has_min && has_max) return fmt::format("{} to {}", key.min, key.max);
    if (has_min) return fmt::format("a number from {}", key.min);
    if (has_max) return fmt::format("a number to {}", key.max);
    return "a number";
}

const std::vector<const Key*>& all_keys() {
    static const std::vector<const Key*> keys = join();
    return keys;
}

const Key* find_key(std::string_view name) {
    for (std::string_view prefix : {"plugin_opt_", "auth_opt_"})
        if (name.starts_with(prefix)) name = prefix;
    for (const Key* key : all_keys())
        if (key->name == name) return key;
    return nullptr;
}

std::string_view nearest_key(std::string_view name) {
    std::vector<std::string_view> names;
    for (const Key* key : all_keys()) names.push_back(key->name);
    return nearest_word(name, names);
}

}  // namespace martlet::config
