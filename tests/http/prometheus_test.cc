#include "http/prometheus/broker_metrics.h"
#include "http/prometheus/exposition.h"
#include "tests/http/exposition_reader.h"
#include "tests/http/telemetry_api.h"

#include <cmath>

namespace martlet::http {
namespace {

class Prometheus : public TelemetryApi {
  protected:
    Prometheus() {
        broker_.sys = {{"version", "martlet \"1\"\n\\"},
                       {"uptime", "12 seconds"},
                       {"clients/connected", "3"},
                       {"clients/active", "3"},
                       {"clients/total", "5"},
                       {"retained messages/count", "4"},
                       {"publish/messages/dropped", "7"},
                       {"publish/messages/dropped/queue_full", "5"},
                       {"mqtt/publish/received", "10"},
                       {"load/messages/received/1min", "0.52"},
                       {"connection/host.bridge-1/state", "1"}};
    }
    ExpositionReader read() {
        Response answer = ask(Method::Get, "/metrics");
        EXPECT_EQ(answer.status, 200);
        EXPECT_EQ(answer.content_type, "text/plain; version=0.0.4; charset=utf-8");
        return ExpositionReader(answer.body);
    }
};

TEST_F(Prometheus, TheBrokersValuesHaveOurNames) {
    ExpositionReader metrics = read();
    EXPECT_EQ(metrics.problem, "");
    auto& values = metrics.values;
    EXPECT_EQ(values.at("martlet_build_info{version=\"martlet \\\"1\\\"\\n\\\\\"}"), 1);
    EXPECT_EQ(values.at("martlet_uptime_seconds"), 12);
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
    ExpositionReader metrics = read();
    EXPECT_EQ(metrics.problem, "");
    EXPECT_EQ(metrics.values.at("broker_clients_connected"), 3);
    EXPECT_EQ(metrics.values.at("broker_uptime"), 12);
    EXPECT_EQ(metrics.values.at("broker_retained_messages_count"), 4);
    EXPECT_EQ(metrics.values.at("broker_load_messages_received_1min"), 0.52);
    EXPECT_EQ(metrics.values.at("broker_publish_messages_dropped"), 7);
    EXPECT_EQ(metrics.values.at("broker_connection_host_bridge_1_state"), 1);
    EXPECT_EQ(metrics.values.count("broker_version"), 0u);
    EXPECT_EQ(metrics.values.count("broker_clients_active"), 0u);
    EXPECT_EQ(metrics.types.at("broker_publish_messages_dropped"), "counter");
    EXPECT_EQ(metrics.types.at("broker_uptime"), "gauge");
    EXPECT_EQ(metrics.types.at("broker_clients_total"), "gauge") << "it falls too";
}

// One that has said good-bye, however lately.
TEST_F(Prometheus, OfflineSourcesDoNotShowOldValues) {
    SourceId device{"sparkplug", "Plant/Press"};
    sample(device, "online", "", SeriesKind::State, std::int64_t(1), wall_now());
    sample(device, "temperature", "°C", SeriesKind::Gauge, 21.5, wall_now());
    commit();
    std::string online = "martlet_source_online{kind=\"sparkplug\",id=\"Plant/Press\"}";
    std::string value =
        "martlet_series_value{kind=\"sparkplug\",id=\"Plant/Press\",metric=\"temperature\",unit="
        "\"°C\"}";
    EXPECT_EQ(read().values.at(value), 21.5);
    sample(device, "online", "", SeriesKind::State, std::int64_t(0), wall_now());
    commit();
    ExpositionReader metrics = read();
    EXPECT_EQ(metrics.values.at(online), 0);
    EXPECT_EQ(metrics.values.count(value), 0u);
}

// The last step of an increment is 1 for ever, as a rule.
TEST_F(Prometheus, AnIncrementShowsItsSumOnly) {
    SourceId press{"station", "a"};
    for (int i = 0; i < 3; i++)
        sample(press, "units", "", SeriesKind::Increment, std::int64_t(1), wall_now() + i);
    sample(press, "meter", "kWh", SeriesKind::Counter, 5.5, wall_now());
    commit();
    ExpositionReader metrics = read();
    std::string units = "{kind=\"station\",id=\"a\",metric=\"units\"}";
    std::string meter = "{kind=\"station\",id=\"a\",metric=\"meter\",unit=\"kWh\"}";
    EXPECT_EQ(metrics.values.count("martlet_series_value" + units), 0u);
    EXPECT_EQ(metrics.values.at("martlet_series_steps_total" + units), 3);
    EXPECT_EQ(metrics.values.at("martlet_series_value" + meter), 5.5);
    EXPECT_EQ(metrics.values.count("martlet_series_steps_total" + meter), 1u);
}

TEST_F(Prometheus, StrangersAreRefusedAsEverywhere) {
    caller_ = {};
    Response answer = ask(Method::Get, "/metrics");
    EXPECT_EQ(answer.status, 401);
    EXPECT_EQ(answer.body, error(401, "log in first, or send a token"));
    ASSERT_FALSE(answer.headers.empty());
    EXPECT_EQ(answer.headers[0].first, "WWW-Authenticate");
}

TEST_F(Prometheus, SilentSourcesDoNotShowOldValues) {
    sample({"lowi", "1"}, "CH0/power_import", "W", SeriesKind::Gauge, 503.0, 1'763'740'800'000);
    commit();
    ExpositionReader metrics = read();
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
    ExpositionReader metrics = read();
    EXPECT_EQ(metrics.problem, "");
    // Two lines of presence and one value for each.
    EXPECT_EQ(metrics.values.at("martlet_metrics_left_out"), 90 + 40);
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
    ExpositionReader metrics = read();
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

// Wherever the pieces end: in a head, in a line, between families.
TEST(Exposition, PiecesAreTheWhole) {
    for (std::size_t size = 65'400; size < 65'600; size++) {
        Exposition out(10);
        auto gauge = Metric::Type::Gauge;
        out.add("a", "", gauge, 1, label_text({{"x", std::string(size, 'x')}}));
        for (const char* name : {"b", "c", "d"}) out.add(name, "help", gauge, 2);
        std::string whole = out.text(), pieces;
        auto stream = Exposition::stream(std::move(out));
        while (stream->next(pieces)) {
        }
        ASSERT_EQ(pieces, whole) << size;
    }
}

}  // namespace
}  // namespace martlet::http
