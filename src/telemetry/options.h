#pragma once

// What telemetry is told by the configuration. Filled by config; immutable while the broker runs.
// Any thread.

#include "telemetry/decoder.h"
#include "telemetry/store/rows.h"

#include <array>
#include <cstdint>
#include <string>
#include <vector>

namespace martlet::telemetry {

// "What comes on these topics is read by that decoder." Decoder "none": by nobody.
struct RuleOption {
    std::string filter;
    std::string decoder;
};

struct DecoderOption {
    std::string decoder;
    std::string name;
    std::string value;
};

struct Options {
    bool is_on = false;
    // A file for SQLite, or "postgresql://..." for libpq. Empty: telemetry.db beside the journal.
    std::string store;
    // Asked in this order, before the decoders' own filters.
    std::vector<RuleOption> rules;
    std::vector<DecoderOption> decoder_options;
    // Days that are kept; 0: for ever.
    std::uint32_t samples_days = 400;
    std::array<std::uint32_t, kRollups.size()> rollup_days{400, 1200, 0, 0};
    std::uint32_t positions_days = 400;
    std::uint32_t events_days = 400;
    std::uint32_t raw_kept = 50;    // messages of each source that are kept for inspection
    std::uint32_t commit_ms = 100;  // what came waits so long for company
    // Units an hour beyond which a step is told as an event, though it counts; 0: never.
    std::uint32_t counter_rate_max = 0;
    std::uint32_t meter_rate_max = 0;
};

}  // namespace martlet::telemetry
