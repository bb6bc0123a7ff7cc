#pragma once

// Sums of steps by period: what figures of meters, stations and vehicles are made of. Any thread.

#include "http/answers/times.h"
#include "telemetry/store/store.h"

#include <map>
#include <optional>
#include <vector>

namespace martlet::http {

// By the begin of the period.
using Sums = std::map<Time, double>;

// The steps of the series, summed over each period of the range; null: nothing is added. Days and
// longer come from the rollups of days, which begin at local midnight; hours from those of hours.
Status add_steps(telemetry::StoreReader& reader, const telemetry::SeriesRow* series,
                 telemetry::TimeRange range, Calendar period, Sums& sums);
// The sum over the whole range, to the minute. Nothing stays nothing for a counter or a meter that
// told no reading in the range; no increments are a sum of 0.
Status add_steps(telemetry::StoreReader& reader, const telemetry::SeriesRow* series,
                 telemetry::TimeRange range, std::optional<double>& sum);

// Without the dust that adding decimals leaves: 0.1 + 0.2 is 0.3.
double without_dust(double sum);

}  // namespace martlet::http
