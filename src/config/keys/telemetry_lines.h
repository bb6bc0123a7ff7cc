#pragma once

// The lines of telemetry that name a source and say something of it. Cold path, any thread.

#include "config/key.h"

namespace martlet::config {

// telemetry_unit SOURCE METRIC UNIT [KIND]
Status set_unit(Entry& entry);
void read_units(const Settings& settings, RunningValues& out);
// telemetry_threshold SOURCES ONLINE SILENT
Status set_threshold(Entry& entry);
void read_thresholds(const Settings& settings, RunningValues& out);

}  // namespace martlet::config
