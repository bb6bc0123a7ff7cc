#pragma once

// Tells the defaults that apply where a configuration file is silent: those that differ from
// Debian's mosquitto 2.0.11, and the parts of Martlet that are off. For `martlet check` and the
// broker's log. Cold path, any thread.

#include "config/load.h"

#include <string>
#include <vector>

namespace martlet::config {

// A sentence for each key that the file leaves out and whose default is another than in mosquitto
// 2.0.11, with the line that brings mosquitto's behaviour back.
std::vector<std::string> unsaid_defaults(const Reading& reading);

// "persistence (persistence true)", ... : the parts that are off, with the lines that turn them on.
std::vector<std::string> parts_that_are_off(const Settings& settings);

// One line for people who brought a mosquitto.conf: how telemetry and pages are turned on. Empty
// when both are on.
std::string how_to_turn_on(const Settings& settings);

// The paths of files that are relative, as the file spells them. Each begins in the folder where
// the broker is started, as in mosquitto.
std::vector<std::string> relative_paths(const Settings& settings);

}  // namespace martlet::config
