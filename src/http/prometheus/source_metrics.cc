#include "http/prometheus/source_metrics.h"

#include "http/answers/rows_json.h"
#include "http/answers/store_access.h"
#include "http/figures/freshness.h"

#include <map>

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
    if (as_number(row.last_value, value)) {
        out.add_bounded("martlet_series_value", "The last value of a series", kGauge, value,
                        labels);
    }
    if (row.kind == SeriesKind::Gauge || row.kind == SeriesKind::State) return;
    out.add_bounded("martlet_series_steps_total",
                    "The sum of a counter's, meter's or increment's steps", kCounter, row.total,
                    labels);
}

void add_source(const SourceWithSeries& one, std::string_view state, Exposition& out) {
    const SourceRow& source = *one.source;
    std::string labels =
        label_text({{"kind", source.source.kind}, {"id", source.source.id}, {"name", source.name}});
    out.add_bounded("martlet_source_online", "1: heard within the time that its kind has", kGauge,
                    state == "online" ? 1 : 0, labels);
    out.add_bounded("martlet_source_last_seen_timestamp_seconds", "When a source was last heard",
                    kGauge, static_cast<double>(source.last_seen) / 1000, labels);
    if (state == "silent") return;
    if (source.source.kind == "meshtastic") add_meshtastic_metrics(one, out);
    for (const SeriesRow& row : one.series) add_series(source, row, out);
}

}  // namespace

Status add_source_metrics(telemetry::StoreReader& reader, telemetry::Time now, Exposition& out) {
    auto sources = all_sources(reader);
    if (!sources) return sources.error();
    auto rows = reader.series(std::nullopt);
    if (!rows) return rows.error();
    std::map<SourceKey, SourceWithSeries> by_key;
    for (const SourceRow& source : sources.value()) by_key[source.key].source = &source;
    for (SeriesRow& row : rows.value()) {
        auto found = by_key.find(row.source);
        if (found != by_key.end()) found->second.series.push_back(std::move(row));
    }
    for (const auto& [key, one] : by_key) {
        add_source(one, source_state(*one.source, one.series, now), out);
    }
    return Done{};
}

}  // namespace martlet::http
