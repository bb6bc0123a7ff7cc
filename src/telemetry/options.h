#pragma once

// What telemetry is told by the configuration and over the API. Filled by config, merged by server;
// Ingest::reconfigure() puts another one in its place. Any thread.

#include "telemetry/decoder.h"
#include "telemetry/store/rows.h"

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
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
    bool operator==(const DecoderOption&) const = default;
};

// "The values of that metric are in this unit", as a person knows it. Trusted before all that the
// device or its format says. Asked in order; the first that fits counts.
struct UnitOption {
    std::string kind;    // of the source; empty: all kinds
    std::string id;      // of the source; empty: all sources
    std::string metric;  // as the series is called: "temperature", "ch1/power"
    std::string unit;    // empty: none
    std::optional<SeriesKind> series_kind;
};

// From when on a source that says nothing is no longer online, and from when on it is silent. The
// most particular one counts: of the source, of the group, of the kind.
struct ThresholdOption {
    std::string kind;   // of the source
    std::string group;  // empty: all groups
    std::string id;     // of the source; empty: all sources
    std::int64_t online_ms = 0;
    std::int64_t silent_ms = 0;
};

inline constexpr std::size_t kMapsMax = 200;
inline constexpr std::size_t kMapBytesMax = 256 * 1024;

// A map as it was read from its file or came over REST.
struct MapText {
    std::string name;
    std::string text;
};

// For people: a key or password is "...", the name before it stays ("Stockholm ...").
std::string shown_value(const DecoderOption& option);

// "90s", "15m", "2h", "3d": 1 s to 3650 days, in milliseconds. nullopt: something else.
std::optional<std::int64_t> read_duration(std::string_view text);
// In the largest unit that gives a whole number.
std::string duration_text(std::int64_t milliseconds);

// What is not sound, as a sentence's end; empty: nothing.
std::string problem_of(const ThresholdOption& threshold);
std::string problem_of(const UnitOption& unit);

struct Options {
    bool is_on = false;
    // A file for SQLite, or "postgresql://..." for libpq. Empty: telemetry.db beside the journal.
    std::string store;
    // What was set over the API, as JSON; empty: it is kept in memory only.
    std::string settings_file;
    // Asked in this order, before the decoders' own filters.
    std::vector<RuleOption> rules;
    std::vector<DecoderOption> decoder_options;
    std::vector<std::string> map_files;  // as the configuration names them
    std::vector<MapText> maps;  // their texts, in the same order; asked before shipped ones
    std::vector<UnitOption> units;
    std::vector<ThresholdOption> thresholds;
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

// What of thresholds, units and numbers of things is not sound, for people; empty: nothing. Rules,
// decoders and maps are judged by Rules::make().
std::string problem_of(const Options& options);

}  // namespace martlet::telemetry
