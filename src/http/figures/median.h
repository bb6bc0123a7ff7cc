#pragma once

// The middle value of a bucket. Rollups do not know it, so that it is made of the samples
// themselves, for as long as these are kept. Any thread.

#include "telemetry/store/store.h"

#include <optional>

namespace martlet::http {

// A bucket of more samples has no median here.
inline constexpr std::int64_t kMedianOfAtMost = 1'000'000;

// Of the samples that `bucket` was made of; of an even number the mean of the two in the middle.
// Nothing: some of them are no longer kept, or they are too many.
Result<std::optional<double>> median_of(telemetry::StoreReader& reader, telemetry::SeriesKey series,
                                        const telemetry::RollupRow& bucket);

}  // namespace martlet::http
