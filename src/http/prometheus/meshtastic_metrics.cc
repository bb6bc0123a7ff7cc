#include "base/text.h"
#include "http/answers/rows_json.h"
#include "http/prometheus/mesh_labels.h"
#include "http/prometheus/source_metrics.h"

#include <algorithm>
#include <array>

namespace martlet::http {

namespace {

using telemetry::SeriesRow;

constexpr auto kGauge = Metric::Type::Gauge;
constexpr auto kCounter = Metric::Type::Counter;

// A series of ours and the exporter's metric that it is.
struct Row {
    std::string_view metric;
    std::string_view name;
    Metric::Type type;
    std::string_view help;
};

constexpr std::array kRows = {
    Row{"device/uptime_seconds", "telemetry_app_uptime_seconds_total", kCounter,
        "Time since the node started"},
    Row{"pax/wifi", "pax_wifi", kGauge, "Devices counted over Wi-Fi"},
    Row{"pax/ble", "pax_ble", kGauge, "Devices counted over Bluetooth"},
    Row{"pax/uptime", "pax_uptime", kGauge, "Time since the counter started"},
    Row{"traceroute/route_length", "route_length", kGauge,
        "Nodes between the ends of the last route that was traced to the node"},
};

// Groups whose fields have the exporter's names already.
constexpr std::array<std::string_view, 4> kGroups = {"device/", "environment/", "power/",
                                                     "air_quality/"};

std::string_view unit_help(std::string_view unit) {
    return unit.empty() ? std::string_view("none") : unit;
}

const Row* find_row(std::string_view metric) {
    auto found = std::find_if(kRows.begin(), kRows.end(),
                              [&](const Row& row) { return row.metric == metric; });
    return found == kRows.end() ? nullptr : &*found;
}

// "routing/NO_ROUTE": how often the node answered so.
bool add_response(const SeriesRow& row, std::string_view labels, Exposition& out) {
    constexpr std::string_view kRouting = "routing/";
    if (!row.metric.starts_with(kRouting)) return false;
    out.add_bounded(
        "route_response_total", "Answers of routing, by what they say", kCounter, row.total,
        with_label(labels, "response_type", std::string_view(row.metric).substr(kRouting.size())));
    return true;
}

// "environment/temperature" is telemetry_app_temperature.
void add_field(const SeriesRow& row, double value, std::string_view labels, Exposition& out) {
    for (std::string_view group : kGroups) {
        if (!row.metric.starts_with(group)) continue;
        std::string_view field = std::string_view(row.metric).substr(group.size());
        // A sensor's voltage is another than the device's.
        bool is_sensor_s = field == "voltage" && group != "device/";
        if (is_sensor_s) return;
        out.add_bounded(fmt::format("telemetry_app_{}", metric_name(field)),
                        fmt::format("Meshtastic telemetry {}, unit {}", field, unit_help(row.unit)),
                        kGauge, value, labels);
        return;
    }
}

}  // namespace

void add_meshtastic_metrics(const SourceWithSeries& node, Exposition& out) {
    auto number = node_number(node.source->source.id);
    if (!number) return;
    std::string labels = NodeLabels(*number, node.source).of_node();
    for (const SeriesRow& row : node.series) {
        double value = 0;
        if (!as_number(row.last_value, value)) continue;
        if (const Row* known = find_row(row.metric)) {
            out.add_bounded(known->name, known->help, known->type, value, labels);
        } else if (!add_response(row, labels, out)) {
            add_field(row, value, labels, out);
        }
    }
}

}  // namespace martlet::http
