#include "telemetry/store/rows.h"

namespace martlet::telemetry {

std::int64_t rollup_minutes(Rollup width) {
    constexpr std::array<std::int64_t, kRollups.size()> kMinutes = {1, 15, 60, 1440};
    return kMinutes[static_cast<std::size_t>(width)];
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
    applied.clear();
}

bool WriteBatch::is_empty() const {
    return sources.empty() && series.empty() && samples.empty() && rollups.empty() &&
           positions.empty() && events.empty() && raw.empty() && raw_trims.empty() &&
           applied.empty();
}

}  // namespace martlet::telemetry
