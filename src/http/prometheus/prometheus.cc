// GET /metrics, for Prometheus.

#include "base/text.h"
#include "http/answers/query_reader.h"
#include "http/answers/store_access.h"
#include "http/broker_view.h"
#include "http/prometheus/broker_metrics.h"
#include "http/prometheus/source_metrics.h"
#include "http/resources/resources.h"
#include "http/router.h"
#include "telemetry/mesh_traffic.h"
#include "telemetry/topic_table.h"

#include <utility>

namespace martlet::http {

namespace {

constexpr auto kGauge = Metric::Type::Gauge;
constexpr auto kCounter = Metric::Type::Counter;
constexpr std::string_view kTextFormat = "text/plain; version=0.0.4; charset=utf-8";

void add_topics(const telemetry::TopicTable& topics, Exposition& out) {
    auto counts = topics.counts();
    out.add("martlet_topics", "Topics of the live tree", kGauge,
            static_cast<double>(counts.topics));
    out.add("martlet_topics_bytes", "Memory of the live tree of topics, about", kGauge,
            static_cast<double>(counts.bytes));
    out.add("martlet_topics_forgotten_total", "Topics that made room for others", kCounter,
            static_cast<double>(counts.forgotten));
}

Status add_sources(Services& services, const SourceMetrics& wanted, Time now, Exposition& out) {
    auto reader = services.readers->lend();
    if (!reader) return reader.error();
    return add_source_metrics(*reader.value(), services.mesh_traffic, *freshness_table(services),
                              wanted, now, out);
}

Response metrics(Services& services, const Request& request) {
    if (request.caller.role == Role::Nobody && !services.options.metrics_public) {
        return not_allowed(Role::Viewer, request.caller);
    }
    Time now = wall_now();
    QueryReader query(request, now);
    SourceMetrics wanted;
    wanted.with_packet_ids = query.flag("mesh_packet_ids");
    if (auto refusal = query.refusal()) return std::move(*refusal);
    Exposition out(services.options.metrics_series_max);
    if (services.broker) {
        auto values = services.broker->values();
        add_broker_metrics(values, out);
        if (services.options.metrics_like_mosquitto_exporter) {
            add_mosquitto_exporter_metrics(values, out);
        }
    }
    if (services.metrics) {
        std::vector<Metric> gathered;
        services.metrics->collect(gathered);
        for (const Metric& metric : gathered) out.add(metric);
    }
    if (services.topics) add_topics(*services.topics, out);
    if (services.readers) {
        bool is_read = add_sources(services, wanted, now, out).ok();
        out.add("martlet_metrics_store_up", "0: the telemetry store could not be read just now",
                kGauge, is_read ? 1 : 0);
    }
    out.add("martlet_metrics_left_out", "Lines about sources beyond the bound", kGauge,
            static_cast<double>(out.left_out()));
    Response response;
    response.content_type = kTextFormat;
    response.stream = Exposition::stream(std::move(out));
    return response;
}

}  // namespace

std::span<const Route> prometheus_routes() {
    static const std::vector<Route> routes = {
        // Who may is asked by the handler, since it may be public.
        {Method::Get,
         "/metrics",
         Role::Nobody,
         "Metrics for Prometheus",
         metrics,
         {{"mesh_packet_ids", "boolean", "also mesh_packet_ids_*, two lines for each packet"}},
         "",
         kTextFormat},
    };
    return routes;
}

}  // namespace martlet::http
