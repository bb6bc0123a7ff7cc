#pragma once

// The settings in force as text, one "key value" a line, for people who ask a running broker.
// Secrets and what could be one are left out. Any thread.

#include "config/settings.h"

#include <string>

namespace martlet::config {

std::string shown(const Settings& settings);

}  // namespace martlet::config
