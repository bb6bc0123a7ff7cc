#include "telemetry/store/rows.h"

namespace martlet::telemetry {

std::int64_t rollup_minutes(Rollup width) {
    constexpr std::array<std::int64_t, kRollups.size()> kMinutes = {1, 15, 60, 1440};
    return kMinutes[static_cast<std::size_t>(width)];
}

std::string_view name_of(TimeSource source) {
    constexpr std::array<std::string_view, 3> kNames = {"", "arrival", "payload"};
    return kNames[static_cast<std::size_t>(source)];
}

TimeSource time_source_of(std::string_view name) {
    if (name == "payload") return TimeSource::Payload;
    return name == "arrival" ? TimeSource::Arrival : TimeSource::Unknown;
}

void WriteBatch::clear() {
    sources.clear();
    series.clear();
    samples.clear();
    rollups.clear();
    positions.clear();
    events.clear();
    raw.clear();
    raw_trims.clear();
    raw_mends.clear();
    applied.clear();
}

bool WriteBatch::is_empty() const {
    return sources.empty() && series.empty() && samples.empty() && rollups.empty() &&
           positions.empty() && events.empty() && raw.empty() && raw_trims.empty() &&
           raw_mends.empty() && applied.empty();
}

}  // namespace martlet::telemetry
