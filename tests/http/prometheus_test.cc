#include "http/prometheus/broker_metrics.h"
#include "http/prometheus/exposition.h"
#include "tests/http/telemetry_api.h"

#include <cctype>
#include <cmath>
#include <cstring>
#include <set>

namespace martlet::http {
namespace {

// Reads the text format as strictly as it is written down: each family's help and type once and
// first, names and labels sound, no line twice, counters ending in _total where that is ours.
class Reader {
  public:
    explicit Reader(std::string_view text) {
        if (!text.empty() && !text.ends_with('\n')) fail("no newline at the end");
        while (!text.empty() && problem.empty()) {
            std::string_view line = text.substr(0, text.find('\n'));
            text.remove_prefix(line.size() + 1);
            read(line);
        }
    }
    std::string problem;
    std::map<std::string, double> values;  // by name and labels

  private:
    void fail(std::string_view what) {
        if (problem.empty()) problem = what;
    }
    void read(std::string_view line) {
        if (line.starts_with("# HELP ")) return begin_family(line.substr(7));
        if (line.starts_with("# TYPE ")) return read_type(line.substr(7));
        read_value(line);
    }
    void begin_family(std::string_view rest) {
        family_ = rest.substr(0, rest.find(' '));
        if (!families_.insert(family_).second) fail("family twice: " + family_);
        type_.clear();
    }
    void read_type(std::string_view rest) {
        if (rest.substr(0, rest.find(' ')) != family_) fail("type of another family");
        type_ = rest.substr(rest.find(' ') + 1);
        bool is_known = type_ == "gauge" || type_ == "counter" || type_ == "histogram";
        if (!is_known) fail("type " + type_);
        bool is_ours = family_.starts_with("martlet_");
        bool is_total = family_.ends_with("_total");
        if (is_ours && (type_ == "counter") != is_total) fail("_total is for counters: " + family_);
    }
    static bool is_name(std::string_view name) {
        auto is_first = [](char c) {
            return std::isalpha(static_cast<unsigned char>(c)) || c == '_';
        };
        if (name.empty() || !is_first(name.front())) return false;
        return std::all_of(name.begin(), name.end(), [&](char c) {
            return is_first(c) || std::isdigit(static_cast<unsigned char>(c));
        });
    }
    void read_value(std::string_view line) {
        std::size_t at = line.find_first_of("{ ");
        std::string_view name = line.substr(0, at);
        bool is_of_family = name == family_ || (type_ == "histogram" && name.starts_with(family_));
        if (!is_name(name) || !is_of_family || type_.empty()) return fail(line);
        if (line[at] == '{') at = read_labels(line, at + 1);
        if (at == std::string_view::npos || line[at] != ' ') return fail(line);
        std::string number(line.substr(at + 1));
        char* end = nullptr;
        double value = std::strtod(number.c_str(), &end);
        if (number.empty() || *end != '\0') return fail(line);
        if (!values.emplace(line.substr(0, at), value).second) fail("twice: " + std::string(line));
    }
    // The place behind the '}'.
    std::size_t read_labels(std::string_view line, std::size_t at) {
        while (true) {
            std::size_t equals = line.find("=\"", at);
            if (equals == std::string_view::npos) return equals;
            if (!is_name(line.substr(at, equals - at))) return std::string_view::npos;
            at = equals + 2;
            while (at < line.size() && line[at] != '"') {
                if (line[at] == '\\') {
                    at++;
                    if (at == line.size() || !std::strchr("\\\"n", line[at])) fail("escape");
                }
                at++;
            }
            if (at + 1 >= line.size()) return std::string_view::npos;
            at++;
            if (line[at] == '}') return at + 1;
            if (line[at] != ',') return std::string_view::npos;
            at++;
        }
    }

