#pragma once

// The settings in force, key by key, for people who ask a running broker. All of it comes from the
// table of keys; secrets are left out. Any thread.

#include "config/key.h"
#include "config/settings.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace martlet::config {

// The values of one key; empty: nothing was said, or the key has no value of its own.
RunningValues running_values(const Key& key, const Settings& settings);

struct ShownValue {
    std::string_view key;
    std::string owner;                 // the listener or bridge that it is of; empty: the broker
    std::optional<std::string> value;  // nullopt: nothing was said, and there is no default
    bool is_reloadable = false;
    std::string_view default_value;
};

// In the order of the table: each key that does something and has a value of its own, one that was
// given several times as often, one of a listener once for each listener.
std::vector<ShownValue> shown(const Settings& settings);

}  // namespace martlet::config
