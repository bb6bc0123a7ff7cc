#pragma once

// The table of all keys, by scope. Constant. Any thread.

#include "config/key.h"

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace martlet::config {

std::span<const Key> general_keys();
std::span<const Key> log_keys();
std::span<const Key> security_keys();
std::span<const Key> listener_keys();
std::span<const Key> tls_keys();
std::span<const Key> bridge_keys();
std::span<const Key> bridge_tls_keys();
std::span<const Key> plugin_keys();
std::span<const Key> martlet_keys();
std::span<const Key> telemetry_keys();

// The values that people may write: bounds or choices; empty: anything.
std::string values_text(const Key& key);

// All of the above, in that order.
const std::vector<const Key*>& all_keys();

// plugin_opt_X and auth_opt_X are found as "plugin_opt_" and "auth_opt_". Null: no such key.
const Key* find_key(std::string_view name);

// The known key that is spelled most alike; empty: none comes near.
std::string_view nearest_key(std::string_view name);

}  // namespace martlet::config
