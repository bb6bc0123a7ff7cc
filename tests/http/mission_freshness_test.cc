// The items of the mission that say when a source is online, ageing and silent: M0.12, M2.5, MX.6.
// Messages have come in the past, so that the clock need not be waited for.

#include "telemetry/decoders/registry.h"
#include "telemetry/silence.h"
#include "tests/http/telemetry_api.h"

namespace martlet::http {
namespace {

const SourceId kNode{"meshtastic", "!7c5b1e2a"};

class MissionFreshness : public TelemetryApi {
  protected:
    // `count` messages of a source, the last one `age` ago.
    void hear(const SourceId& source, std::string metric, int count, std::int64_t interval,
              std::int64_t age) {
        for (int i = count - 1; i >= 0; i--) {
            sample(source, metric, "", SeriesKind::Gauge, std::int64_t(i),
                   wall_now() - age - i * interval);
        }
    }
    // The states of all sources of an answer by their ids.
    std::map<std::string, std::string> states(std::string_view target) {
        std::string body = get(target);
        std::map<std::string, std::string> found;
        auto text_at = [&](std::size_t at) { return body.substr(at, body.find('"', at) - at); };
        constexpr std::string_view kId = "\"id\":\"";
        constexpr std::string_view kState = "\"state\":\"";
        for (auto at = body.find(kId); at != std::string::npos; at = body.find(kId, at + 1)) {
            auto state = body.find(kState, at);
            if (state == std::string::npos) break;
            found[text_at(at + kId.size())] = text_at(state + kState.size());
        }
        return found;
    }
    std::string state(const SourceId& source) {
        return states("/api/v1/sources?kind=" + source.kind)[source.id];
    }
    // The real decoder, as the broker has it.
    void decode(std::string_view decoder, std::string_view topic, std::string_view payload,
                Time received) {
        std::string problem;
        auto made = telemetry::find_decoder(decoder)->make({}, problem);
        ASSERT_NE(made, nullptr) << problem;
        telemetry::Decoded decoded;
        made->decode({topic, payload, received}, decoded);
        add(decoded, received);
    }
};

using States = std::map<std::string, std::string>;

// An own report each 900 s renews the node; after three that did not come it is ageing, and by
// default so: nobody needs to ask for it.
TEST_F(MissionFreshness, M0_12_ANodeThatMissesThreeMapReportsIsAgeing) {
    constexpr std::int64_t kInterval = 900 * 1000;
    const std::string kMetric = "map_report/num_online_local_nodes";
    hear({"meshtastic", "!00000001"}, kMetric, 8, kInterval, kInterval / 2);
    hear({"meshtastic", "!00000002"}, kMetric, 8, kInterval, 2 * kInterval + kMinute);
    hear({"meshtastic", "!00000003"}, kMetric, 8, kInterval, 3 * kInterval + kMinute);
    hear({"meshtastic", "!00000004"}, kMetric, 8, kInterval, kDay + kMinute);
    // Of which only one report came so far.
    hear({"meshtastic", "!00000005"}, kMetric, 1, kInterval, 2 * kInterval + kMinute);
    hear({"meshtastic", "!00000006"}, kMetric, 1, kInterval, 3 * kInterval + kMinute);
    commit();
    EXPECT_EQ(states("/api/v1/sources"), (States{{"!00000001", "online"},
                                                 {"!00000002", "online"},
                                                 {"!00000003", "ageing"},
                                                 {"!00000004", "silent"},
                                                 {"!00000005", "online"},
                                                 {"!00000006", "ageing"}}));
    EXPECT_EQ(states("/api/v1/sources?state=ageing").size(), 2u);
    EXPECT_NE(get("/api/v1/sources/meshtastic:!00000003").find("\"interval_ms\":900000"),
              std::string::npos);
    // The next report renews the entry, and its values are the report's.
    sample({"meshtastic", "!00000003"}, kMetric, "", SeriesKind::Gauge, std::int64_t(87),
           wall_now());
    commit();
    EXPECT_EQ(state({"meshtastic", "!00000003"}), "online");
    EXPECT_NE(get("/api/v1/sources/meshtastic:!00000003").find("\"value\":87"), std::string::npos);
}

// Of a node without map reports the firmware's own two hours count.
TEST_F(MissionFreshness, M0_12_OtherNodesHaveTwoHours) {
    hear(kNode, "device/battery_level", 1, 0, 119 * kMinute);
    commit();
    EXPECT_EQ(state(kNode), "online");
    hear({"meshtastic", "!00000001"}, "device/battery_level", 1, 0, 121 * kMinute);
    commit();
    EXPECT_EQ(state({"meshtastic", "!00000001"}), "ageing");
}

// A container that lets one hear of it each six hours is well, wherever it is asked for.
TEST_F(MissionFreshness, M2_05_AContainerIsSilentForHoursAndWell) {
    constexpr std::int64_t kInterval = 6 * kHour;
    hear({"vehicle", "box-1"}, "temperature", 8, kInterval, 5 * kHour);
    hear({"vehicle", "box-2"}, "temperature", 8, kInterval, 19 * kHour);
    hear({"vehicle", "box-3"}, "temperature", 8, kInterval, 40 * kHour);
    const States kExpected{{"box-1", "online"}, {"box-2", "ageing"}, {"box-3", "silent"}};
    commit();
    EXPECT_EQ(states("/api/v1/sources?kind=vehicle"), kExpected);
    EXPECT_EQ(states("/api/v1/fleet"), kExpected);
    // How long it has been silent is told.
    EXPECT_NE(get("/api/v1/fleet?state=silent").find("\"age_ms\":1440"), std::string::npos);
    EXPECT_EQ(states("/api/v1/fleet?online_within=20h")["box-2"], "online");
    EXPECT_EQ(states("/api/v1/fleet?online_within=1h&state=online"), States{});
    EXPECT_EQ(ask(Method::Get, "/api/v1/fleet?online_within=soon").status, 400);
}

TEST_F(MissionFreshness, M2_05_AContainerIsKnownByItsGroupOrItsNumberAtOnce) {
    decode("vehicle", "vehicles/trailer-9/telemetry",
           R"({"lat":53.5,"lon":9.9,"group":"trailers"})", wall_now() - 6 * kHour);
    decode("vehicle", "vehicles/MSKU1234567/telemetry", "53.5461,9.9937", wall_now() - 6 * kHour);
    decode("vehicle", "vehicles/car-1/telemetry", R"({"lat":53.5,"lon":9.9})",
           wall_now() - 6 * kHour);
    commit();
    EXPECT_EQ(states("/api/v1/fleet"),
              (States{{"trailer-9", "online"}, {"MSKU1234567", "online"}, {"car-1", "ageing"}}));
}

TEST_F(MissionFreshness, M2_05_ALongSilenceIsAnEventAndSoIsItsEnd) {
    const SourceId kBox{"vehicle", "MSKU1234567"};
    Time begin = wall_now() - 5 * kDay;
    sample(kBox, "temperature", "°C", SeriesKind::Gauge, 4.0, begin);
    telemetry::Silence silence(ledger());
    auto table = thresholds_.table();
    for (Time at = begin; at <= begin + 4 * kDay; at += kMinute)
        silence.sweep(ledger(), *table, at, false);
    commit();
    std::string events = get("/api/v1/events?kind=silent");
    EXPECT_NE(events.find("\"severity\":\"warning\",\"text\":\"Silent since "), std::string::npos)
        << events;
    EXPECT_NE(events.find(": no message for more than 3 days.\",\"details\":{\"last_seen\":" +
                          std::to_string(begin) + ",\"silent_ms\":259200000}"),
              std::string::npos)
        << events;
    EXPECT_EQ(events.find("\"kind\":\"silent\""), events.rfind("\"kind\":\"silent\""));
    sample(kBox, "temperature", "°C", SeriesKind::Gauge, 5.0, begin + 4 * kDay + kHour);
    commit();
    EXPECT_NE(get("/api/v1/events?kind=back")
                  .find("\"severity\":\"info\",\"text\":\"Heard again "
                        "after 4 days.\""),
              std::string::npos);
}

// 10 s, 15 s, 60 s, 900 s and hours: each is online until it misses three of its own.
TEST_F(MissionFreshness, MX_06_EachRateHasAThresholdOfItsOwn) {
    struct Case {
        SourceId source;
        std::int64_t interval;
        std::int64_t missed;  // intervals
        const char* state;
    };
    const Case cases[] = {
        {{"topic", "lab-10s"}, 10'000, 2, "online"},
        {{"topic", "lab-10s-lost"}, 10'000, 4, "ageing"},
        {{"topic", "school-15s"}, 15'000, 2, "online"},
        {{"topic", "school-15s-lost"}, 15'000, 4, "ageing"},
        {{"lowi", "flash"}, 10'000, 2, "online"},
        {{"lowi", "flash-lost"}, 10'000, 4, "ageing"},
        {{"lowi", "minute"}, 60'000, 2, "online"},
        {{"lowi", "minute-lost"}, 60'000, 4, "ageing"},
        {{"meshtastic", "!quarter"}, 900'000, 2, "online"},
        {{"meshtastic", "!quarter-lost"}, 900'000, 4, "ageing"},
        {{"topic", "meter-1h"}, kHour, 2, "online"},
        {{"topic", "meter-1h-lost"}, kHour, 4, "ageing"},
        {{"vehicle", "box-12h"}, 12 * kHour, 2, "online"},
        {{"vehicle", "box-12h-lost"}, 12 * kHour, 4, "ageing"},
    };
    for (const Case& one : cases)
        hear(one.source, "value", 8, one.interval, one.missed * one.interval);
    commit();
    for (const Case& one : cases) EXPECT_EQ(state(one.source), one.state) << one.source.id;
}

// And where that does not fit, a person says it: for a source, a group or a kind.
TEST_F(MissionFreshness, MX_06_TheOperatorsThresholdsCountEverywhere) {
    const SourceId kPress{"station", "acme/PRESS7"};
    note({"vehicle", "t1"}, "", {{"group", "yard"}}, wall_now() - 2 * kHour);
    note({"vehicle", "t2"}, "", {{"group", "yard"}}, wall_now() - 2 * kHour);
    note({"vehicle", "t3"}, "", {}, wall_now() - 2 * kHour);
    hear(kPress, "productive", 1, 0, 10 * kMinute);
    commit();
    thresholds_.set({{"vehicle", "", "", 3 * kHour, 4 * kHour},
                     {"vehicle", "yard", "", 60'000, 0},
                     {"vehicle", "", "t2", 60'000, kHour},
                     {"station", "", "", 20 * kMinute, 0}});
    const States kExpected{{"t1", "ageing"}, {"t2", "silent"}, {"t3", "online"}};
    EXPECT_EQ(states("/api/v1/fleet"), kExpected);
    EXPECT_EQ(states("/api/v1/sources?kind=vehicle"), kExpected);
    EXPECT_NE(get("/api/v1/stations").find("\"state\":\"online\""), std::string::npos);
    EXPECT_NE(get("/api/v1/stations?online_within=1m").find("\"state\":\"ageing\""),
              std::string::npos);
    EXPECT_TRUE(
        get("/api/v1/kinds")
            .starts_with("{\"thresholds\":[{\"kind\":\"vehicle\",\"group\":\"\",\"id\":\"\","
                         "\"online_ms\":10800000,\"silent_ms\":14400000},{\"kind\":\"vehicle\","
                         "\"group\":\"yard\","));
}

}  // namespace
}  // namespace martlet::http
