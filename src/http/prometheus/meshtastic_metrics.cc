#include "base/text.h"
#include "http/answers/rows_json.h"
#include "http/prometheus/source_metrics.h"

#include <algorithm>
#include <array>
#include <charconv>

namespace martlet::http {

namespace {

using telemetry::SeriesRow;
using telemetry::SourceRow;

constexpr auto kGauge = Metric::Type::Gauge;
constexpr auto kCounter = Metric::Type::Counter;

// A series of ours and the exporter's metric that it is.
struct Row {
    std::string_view metric;
    std::string_view name;
    Metric::Type type;
    std::string_view help;
};

constexpr std::array kNodeRows = {
    Row{"device/uptime_seconds", "telemetry_app_uptime_seconds_total", kCounter,
        "Time since the node started"},
    Row{"pax/wifi", "pax_wifi", kGauge, "Devices counted over Wi-Fi"},
    Row{"pax/ble", "pax_ble", kGauge, "Devices counted over Bluetooth"},
    Row{"pax/uptime", "pax_uptime", kGauge, "Time since the counter started"},
};

constexpr std::array kPacketRows = {
    Row{"packets", "mesh_packet_total", kCounter, "Packets sent by the node"},
    Row{"packet/rx_snr", "mesh_packet_rx_snr", kGauge, "Signal to noise of the last packet"},
    Row{"packet/rx_rssi", "mesh_packet_rx_rssi", kGauge, "Signal strength of the last packet"},
    Row{"packet/hop_limit", "mesh_packet_hop_limit", kGauge, "Hops the last packet had left"},
    Row{"packet/hop_start", "mesh_packet_hop_start", kGauge, "Hops the last packet began with"},
};

// Groups whose fields have the exporter's names already. Of two groups with a field of the same
// name the first one is meant.
constexpr std::array<std::string_view, 4> kGroups = {"device/", "environment/", "power/",
                                                     "air_quality/"};

std::string_view unit_help(std::string_view unit) {
    return unit.empty() ? std::string_view("none") : unit;
}

std::string_view fact(const SourceRow& source, std::string_view name) {
    auto found = std::find_if(source.facts.begin(), source.facts.end(),
                              [&](const auto& one) { return one.first == name; });
    return found == source.facts.end() ? "Unknown" : std::string_view(found->second);
}

// The exporter tells nodes by their number in decimal: "!a1b2c3d4" is 2712847316.
std::string node_number(std::string_view id) {
    std::uint32_t number = 0;
    if (id.starts_with('!')) id.remove_prefix(1);
    auto [end, error] = std::from_chars(id.data(), id.data() + id.size(), number, 16);
    if (error != std::errc() || end != id.data() + id.size()) return std::string(id);
    return fmt::format("{}", number);
}

struct NodeLabels {
    std::string id;
    std::string_view short_name, long_name, hardware_model, role;

    explicit NodeLabels(const SourceRow& source)
        : id(node_number(source.source.id)),
          short_name(fact(source, "short_name")),
          long_name(source.name.empty() ? std::string_view("Unknown") : source.name),
          hardware_model(fact(source, "hardware_model")),
          role(fact(source, "role")) {}

    std::string of_node() const {
        return label_text({{"node_id", id},
                           {"short_name", short_name},
                           {"long_name", long_name},
                           {"hardware_model", hardware_model},
                           {"role", role}});
    }
    std::string of_packet(std::string_view port) const {
        return label_text({{"source_id", id},
                           {"source_short_name", short_name},
                           {"source_long_name", long_name},
                           {"source_hardware_model", hardware_model},
                           {"source_role", role},
                           {"portnum", port}});
    }
};

bool is_counted(const SeriesRow& row) {
    return row.kind != telemetry::SeriesKind::Gauge && row.kind != telemetry::SeriesKind::State;
}

template <typename Rows>
const Row* find_row(const Rows& rows, std::string_view metric) {
    auto found = std::find_if(rows.begin(), rows.end(),
                              [&](const Row& row) { return row.metric == metric; });
    return found == rows.end() ? nullptr : &*found;
}

// "environment/temperature" is telemetry_app_temperature.
void add_field(const SeriesRow& row, double value, const std::string& labels, Exposition& out) {
    for (std::string_view group : kGroups) {
        if (!row.metric.starts_with(group)) continue;
        std::string_view field = std::string_view(row.metric).substr(group.size());
        // A sensor's voltage and current are others than the device's.
        bool is_device_s = field == "voltage" && group != "device/";
        if (is_device_s) return;
        out.add_bounded(fmt::format("telemetry_app_{}", field),
                        fmt::format("Meshtastic telemetry {}, unit {}", field, unit_help(row.unit)),
                        kGauge, value, labels);
        return;
    }
}

void add_packets(const SeriesRow& row, double value, const NodeLabels& labels, Exposition& out) {
    constexpr std::string_view kPorts = "packets/";
    if (row.metric.starts_with(kPorts)) {
        out.add_bounded("mesh_packet_source_types_total", "Packets sent by the node, by port",
                        kCounter, row.total, labels.of_packet(row.metric.substr(kPorts.size())));
        return;
    }
    const Row* known = find_row(kPacketRows, row.metric);
    if (!known) return;
    out.add_bounded(known->name, known->help, known->type, is_counted(row) ? row.total : value,
                    labels.of_packet(""));
    if (row.metric != "packets") return;
    out.add_bounded("mesh_packet_rx_time", "When the last packet was received", kGauge,
                    static_cast<double>(row.last_time / 1000), labels.of_packet(""));
}

}  // namespace

void add_meshtastic_metrics(const SourceWithSeries& node, Exposition& out) {
    NodeLabels labels(*node.source);
    std::string of_node = labels.of_node();
    for (const SeriesRow& row : node.series) {
        double value = 0;
        if (!as_number(row.last_value, value)) continue;
        if (const Row* known = find_row(kNodeRows, row.metric)) {
            out.add_bounded(known->name, known->help, known->type, value, of_node);
        } else if (row.metric.starts_with("packet")) {
            add_packets(row, value, labels, out);
        } else {
            add_field(row, value, of_node, out);
        }
    }
}

}  // namespace martlet::http
