#pragma once

// For how long a state was on: each value holds until the next one. Any thread.

#include "http/answers/times.h"
#include "telemetry/store/store.h"

namespace martlet::http {

struct StateTime {
    std::int64_t on_ms = 0;     // not 0
    std::int64_t known_ms = 0;  // from the first value that is known on
};

// `series` null: nothing is known.
Result<StateTime> state_time(telemetry::StoreReader& reader, const telemetry::SeriesRow* series,
                             telemetry::TimeRange range);

}  // namespace martlet::http
