#pragma once

// What sources measured last as metrics: all of them under martlet_series_*, and Meshtastic's nodes
// also under the names and labels of meshtastic-metrics-exporter. Sources that are silent are left
// out, so that a dashboard does not show an old value as a new one. Any thread.

#include "http/prometheus/exposition.h"
#include "telemetry/store/store.h"

namespace martlet::http {

struct SourceWithSeries {
    const telemetry::SourceRow* source = nullptr;
    std::vector<telemetry::SeriesRow> series;
};

Status add_source_metrics(telemetry::StoreReader& reader, telemetry::Time now, Exposition& out);

// http/prometheus/meshtastic_metrics.cc
void add_meshtastic_metrics(const SourceWithSeries& node, Exposition& out);

}  // namespace martlet::http
