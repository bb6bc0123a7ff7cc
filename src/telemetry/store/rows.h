#pragma once

// What stands in the telemetry store, row by row, as it is written and read. Plain values; any
// thread. The tables and their columns are told in docs/telemetry-store.md, since people query them
// with tools of their own.

#include "telemetry/words.h"

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace martlet::telemetry {

using SourceKey = std::int64_t;  // given by whoever writes; from 1 on, never used twice
using SeriesKey = std::int64_t;

// Where the time of a sample comes from.
enum class TimeSource : std::uint8_t {
    Unknown,  // the store is older than the question
    Arrival,  // the message told none, or none that can be
    Payload,  // told by the message
};
// "", "arrival", "payload": in the store and in answers.
std::string_view name_of(TimeSource source);
TimeSource time_source_of(std::string_view name);  // an unknown name is Unknown

struct SourceRow {
    SourceKey key = 0;
    SourceId source;
    std::string name;
    Time first_seen = 0;
    Time last_seen = 0;
    std::vector<std::pair<std::string, std::string>> facts;  // all of them, by name
    // Told as silent since then, its last message; 0: it is not.
    Time silent_since = 0;
    // What its messages usually lie apart; 0: not known yet.
    std::int64_t interval_ms = 0;
};

struct SeriesRow {
    SeriesKey key = 0;
    SourceKey source = 0;
    std::string metric;
    std::string unit;
    SeriesKind kind = SeriesKind::Gauge;
    // The newest sample by time. For counters and meters also the baseline of the next step.
    Time last_time = 0;
    Value last_value;
    // Counters, meters, increments: the sum of all steps so far.
    double total = 0;
    // Of `unit` and `kind`.
    UnitSource unit_source = UnitSource::Assumed;
    TimeSource time_source = TimeSource::Unknown;  // of `last_time`
};

struct SampleRow {
    SeriesKey series = 0;
    Time time = 0;
    Value value;
};

// The widths of rollups. Minutes, quarters and hours begin at whole ones in UTC; days at midnight
// of the time zone that the process runs in.
enum class Rollup : std::uint8_t { Minute, Quarter, Hour, Day };
inline constexpr std::array kRollups = {Rollup::Minute, Rollup::Quarter, Rollup::Hour, Rollup::Day};

// 1, 15, 60, 1440: so a store names a width.
std::int64_t rollup_minutes(Rollup width);

// All samples of a series that are numbers and fall between `begins` and the next begin. Written,
// it is merged with what stands there.
struct RollupRow {
    SeriesKey series = 0;
    Rollup width = Rollup::Minute;
    Time begins = 0;
    std::int64_t count = 0;
    double min = 0;
    double max = 0;
    double sum = 0;
    Time first_time = 0;
    double first = 0;
    Time last_time = 0;
    double last = 0;
    double step = 0;  // counters, meters, increments: the sum of the steps
};

struct PositionRow {
    SourceKey source = 0;
    Position position;  // `position.source` is empty
};

struct EventRow {
    std::int64_t key = 0;  // given by the store; 0 when written
    SourceKey source = 0;  // 0: nobody's
    Event event;           // `event.source` is empty
    Time acknowledged = 0;
    std::string acknowledged_by;  // empty: not yet
};

// A message kept for inspection: a ring for each source.
struct RawRow {
    SourceKey source = 0;  // 0: nobody's
    Time time = 0;
    std::string topic;
    std::string payload;
    std::string problem;   // empty: it was read
    std::int64_t key = 0;  // given by the store, in the order of coming; 0 when written
};

// A raw message that was read again, by its key.
struct RawMend {
    std::int64_t key = 0;
    std::string problem;      // in place of the old one; empty: it was read
    bool is_removed = false;  // it may not be kept
};

// Of the raw messages of this source, only the newest are to stay.
struct RawTrim {
    SourceKey source = 0;
    std::int64_t keep = 0;
};

// "Of this tap, all up to this number is in the store": ARCHITECTURE, "Telemetry".
struct AppliedRow {
    std::string tap;
    std::uint64_t number = 0;
};

// All or nothing.
struct WriteBatch {
    std::vector<SourceRow> sources;  // new or changed: replaces the row
    std::vector<SeriesRow> series;   // the same
    std::vector<SampleRow> samples;
    std::vector<RollupRow> rollups;  // each (series, width, begins) once
    std::vector<PositionRow> positions;
    std::vector<EventRow> events;
    std::vector<RawRow> raw;
    std::vector<RawTrim> raw_trims;  // after `raw` was added
    std::vector<RawMend> raw_mends;  // of rows that are there; those that are gone are left out
    std::vector<AppliedRow> applied;

    void clear();
    bool is_empty() const;
};

}  // namespace martlet::telemetry
