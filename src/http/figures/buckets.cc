#include "http/figures/buckets.h"

#include "base/figure.h"

#include <algorithm>
#include <array>

namespace martlet::http {

namespace {

using telemetry::Rollup;
using telemetry::RollupRow;
using telemetry::SeriesKind;

Bucket spanning(std::string_view name, std::int64_t span_ms) {
    Rollup rollup = span_ms % kHour == 0            ? Rollup::Hour
                    : span_ms % (15 * kMinute) == 0 ? Rollup::Quarter
                                                    : Rollup::Minute;
    return {name, span_ms, std::nullopt, rollup};
}

Bucket of_calendar(std::string_view name, Calendar period, std::int64_t days) {
    return {name, days * kDay, period, Rollup::Day};
}

// From narrow to wide.
const auto& ladder() {
    static const std::array steps = {
        spanning("minute", kMinute),
        spanning("2m", 2 * kMinute),
        spanning("5m", 5 * kMinute),
        spanning("10m", 10 * kMinute),
        spanning("quarter", 15 * kMinute),
        spanning("30m", 30 * kMinute),
        spanning("hour", kHour),
        spanning("2h", 2 * kHour),
        spanning("3h", 3 * kHour),
        spanning("6h", 6 * kHour),
        spanning("12h", 12 * kHour),
        of_calendar("day", Calendar::Day, 1),
        of_calendar("week", Calendar::Week, 7),
        of_calendar("month", Calendar::Month, 30),
        of_calendar("year", Calendar::Year, 365),
    };
    return steps;
}

constexpr std::array<std::string_view, 9> kAggregates = {"min",  "max",   "mean", "sum",   "first",
                                                         "last", "count", "step", "median"};

}  // namespace

Time Bucket::begins(Time time) const {
    if (period) return period_begins(time, *period);
    return time / span_ms * span_ms;
}

Time Bucket::ends(Time begins_at) const {
    if (period) return period_begins(begins_at, *period, 1);
    return begins_at + span_ms;
}

std::optional<Bucket> parse_bucket(std::string_view text) {
    for (const Bucket& bucket : ladder()) {
        if (bucket.name == text) return bucket;
    }
    auto span = parse_duration(text);
    if (!span || *span % kMinute != 0) return std::nullopt;
    for (const Bucket& bucket : ladder()) {
        bool is_it = *span == bucket.span_ms && bucket.span_ms <= 7 * kDay;
        if (is_it) return bucket;
    }
    if (*span > kDay) return std::nullopt;
    return spanning("", *span);
}

Bucket pick_bucket(Time from, Time to, std::size_t points) {
    auto wanted = static_cast<std::int64_t>(std::max<std::size_t>(points, 1));
    for (const Bucket& bucket : ladder()) {
        // One more: the range may begin in the middle of a bucket.
        if ((to - from) / bucket.span_ms + 1 <= wanted) return bucket;
    }
    return ladder().back();
}

std::string_view aggregate_name(Aggregate aggregate) {
    return kAggregates[static_cast<std::size_t>(aggregate)];
}

std::vector<Aggregate> parse_aggregates(std::string_view text) {
    std::vector<Aggregate> out;
    while (true) {
        std::string_view name = text.substr(0, text.find(','));
        auto found = std::find(kAggregates.begin(), kAggregates.end(), name);
        if (found == kAggregates.end() || out.size() == kAggregates.size()) return {};
        out.push_back(static_cast<Aggregate>(found - kAggregates.begin()));
        if (name.size() == text.size()) return out;
        text.remove_prefix(name.size() + 1);
    }
}

Aggregate usual_aggregate(SeriesKind kind) {
    switch (kind) {
        case SeriesKind::Gauge:
            return Aggregate::Mean;
        case SeriesKind::State:
            return Aggregate::Last;
        case SeriesKind::Counter:
        case SeriesKind::Meter:
        case SeriesKind::Increment:
            return Aggregate::Step;
    }
    return Aggregate::Mean;
}

double aggregate_of(const RollupRow& row, Aggregate aggregate) {
    switch (aggregate) {
        case Aggregate::Min:
            return row.min;
        case Aggregate::Max:
            return row.max;
        case Aggregate::Mean:
            return row.count ? figure(row.sum / static_cast<double>(row.count)) : 0;
        case Aggregate::Sum:
            return figure(row.sum);
        case Aggregate::First:
            return row.first;
        case Aggregate::Last:
            return row.last;
        case Aggregate::Count:
            return static_cast<double>(row.count);
        case Aggregate::Step:
            return figure(row.step);
        case Aggregate::Median:
            break;
    }
    return 0;
}

}  // namespace martlet::http
