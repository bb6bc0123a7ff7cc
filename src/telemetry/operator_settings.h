#pragma once

// What people have set of telemetry while it runs, over the API, beside what the configuration
// says. A plain value; any thread.

#include "telemetry/options.h"

#include <vector>

namespace martlet::telemetry {

struct OperatorSettings {
    std::vector<RuleOption> rules;
    std::vector<DecoderOption> decoder_options;
    std::vector<MapText> maps;  // by name, each once
    std::vector<UnitOption> units;
    std::vector<ThresholdOption> thresholds;
};

// Both together. What was set is asked before what is configured; of decoder options, of which the
// last one counts, it comes last; a map takes the place of a configured one of its name.
Options merged(const Options& configured, const OperatorSettings& settings);

// Null: there is none of that name.
const MapText* find_map(const std::vector<MapText>& maps, std::string_view name);

}  // namespace martlet::telemetry
