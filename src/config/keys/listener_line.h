#pragma once

// The `listener` line, and the default listener that keys make without one. Cold path, any thread.

#include "config/key.h"

namespace martlet::config {

// listener PORT [ADDRESS] or listener 0 PATH.
Status set_listener(Entry& entry);

// The default listener is the current one from here on. Whether it is opened is decided when all
// keys are read.
void use_default_listener(Entry& entry);

}  // namespace martlet::config