    std::string family_;
    std::string type_;
    std::set<std::string> families_;
};

class Prometheus : public TelemetryApi {
  protected:
    Prometheus() {
        broker_.sys = {{"version", "martlet \"1\"\n\\"},
                       {"uptime", "12 seconds"},
                       {"clients/connected", "3"},
                       {"retained messages/count", "4"},
                       {"publish/messages/dropped", "7"},
                       {"publish/messages/dropped/queue_full", "5"},
                       {"mqtt/publish/received", "10"},
                       {"load/messages/received/1min", "0.52"},
                       {"connection/host.bridge-1/state", "1"}};
    }
    Reader read() {
        Response answer = ask(Method::Get, "/metrics");
        EXPECT_EQ(answer.status, 200);
        EXPECT_EQ(answer.content_type, "text/plain; version=0.0.4; charset=utf-8");
        return Reader(answer.body);
    }
};

TEST_F(Prometheus, TheBrokersValuesHaveOurNames) {
    Reader metrics = read();
    EXPECT_EQ(metrics.problem, "");
    auto& values = metrics.values;
    EXPECT_EQ(values.at("martlet_build_info{version=\"martlet \\\"1\\\"\\n\\\\\"}"), 1);
    EXPECT_EQ(values.at("martlet_uptime_seconds"), 12);
    EXPECT_EQ(values.at("martlet_clients_connected"), 3);
    EXPECT_EQ(values.at("martlet_retained_messages"), 4);
    EXPECT_EQ(values.at("martlet_packets_received_by_type_total{type=\"publish\"}"), 10);
    EXPECT_EQ(values.at("martlet_dropped_messages_total{reason=\"queue_full\"}"), 5);
    EXPECT_EQ(values.at("martlet_bridge_up{connection=\"host.bridge-1\"}"), 1);
    EXPECT_EQ(values.count("broker_clients_connected"), 0u);
    EXPECT_EQ(values.at("martlet_metrics_store_up"), 1);
    services_.readers = nullptr;
    EXPECT_EQ(read().values.count("martlet_metrics_store_up"), 0u);
}

TEST_F(Prometheus, NobodyReadsThemUnlessTheyArePublic) {
    caller_ = {};
    EXPECT_EQ(ask(Method::Get, "/metrics").status, 401);
    services_.options.metrics_public = true;
    EXPECT_EQ(ask(Method::Get, "/metrics").status, 200);
}

TEST_F(Prometheus, TheOtherExportersNamesAreASwitch) {
    services_.options.metrics_like_mosquitto_exporter = true;
    Reader metrics = read();
    EXPECT_EQ(metrics.problem, "");
    EXPECT_EQ(metrics.values.at("broker_clients_connected"), 3);
    EXPECT_EQ(metrics.values.at("broker_uptime"), 12);
    EXPECT_EQ(metrics.values.at("broker_retained_messages_count"), 4);
    EXPECT_EQ(metrics.values.at("broker_load_messages_received_1min"), 0.52);
    EXPECT_EQ(metrics.values.at("broker_publish_messages_dropped"), 7);
    EXPECT_EQ(metrics.values.at("broker_connection_host_bridge_1_state"), 1);
}

TEST_F(Prometheus, MeshNodesHaveTheirExportersNamesAndLabels) {
    SourceId node{"meshtastic", "!a1b2c3d4"};
    Time now = wall_now();
    note(node, "Södermalm \"1\"",
         {{"short_name", "SÖ"}, {"hardware_model", "RAK4631"}, {"role", "CLIENT"}}, now);
    sample(node, "device/battery_level", "%", SeriesKind::Gauge, std::int64_t(87), now);
    sample(node, "device/voltage", "V", SeriesKind::Gauge, 4.1, now);
    sample(node, "environment/voltage", "V", SeriesKind::Gauge, 3.3, now);
    sample(node, "environment/temperature", "°C", SeriesKind::Gauge, -2.5, now);
    sample(node, "device/uptime_seconds", "s", SeriesKind::Counter, std::int64_t(3600), now);
    sample(node, "pax/wifi", "", SeriesKind::Gauge, std::int64_t(5), now);
    sample(node, "packets", "", SeriesKind::Increment, std::int64_t(1), now);
    sample(node, "packets", "", SeriesKind::Increment, std::int64_t(1), now);
    sample(node, "packets/TELEMETRY_APP", "", SeriesKind::Increment, std::int64_t(1), now);
    sample(node, "packet/rx_snr", "dB", SeriesKind::Gauge, -7.25, now);
    commit();
    Reader metrics = read();
    EXPECT_EQ(metrics.problem, "");
    auto& values = metrics.values;
    std::string labels =
        "{node_id=\"2712847316\",short_name=\"SÖ\",long_name=\"Södermalm "
        "\\\"1\\\"\",hardware_model=\"RAK4631\",role=\"CLIENT\"}";
    EXPECT_EQ(values.at("telemetry_app_battery_level" + labels), 87);
    EXPECT_EQ(values.at("telemetry_app_voltage" + labels), 4.1);
    EXPECT_EQ(values.at("telemetry_app_temperature" + labels), -2.5);
    EXPECT_EQ(values.at("telemetry_app_uptime_seconds_total" + labels), 3600);
    EXPECT_EQ(values.at("pax_wifi" + labels), 5);
    std::string packet =
        "{source_id=\"2712847316\",source_short_name=\"SÖ\",source_long_name="
        "\"Södermalm \\\"1\\\"\",source_hardware_model=\"RAK4631\",source_role="
        "\"CLIENT\"";
    EXPECT_EQ(values.at("mesh_packet_total" + packet + "}"), 2);
    EXPECT_EQ(values.at("mesh_packet_source_types_total" + packet + ",portnum=\"TELEMETRY_APP\"}"),
              1);
    EXPECT_EQ(values.at("mesh_packet_rx_snr" + packet + "}"), -7.25);
    EXPECT_EQ(values.at("mesh_packet_rx_time" + packet + "}"), static_cast<double>(now / 1000));
    std::string series =
        "{kind=\"meshtastic\",id=\"!a1b2c3d4\",name=\"Södermalm \\\"1\\\"\","
        "metric=\"environment/voltage\",unit=\"V\"}";
    EXPECT_EQ(values.at("martlet_series_value" + series), 3.3);
}

TEST_F(Prometheus, SilentSourcesDoNotShowOldValues) {
    sample({"lowi", "1"}, "CH0/power_import", "W", SeriesKind::Gauge, 503.0, 1'763'740'800'000);
    commit();
    Reader metrics = read();
    EXPECT_EQ(metrics.values.at("martlet_source_online{kind=\"lowi\",id=\"1\"}"), 0);
    EXPECT_EQ(metrics.values.count("martlet_series_value{kind=\"lowi\",id=\"1\",metric="
                                   "\"CH0/power_import\",unit=\"W\"}"),
              0u);
}

TEST_F(Prometheus, SourcesAreBoundedAndTheRestIsCounted) {
    for (int i = 0; i < 50; i++) {
        sample({"topic", "t" + std::to_string(i)}, "v", "", SeriesKind::Gauge, 1.0, wall_now());
    }
    commit();
    services_.options.metrics_series_max = 10;
    Reader metrics = read();
    EXPECT_EQ(metrics.problem, "");
    EXPECT_EQ(metrics.values.at("martlet_metrics_left_out"), 140);
}

TEST_F(Prometheus, OthersMayAddHistograms) {
    struct Latencies final : MetricSource {
        void collect(std::vector<Metric>& metrics) override {
            metrics.push_back({"martlet_commit_seconds",
                               "How long a commit takes",
                               Metric::Type::Histogram,
                               {{"store", "sqlite"}},
                               0.75,
                               {0.01, 0.1},
                               {3, 5, 6}});
        }
    } latencies;
    services_.metrics = &latencies;
    Reader metrics = read();
    EXPECT_EQ(metrics.problem, "");
    auto& values = metrics.values;
    EXPECT_EQ(values.at("martlet_commit_seconds_bucket{store=\"sqlite\",le=\"0.1\"}"), 5);
    EXPECT_EQ(values.at("martlet_commit_seconds_bucket{store=\"sqlite\",le=\"+Inf\"}"), 6);
    EXPECT_EQ(values.at("martlet_commit_seconds_sum{store=\"sqlite\"}"), 0.75);
    EXPECT_EQ(values.at("martlet_commit_seconds_count{store=\"sqlite\"}"), 6);
}

TEST(Exposition, KeepsFamiliesTogetherAndEscapes) {
    Exposition out(10);
    auto gauge = Metric::Type::Gauge;
    out.add("b", "one \\ two\nthree", gauge, 1, label_text({{"x", "\xff"}, {"y", ""}}));
    out.add("a", "", gauge, 0.1);
    out.add("b", "other", gauge, NAN, label_text({{"x", "2"}}));
    out.add("b", "", gauge, 3, label_text({{"x", "2"}}));
    EXPECT_EQ(out.text(),
              "# HELP b one \\\\ two\\nthree\n# TYPE b gauge\nb{x=\"?\"} 1\nb{x=\"2\"} NaN\n"
              "# HELP a \n# TYPE a gauge\na 0.1\n");
    EXPECT_EQ(metric_name("broker_retained messages/5-x.y"), "broker_retained_messages_5_x_y");
}

}  // namespace
}  // namespace martlet::http
