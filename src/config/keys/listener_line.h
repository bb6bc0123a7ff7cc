#pragma once

// The `listener` line, and the default listener that keys make without one. Cold path, any thread.

#include "config/key.h"

namespace martlet::config {

// listener PORT [ADDRESS] or listener 0 PATH.
Status set_listener(Entry& entry);

// The default listener on 1883, made when there is none, is the current one from here on. Says so
// in a note.
void use_default_listener(Entry& entry);

}  // namespace martlet::config
