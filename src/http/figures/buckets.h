#pragma once

// The stretches of time that a chart's points stand for, and what is told of each: buckets are put
// together from the rollups of the store, so that a year costs what its points cost. Any thread.

#include "http/answers/times.h"
#include "telemetry/store/rows.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace martlet::http {

// Either a fixed span, which begins at its multiples in UTC, or a period of the local calendar.
struct Bucket {
    std::string_view name;
    std::int64_t span_ms = 0;  // of a period: about
    std::optional<Calendar> period;
    telemetry::Rollup rollup = telemetry::Rollup::Minute;  // what it is put together from

    Time begins(Time time) const;
    Time ends(Time begins) const;
};

// "minute", "quarter", "hour", "day", "week", "month", "year", or whole minutes under a day
// ("5m", "6h").
std::optional<Bucket> parse_bucket(std::string_view text);
// The narrowest with which the range has at most `points`.
Bucket pick_bucket(Time from, Time to, std::size_t points);

enum class Aggregate : std::uint8_t { Min, Max, Mean, Sum, First, Last, Count, Step, Median };

std::string_view aggregate_name(Aggregate aggregate);
// "mean" or "min,max,mean"; empty: one of them is not known.
std::vector<Aggregate> parse_aggregates(std::string_view text);
// What a chart shows when nothing else is asked for.
Aggregate usual_aggregate(telemetry::SeriesKind kind);
// Of all but the median, which is none of a rollup's (figures/median.h).
double aggregate_of(const telemetry::RollupRow& row, Aggregate aggregate);

}  // namespace martlet::http
