#pragma once

// What the command does, one after the other way. Each says on stdout what it did, unless told to
// be quiet. Main thread.

#include "base/result.h"
#include "cli/demo/options.h"
#include "cli/demo/simulator.h"

#include <memory>
#include <vector>

namespace martlet::cli::demo {

// The simulators that were asked for. `begin`: the time at which they begin.
std::vector<std::unique_ptr<Simulator>> make_simulators(const Options& options, Time begin);

Status play(const Options& options);
// The house's year until now, a message a quarter of an hour. LOWI's own format has no time, so it
// is JSON on a topic of its own.
Status replay_year(const Options& options);
// By the rule of mark.h: nothing else is touched.
Status remove(const Options& options);

// One quarter of the year: topic and payload.
Message year_message(std::uint64_t seed, const class HouseMeters& meters, Time time);

}  // namespace martlet::cli::demo
