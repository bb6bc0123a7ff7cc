// /metrics under the names and labels of meshtastic-metrics-exporter.

#include "base/text.h"
#include "telemetry/mesh_traffic.h"
#include "tests/http/exposition_reader.h"
#include "tests/http/telemetry_api.h"

#include <set>

namespace martlet::http {
namespace {

using telemetry::MeshPacket;
using telemetry::MeshTraffic;

constexpr std::uint32_t kNode = 0xa1b2c3d4;
constexpr std::uint32_t kOther = 0x0badcafe;
constexpr std::uint32_t kEverybody = 0xffffffff;

class MeshMetrics : public TelemetryApi {
  protected:
    MeshMetrics() {
        services_.mesh_traffic = &traffic_;
        note(node_, "Södermalm \"1\"",
             {{"short_name", "SÖ"}, {"hardware_model", "RAK4631"}, {"role", "CLIENT"}}, now_);
    }

    ExpositionReader read(std::string_view target = "/metrics") {
        commit();
        Response answer = ask(Method::Get, target);
        EXPECT_EQ(answer.status, 200);
        ExpositionReader metrics(answer.body);
        EXPECT_EQ(metrics.problem, "");
        return metrics;
    }
    void gauge(std::string metric, Value value) {
        sample(node_, std::move(metric), "", SeriesKind::Gauge, std::move(value), now_);
    }
    void increment(std::string metric) {
        sample(node_, std::move(metric), "", SeriesKind::Increment, std::int64_t(1), now_);
    }
    static MeshPacket packet(std::uint32_t to, std::uint32_t id, std::string_view port) {
        MeshPacket made;
        made.from = kNode;
        made.to = to;
        made.id = id;
        made.port = port;
        return made;
    }
    void send(const MeshPacket& made) { traffic_.add({&made, 1}, now_); }

    // {PREFIXid="..",PREFIXshort_name=...
    static std::string labels(std::string prefix, std::string id, std::string short_name,
                              std::string long_name, std::string model, std::string role) {
        return prefix + "id=\"" + id + "\"," + prefix + "short_name=\"" + short_name + "\"," +
               prefix + "long_name=\"" + long_name + "\"," + prefix + "hardware_model=\"" + model +
               "\"," + prefix + "role=\"" + role + "\"";
    }
    static std::string to_everybody() {
        return "{" + labels("source_", "2712847316", "SÖ", kName, "RAK4631", "CLIENT") + "," +
               labels("destination_", "4294967295", "Broadcast", "Broadcast", "Unknown", "Unknown");
    }

