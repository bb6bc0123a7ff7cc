#include "base/hash_map.h"
#include "base/text.h"
#include "http/prometheus/mesh_labels.h"
#include "http/prometheus/source_metrics.h"

namespace martlet::http {

namespace {

using telemetry::MeshPair;
using telemetry::MeshTraffic;
using telemetry::SourceRow;

constexpr auto kGauge = Metric::Type::Gauge;
constexpr auto kCounter = Metric::Type::Counter;
constexpr std::string_view kOtherChannels = "other";

using Nodes = HashMap<std::uint32_t, const SourceRow*>;

Nodes nodes_of(const std::vector<SourceWithSeries>& sources) {
    Nodes nodes;
    for (const SourceWithSeries& one : sources) {
        if (one.source->source.kind != "meshtastic") continue;
        if (auto number = node_number(one.source->source.id)) nodes[*number] = one.source;
    }
    return nodes;
}

NodeLabels labels_of(const Nodes& nodes, std::uint32_t number) {
    auto known = nodes.find(number);
    return {number, known == nodes.end() ? nullptr : known->second};
}

template <typename Number>
double as_double(Number number) {
    return static_cast<double>(number);
}

void add_counts(const MeshPair& pair, std::string_view labels, Exposition& out) {
    out.add_bounded("mesh_packet_total", "Packets", kCounter, as_double(pair.packets), labels);
    if (pair.want_ack > 0) {
        out.add_bounded("mesh_packet_want_ack_total", "Packets that want an answer", kCounter,
                        as_double(pair.want_ack), labels);
    }
    if (pair.via_mqtt > 0) {
        out.add_bounded("mesh_packet_via_mqtt_total",
                        "Packets that had been on a broker before they were on the air", kCounter,
                        as_double(pair.via_mqtt), labels);
    }
    for (const MeshPair::Channel& channel : pair.channels) {
        std::string number = channel.number ? fmt::format("{}", *channel.number) : "";
        out.add_bounded("mesh_packet_channel_total", "Packets by channel number", kCounter,
                        as_double(channel.packets),
                        with_label(labels, "channel", number.empty() ? kOtherChannels : number));
    }
}

void add_last(const MeshPair& pair, std::string_view labels, Exposition& out) {
    out.add_bounded("mesh_packet_rx_time", "When the last packet was received, in seconds", kGauge,
                    as_double(pair.time / 1000), labels);
    auto add = [&](std::string_view name, std::string_view help, auto value) {
        if (value) out.add_bounded(name, help, kGauge, as_double(*value), labels);
    };
    add("mesh_packet_rx_snr", "Signal to noise of the last packet, in dB", pair.snr_db);
    add("mesh_packet_rx_rssi", "Signal strength of the last packet, in dBm", pair.rssi_dbm);
    add("mesh_packet_hop_limit", "Hops that the last packet had left", pair.hop_limit);
    add("mesh_packet_hop_start", "Hops that the last packet began with", pair.hop_start);
}

void add_ports(const MeshPair& pair, const NodeLabels& from, const NodeLabels& to,
               std::string_view labels, Exposition& out) {
    for (const MeshPair::Port& port : pair.ports) {
        std::string with_port = with_label(labels, "portnum", port.name);
        out.add_bounded("mesh_packet_source_types_total", "Packets by sender and port", kCounter,
                        as_double(port.packets), with_port);
        out.add_bounded("mesh_packet_destination_types_total", "Packets by receiver and port",
                        kCounter, as_double(port.packets), with_port);
        if (port.bytes == 0) continue;
        out.add_bounded(
            "text_message_app_size_in_bytes", "Size of what the last packet says", kGauge,
            as_double(port.bytes),
            label_text(
                {{"source_id", from.id()}, {"destination_id", to.id()}, {"portnum", port.name}}));
    }
}

// A line for each packet cannot be for long: those of the last minutes.
void add_ids(const MeshTraffic& traffic, const Nodes& nodes, telemetry::Time now, Exposition& out) {
    for (const auto& packet : traffic.recent(now)) {
        if (!nodes.contains(packet.from)) continue;
        std::string labels =
            labels_of(nodes, packet.from).of_packet_to(labels_of(nodes, packet.to));
        labels = with_label(labels, "packet_id", fmt::format("{}", packet.id));
        out.add_bounded("mesh_packet_ids_total", "1 for each of the newest packets", kCounter, 1,
                        labels);
        out.add_bounded("mesh_packet_ids_created", "When it came, in seconds", kGauge,
                        as_double(packet.time) / 1000, labels);
    }
}

}  // namespace

// As long as a node that says nothing is not silent yet.
constexpr telemetry::Time kPairsShownFor = 24 * 3600 * 1000;

void add_mesh_packet_metrics(const MeshTraffic& traffic,
                             const std::vector<SourceWithSeries>& sources,
                             const SourceMetrics& wanted, telemetry::Time now, Exposition& out) {
    Nodes nodes = nodes_of(sources);
    for (const MeshPair& pair : traffic.pairs(now - kPairsShownFor)) {
        // A source that was removed is gone here too.
        if (!nodes.contains(pair.from)) continue;
        NodeLabels from = labels_of(nodes, pair.from);
        NodeLabels to = labels_of(nodes, pair.to);
        std::string labels = from.of_packet_to(to);
        add_counts(pair, labels, out);
        add_last(pair, labels, out);
        add_ports(pair, from, to, labels, out);
    }
    if (wanted.with_packet_ids) add_ids(traffic, nodes, now, out);
}

}  // namespace martlet::http
