#pragma once

// What sources measured last as metrics: all of them under martlet_series_*, and Meshtastic's nodes
// and packets also under the names and labels of meshtastic-metrics-exporter. Sources that are
// silent or have said good-bye show no values, so that a dashboard does not show an old value as a
// new one. Any thread.

#include "http/prometheus/exposition.h"
#include "telemetry/freshness.h"
#include "telemetry/mesh_traffic.h"
#include "telemetry/store/store.h"

#include <string_view>
#include <vector>

namespace martlet::http {

struct SourceWithSeries {
    const telemetry::SourceRow* source = nullptr;
    std::vector<telemetry::SeriesRow> series;
    std::string_view state;  // telemetry/freshness.h

    bool has_values() const { return state == "online" || state == "ageing"; }
};

// Families that are shown only on request.
struct SourceMetrics {
    // One series for each mesh packet of the last minutes, which never changes and is never used
    // again.
    bool with_packet_ids = false;
};

// `traffic`: null when nobody counts it.
Status add_source_metrics(telemetry::StoreReader& reader, const telemetry::MeshTraffic* traffic,
                          const telemetry::FreshnessTable& freshness, const SourceMetrics& wanted,
                          telemetry::Time now, Exposition& out);

// http/prometheus/meshtastic_metrics.cc
void add_meshtastic_metrics(const SourceWithSeries& node, Exposition& out);

// http/prometheus/mesh_packet_metrics.cc: of the senders among `sources`.
void add_mesh_packet_metrics(const telemetry::MeshTraffic& traffic,
                             const std::vector<SourceWithSeries>& sources,
                             const SourceMetrics& wanted, telemetry::Time now, Exposition& out);

}  // namespace martlet::http