    static constexpr const char* kName = "Södermalm \\\"1\\\"";
    const SourceId node_{"meshtastic", "!a1b2c3d4"};
    const Time now_ = wall_now();
    MeshTraffic traffic_;
};

TEST_F(MeshMetrics, TelemetryOfNodes) {
    gauge("device/battery_level", std::int64_t(87));
    gauge("device/voltage", 4.1);
    gauge("environment/voltage", 3.3);
    gauge("environment/temperature", -2.5);
    gauge("power/ch1_current", 12.5);
    gauge("air_quality/pm25_standard", std::int64_t(7));
    gauge("pax/wifi", std::int64_t(5));
    gauge("traceroute/route_length", std::int64_t(2));
    increment("routing/NONE");
    increment("routing/NO_ROUTE");
    increment("routing/NO_ROUTE");
    sample(node_, "device/uptime_seconds", "s", SeriesKind::Counter, std::int64_t(3600), now_);
    auto values = read().values;
    std::string inner = labels("", "2712847316", "SÖ", kName, "RAK4631", "CLIENT");
    inner.insert(0, "{node_");
    EXPECT_EQ(values.at("telemetry_app_battery_level" + inner + "}"), 87);
    EXPECT_EQ(values.at("telemetry_app_voltage" + inner + "}"), 4.1);
    EXPECT_EQ(values.at("telemetry_app_temperature" + inner + "}"), -2.5);
    EXPECT_EQ(values.at("telemetry_app_ch1_current" + inner + "}"), 12.5);
    EXPECT_EQ(values.at("telemetry_app_pm25_standard" + inner + "}"), 7);
    EXPECT_EQ(values.at("telemetry_app_uptime_seconds_total" + inner + "}"), 3600);
    EXPECT_EQ(values.at("pax_wifi" + inner + "}"), 5);
    EXPECT_EQ(values.at("route_length" + inner + "}"), 2);
    EXPECT_EQ(values.at("route_response_total" + inner + ",response_type=\"NONE\"}"), 1);
    EXPECT_EQ(values.at("route_response_total" + inner + ",response_type=\"NO_ROUTE\"}"), 2);
}

TEST_F(MeshMetrics, PacketsBySenderAndReceiver) {
    MeshPacket first = packet(kEverybody, 70, "TELEMETRY_APP");
    first.time = 1'763'640'000'999;
    first.channel = 8;
    first.bytes = 31;
    first.snr_db = -7.25;
    first.rssi_dbm = -103;
    first.hop_limit = 2;
    first.hop_start = 3;
    first.want_ack = true;
    send(first);
    // It does not tell how it was heard: what was known stays.
    MeshPacket second = packet(kEverybody, 71, "NODEINFO_APP");
    second.time = 1'763'640'060'000;
    second.is_via_mqtt = true;
    send(second);
    send(packet(kOther, 72, "TEXT_MESSAGE_APP"));
    EXPECT_EQ(read().values.count("mesh_packet_ids_total" + to_everybody() + ",packet_id=\"71\"}"),
              0u);
    auto values = read("/metrics?mesh_packet_ids=true").values;
    std::string all = to_everybody();
    EXPECT_EQ(values.at("mesh_packet_total" + all + "}"), 2);
    EXPECT_EQ(values.at("mesh_packet_source_types_total" + all + ",portnum=\"TELEMETRY_APP\"}"), 1);
    EXPECT_EQ(values.at("mesh_packet_destination_types_total" + all + ",portnum=\"NODEINFO_APP\"}"),
              1);
    EXPECT_EQ(values.at("mesh_packet_rx_time" + all + "}"), 1'763'640'060);
    EXPECT_EQ(values.at("mesh_packet_rx_snr" + all + "}"), -7.25);
    EXPECT_EQ(values.at("mesh_packet_rx_rssi" + all + "}"), -103);
    EXPECT_EQ(values.at("mesh_packet_hop_limit" + all + "}"), 2);
    EXPECT_EQ(values.at("mesh_packet_hop_start" + all + "}"), 3);
    EXPECT_EQ(values.at("mesh_packet_want_ack_total" + all + "}"), 1);
    EXPECT_EQ(values.at("mesh_packet_via_mqtt_total" + all + "}"), 1);
    EXPECT_EQ(values.at("mesh_packet_channel_total" + all + ",channel=\"8\"}"), 1);
    EXPECT_EQ(values.at("mesh_packet_ids_total" + all + ",packet_id=\"71\"}"), 1);
    EXPECT_EQ(values.at("mesh_packet_ids_created" + all + ",packet_id=\"70\"}"),
              static_cast<double>(now_) / 1000);
    EXPECT_EQ(values.at("text_message_app_size_in_bytes{source_id=\"2712847316\",destination_id="
                        "\"4294967295\",portnum=\"TELEMETRY_APP\"}"),
              31);
    // Nothing is known of the receiver, and the packet was not heard by radio.
    std::string other =
        "{" + labels("source_", "2712847316", "SÖ", kName, "RAK4631", "CLIENT") + "," +
        labels("destination_", "195939070", "Unknown", "Unknown", "Unknown", "Unknown") + "}";
    EXPECT_EQ(values.at("mesh_packet_total" + other), 1);
    EXPECT_EQ(values.count("mesh_packet_rx_snr" + other), 0u);
}

TEST_F(MeshMetrics, ANewNameLeavesNothingUnderTheOldOne) {
    gauge("device/battery_level", std::int64_t(87));
    send(packet(kEverybody, 70, "TELEMETRY_APP"));
    read();
    note(node_, "Slussen", {{"short_name", "SLUR"}}, now_);
    send(packet(kEverybody, 71, "TELEMETRY_APP"));
    std::set<std::string> of_battery;
    std::set<double> of_packets;
    for (const auto& [name, value] : read().values) {
        EXPECT_EQ(name.find("dermalm"), std::string::npos) << name;
        if (name.starts_with("telemetry_app_battery_level{")) of_battery.insert(name);
        if (name.starts_with("mesh_packet_total{")) of_packets.insert(value);
    }
    ASSERT_EQ(of_battery.size(), 1u);
    EXPECT_NE(of_battery.begin()->find("long_name=\"Slussen\""), std::string::npos);
    EXPECT_EQ(of_packets, std::set<double>{2}) << "counting goes on";
}

TEST_F(MeshMetrics, WhatIsNoLongerHeardOrKnownIsNotShown) {
    MeshPacket stranger = packet(kEverybody, 1, "TEXT_MESSAGE_APP");
    stranger.from = kOther;
    send(stranger);
    MeshPacket old = packet(kOther, 2, "TEXT_MESSAGE_APP");
    traffic_.add({&old, 1}, now_ - 2 * kDay);
    send(packet(kEverybody, 3, "TEXT_MESSAGE_APP"));
    int lines = 0;
    for (const auto& [name, value] : read().values) {
        lines += name.starts_with("mesh_packet_total{") ? 1 : 0;
        if (name.starts_with("mesh_packet")) {
            EXPECT_EQ(name.find("195939070"), std::string::npos) << name;
        }
    }
    EXPECT_EQ(lines, 1);
}

// A mesh of 2,000 nodes beside other sources: each kind of lines has the bound for itself.
TEST_F(MeshMetrics, AManyNodedMeshIsBoundedAndStarvesNobody) {
    for (std::uint32_t i = 1; i <= 2000; i++) {
        sample({"meshtastic", fmt::format("!{:08x}", i)}, "device/battery_level", "%",
               SeriesKind::Gauge, std::int64_t(50), now_);
        MeshPacket made = packet(kEverybody, i, "TELEMETRY_APP");
        made.from = i;
        send(made);
    }
    services_.options.metrics_series_max = 1000;
    auto values = read().values;
    std::map<std::string, int> lines;
    for (const auto& [name, value] : values) lines[name.substr(0, name.find('{'))]++;
    EXPECT_EQ(lines["telemetry_app_battery_level"], 1000);
    EXPECT_EQ(lines["martlet_source_online"], 500);
    EXPECT_EQ(lines["martlet_series_value"], 1000);
    EXPECT_GT(lines["mesh_packet_total"], 100);
    EXPECT_GT(values.at("martlet_metrics_left_out"), 1000);
    EXPECT_GT(pieces_, 1) << "it comes piece by piece";
}

}  // namespace
}  // namespace martlet::http
