#include "config/keys.h"

#include <algorithm>
#include <numeric>

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

// Letters to insert, delete or change to make one word of the other.
std::size_t edit_distance(std::string_view a, std::string_view b) {
    std::vector<std::size_t> row(b.size() + 1);
    std::iota(row.begin(), row.end(), std::size_t{0});
    for (std::size_t i = 1; i <= a.size(); ++i) {
        std::size_t diagonal = row[0];
        row[0] = i;
        for (std::size_t j = 1; j <= b.size(); ++j) {
            std::size_t change = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
            diagonal = row[j];
            row[j] = std::min({row[j] + 1, row[j - 1] + 1, change});
        }
    }
    return row[b.size()];
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
    constexpr std::size_t kNameBytesMax = 48;
    if (name.empty() || name.size() > kNameBytesMax) return {};
    std::string_view nearest;
    std::size_t least = name.size() / 4 + 2;  // more than that is another word
    for (const Key* key : all_keys()) {
        std::size_t lengths = name.size() > key->name.size() ? name.size() - key->name.size()
                                                             : key->name.size() - name.size();
        if (lengths >= least) continue;
        std::size_t distance = edit_distance(name, key->name);
        if (distance >= least) continue;
        least = distance;
        nearest = key->name;
    }
    return nearest;
}

}  // namespace martlet::config
