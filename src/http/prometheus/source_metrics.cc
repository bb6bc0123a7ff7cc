#include "http/prometheus/source_metrics.h"

#include "http/answers/rows_json.h"
#include "http/answers/store_access.h"

#include <algorithm>

namespace martlet::http {

namespace {

using telemetry::SeriesKind;
using telemetry::SeriesRow;
using telemetry::SourceKey;
using telemetry::SourceRow;

constexpr auto kGauge = Metric::Type::Gauge;
constexpr auto kCounter = Metric::Type::Counter;

void add_series(const SourceRow& source, const SeriesRow& row, Exposition& out) {
    std::string labels = label_text({{"kind", source.source.kind},
                                     {"id", source.source.id},
                                     {"name", source.name},
                                     {"metric", row.metric},
                                     {"unit", row.unit}});
    double value = 0;
    // The value of an increment is its last step, mostly 1 for ever: the sum says it all.
    if (row.kind != SeriesKind::Increment && as_number(row.last_value, value)) {
        out.add_bounded("martlet_series_value", "The last value of a series", kGauge, value,
                        labels);
    }
    if (row.kind == SeriesKind::Gauge || row.kind == SeriesKind::State) return;
    out.add_bounded("martlet_series_steps_total",
                    "The sum of a counter's, meter's or increment's steps", kCounter, row.total,
                    labels);
}

void add_presence(const SourceWithSeries& one, Exposition& out) {
    const SourceRow& source = *one.source;
    std::string labels =
        label_text({{"kind", source.source.kind}, {"id", source.source.id}, {"name", source.name}});
    out.add_bounded("martlet_source_online", "1: heard within the time that it has", kGauge,
                    one.state == "online" ? 1 : 0, labels);
    out.add_bounded("martlet_source_last_seen_timestamp_seconds", "When a source was last heard",
                    kGauge, static_cast<double>(source.last_seen) / 1000, labels);
}

// By key. `sources` are what they point to.
Result<std::vector<SourceWithSeries>> with_series(telemetry::StoreReader& reader,
                                                  const std::vector<SourceRow>& sources,
                                                  const telemetry::FreshnessTable& freshness,
                                                  telemetry::Time now) {
    auto rows = reader.series(std::nullopt);
    if (!rows) return rows.error();
    std::vector<SourceWithSeries> found;
    found.reserve(sources.size());
    for (const SourceRow& source : sources) found.push_back({&source, {}, {}});
    for (SeriesRow& row : rows.value()) {
        auto whose = std::lower_bound(
            found.begin(), found.end(), row.source,
            [](const SourceWithSeries& one, SourceKey key) { return one.source->key < key; });
        bool is_there = whose != found.end() && whose->source->key == row.source;
        if (is_there) whose->series.push_back(std::move(row));
    }
    for (SourceWithSeries& one : found)
        one.state = freshness.state_of(*one.source, one.series, now);
    return found;
}

}  // namespace

Status add_source_metrics(telemetry::StoreReader& reader, const telemetry::MeshTraffic* traffic,
                          const telemetry::FreshnessTable& freshness, const SourceMetrics& wanted,
                          telemetry::Time now, Exposition& out) {
    auto sources = all_sources(reader);
    if (!sources) return sources.error();
    auto all = with_series(reader, sources.value(), freshness, now);
    if (!all) return all.error();
    out.begin_share();
    for (const SourceWithSeries& one : all.value()) add_presence(one, out);
    out.begin_share();
    for (const SourceWithSeries& one : all.value()) {
        bool is_node = one.source->source.kind == "meshtastic";
        if (is_node && one.has_values()) add_meshtastic_metrics(one, out);
    }
    if (traffic != nullptr) {
        out.begin_share();
        add_mesh_packet_metrics(*traffic, all.value(), wanted, now, out);
    }
    out.begin_share();
    for (const SourceWithSeries& one : all.value()) {
        if (!one.has_values()) continue;
        for (const SeriesRow& row : one.series) add_series(*one.source, row, out);
    }
    return Done{};
}

}  // namespace martlet::http
