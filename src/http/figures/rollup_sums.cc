#include "http/figures/rollup_sums.h"

#include <cmath>

namespace martlet::http {

using telemetry::Rollup;
using telemetry::RollupRow;
using telemetry::TimeRange;

Status add_steps(telemetry::StoreReader& reader, const telemetry::SeriesRow* series,
                 TimeRange range, Calendar period, Sums& sums) {
    if (!series) return Done{};
    Rollup width = period == Calendar::Hour ? Rollup::Hour : Rollup::Day;
    Time ends = INT64_MIN;
    double* sum = nullptr;
    return reader.rollups(series->key, width, range, [&](const RollupRow& row) {
        if (row.begins >= ends) {
            Time begins = period_begins(row.begins, period);
            ends = period_begins(row.begins, period, 1);
            sum = &sums[begins];
        }
        *sum = without_dust(*sum + row.step);
        return true;
    });
}

Status add_steps(telemetry::StoreReader& reader, const telemetry::SeriesRow* series,
                 TimeRange range, std::optional<double>& sum) {
    if (!series) return Done{};
    if (series->kind == telemetry::SeriesKind::Increment) sum = sum.value_or(0);
    auto add = [&](Rollup width, TimeRange part) {
        return reader.rollups(series->key, width, part, [&](const RollupRow& row) {
            sum = without_dust(sum.value_or(0) + row.step);
            return true;
        });
    };
    // Minutes up to the first whole day and after the last one; days in between.
    Time first_day = period_begins(range.from, Calendar::Day);
    if (first_day < range.from) first_day = period_begins(range.from, Calendar::Day, 1);
    Time last_day = period_begins(range.to, Calendar::Day);
    if (first_day >= last_day) return add(Rollup::Minute, range);
    if (Status added = add(Rollup::Minute, {range.from, first_day}); !added) return added;
    if (Status added = add(Rollup::Day, {first_day, last_day}); !added) return added;
    return add(Rollup::Minute, {last_day, range.to});
}

double without_dust(double sum) {
    constexpr double kDust = 1e9;
    return std::abs(sum) < 1e6 ? std::round(sum * kDust) / kDust : sum;
}

}  // namespace martlet::http
