#include "server/metrics.h"

#include <string>
#include <utility>

namespace martlet::server {

namespace {

using http::Metric;
using Type = Metric::Type;

template <std::size_t N>
Metric histogram_metric(std::string name, std::string help, const Histogram<N>& histogram) {
    Metric metric;
    metric.name = std::move(name);
    metric.help = std::move(help);
    metric.type = Type::Histogram;
    metric.value = histogram.sum();
    metric.bounds.assign(histogram.bounds().begin(), histogram.bounds().end());
    auto counts = histogram.cumulative();
    metric.counts.assign(counts.begin(), counts.end());
    return metric;
}

void add(std::vector<Metric>& metrics, std::string name, std::string help, Type type,
         std::uint64_t value) {
    Metric metric;
    metric.name = std::move(name);
    metric.help = std::move(help);
    metric.type = type;
    metric.value = static_cast<double>(value);
    metrics.push_back(std::move(metric));
}

}  // namespace

void Metrics::collect(std::vector<Metric>& metrics) {
    if (ingest_ == nullptr) return;
    collect_ingest(metrics);
    collect_decoders(metrics);
}

void Metrics::collect_ingest(std::vector<Metric>& metrics) const {
    const telemetry::IngestCounts& counts = ingest_->counts();
    add(metrics, "martlet_telemetry_messages_total", "Messages that telemetry has read.",
        Type::Counter, counts.messages);
    add(metrics, "martlet_telemetry_repeated_messages_total",
        "Messages that came again after a restart and were stored already.", Type::Counter,
        counts.repeated);
    add(metrics, "martlet_telemetry_samples_total", "Samples that decoders found.", Type::Counter,
        counts.samples);
    add(metrics, "martlet_telemetry_commits_total", "Transactions of the store.", Type::Counter,
        counts.commits);
    add(metrics, "martlet_telemetry_failed_commits_total",
        "Transactions that the store did not take; they are tried again.", Type::Counter,
        counts.failed_commits);
    add(metrics, "martlet_telemetry_waiting_bytes",
        "Bytes of messages that telemetry was given and has not stored.", Type::Gauge,
        counts.waiting_bytes);
    add(metrics, "martlet_telemetry_sources", "Sources that are known.", Type::Gauge,
        counts.sources);
    add(metrics, "martlet_telemetry_series", "Series that are known.", Type::Gauge, counts.series);
    metrics.push_back(histogram_metric("martlet_telemetry_commit_seconds",
                                       "How long the store took for a transaction.",
                                       counts.commit_seconds));
    metrics.push_back(histogram_metric("martlet_telemetry_lag_seconds",
                                       "From the receipt of a message until it was stored, for "
                                       "the oldest one of each transaction.",
                                       counts.lag_seconds));
}

void Metrics::collect_decoders(std::vector<Metric>& metrics) const {
    for (const telemetry::OutcomeTotal& total : ingest_->outcomes().totals()) {
        Metric metric;
        metric.name = "martlet_decoded_messages_total";
        metric.help = "Messages that decoders saw, by what became of them.";
        metric.type = Type::Counter;
        metric.labels = {{"decoder", total.decoder},
                         {"verdict", std::string(telemetry::verdict_name(total.verdict))},
                         {"problem", total.problem}};
        metric.value = static_cast<double>(total.messages);
        metrics.push_back(std::move(metric));
    }
}

}  // namespace martlet::server
