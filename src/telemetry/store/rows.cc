#include "telemetry/store/rows.h"

namespace martlet::telemetry {

void WriteBatch::clear() {
    sources.clear();
    series.clear();
    samples.clear();
    rollups.clear();
    positions.clear();
    events.clear();
    raw.clear();
    applied.clear();
}

bool WriteBatch::is_empty() const {
    return sources.empty() && series.empty() && samples.empty() && rollups.empty() &&
           positions.empty() && events.empty() && raw.empty() && applied.empty();
}

}  // namespace martlet::telemetry
