// What the demo's devices say, read by the decoders that read real devices: no broker, no clock.

#include "cli/demo.h"

#include "cli/demo/acts.h"
#include "cli/demo/house_model.h"
#include "cli/demo/mark.h"
#include "cli/demo/routes.h"
#include "telemetry/payload_json.h"
#include "telemetry/rules.h"
#include "tests/cli/program_run.h"

#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <set>

namespace martlet::cli::demo {
namespace {

constexpr Time kBegin = 1'795'255'200'000;  // 2026-11-21 10:00 UTC

struct Said {
    std::size_t device = 0;
    Time time = 0;
    Message message;
};

class Ear : public Outlet {
  public:
    void say(std::size_t device, Message message) override {
        said.push_back({device, now, std::move(message)});
    }
    Time now = 0;
    std::vector<Said> said;
};

std::vector<Said> listen(Simulator& simulator, Time from, Time until, Time step = kSecond) {
    Ear ear;
    for (ear.now = from; ear.now < until;) {
        ear.now = std::min(until, ear.now + step);
        simulator.play(ear.now, ear);
    }
    return ear.said;
}

std::vector<Said> listen(std::string_view name, std::uint64_t seed, Time from, Time span) {
    Options options;
    options.only = {std::string(name)};
    options.seed = seed;
    auto simulators = make_simulators(options, from);
    return listen(*simulators.front(), from, from + span);
}

double number_in(const std::string& payload, std::string_view path) {
    telemetry::PayloadJson json;
    EXPECT_EQ(json.read(payload), "") << payload;
    const telemetry::JsonLeaf* leaf = json.find(path);
    double number = NAN;
    EXPECT_TRUE(leaf != nullptr && telemetry::as_number(*leaf, number)) << path << payload;
    return number;
}

// All that the decoders make of an hour of one simulator.
struct Heard {
    std::map<telemetry::Verdict, std::size_t> verdicts;
    std::map<std::string, std::string> names;  // of sources
    std::set<std::string> sources;
    std::set<std::string> metrics;
    std::set<std::string> events;
    std::size_t positions = 0;
};

void take(const telemetry::Decoded& decoded, Time received, Heard& heard) {
    auto note = [&](const telemetry::SourceId& source) {
        EXPECT_TRUE(is_demo_source(source.kind, source.id)) << source.kind << " " << source.id;
        heard.sources.insert(source.kind + ":" + source.id);
    };
    for (const auto& one : decoded.notes) {
        note(one.source);
        if (!one.name.empty()) heard.names[one.source.id] = one.name;
    }
    for (const auto& one : decoded.samples) {
        note(one.source);
        heard.metrics.insert(one.metric);
        EXPECT_LE(one.time, received);
    }
    for (const auto& one : decoded.positions) {
        note(one.source);
        heard.positions++;
        EXPECT_NEAR(one.latitude, 59.3, 0.6);
        EXPECT_NEAR(one.longitude, 18.0, 0.8);
    }
    for (const auto& one : decoded.events) {
        note(one.source);
        heard.events.insert(one.kind);
    }
}

Heard decode(const std::vector<Said>& said) {
    Heard heard;
    auto rules = telemetry::Rules::make({});
    EXPECT_TRUE(rules);
    for (const Said& one : said) {
        EXPECT_TRUE(is_demo_topic(one.message.topic)) << one.message.topic;
        telemetry::Incoming incoming;
        incoming.topic = one.message.topic;
        incoming.payload = one.message.payload;
        incoming.received = one.time;
        incoming.retain = one.message.retain;
        telemetry::Decoded decoded;
        auto choice = rules.value().choose(one.message.topic);
        if (choice.decoder == nullptr) {
            ADD_FAILURE() << one.message.topic;
            continue;
        }
        choice.decoder->decode(incoming, decoded);
        EXPECT_EQ(decoded.problem, "") << one.message.topic;
        heard.verdicts[decoded.verdict]++;
        take(decoded, one.time, heard);
    }
    return heard;
}

bool has(const std::set<std::string>& set, const std::string& one) {
    return set.contains(one);
}

TEST(DemoMesh, IsReadLikeARealOne) {
    Heard heard = decode(listen("mesh", 1, kBegin, kHour));
    EXPECT_EQ(heard.sources.size(), 40u);
    EXPECT_EQ(heard.names.size(), 40u);
    EXPECT_EQ(heard.names["!de30000b"], "Örjan 🦌");
    EXPECT_GT(heard.verdicts[telemetry::Verdict::Read], 1000u);
    EXPECT_GT(heard.verdicts[telemetry::Verdict::Duplicate], 1000u) << "by several gateways";
    EXPECT_EQ(heard.verdicts[telemetry::Verdict::Opaque], 0u);
    EXPECT_EQ(heard.verdicts[telemetry::Verdict::Unreadable], 0u);
    for (const char* metric : {"device/battery_level", "environment/temperature", "packet/rx_snr",
                               "neighbors/count", "map_report/num_online_local_nodes"}) {
        EXPECT_TRUE(has(heard.metrics, metric)) << metric;
    }
    for (const char* event : {"text", "traceroute", "neighbors"}) {
        EXPECT_TRUE(has(heard.events, event)) << event;
    }
}

TEST(DemoMesh, IsEncryptedAndComesByItsGateways) {
    std::set<std::size_t> gateways;
    std::size_t maps = 0;
    for (const Said& one : listen("mesh", 1, kBegin, kMinute)) {
        gateways.insert(one.device);
        bool is_map = one.message.topic == "msh/EU_868/demo/2/map/";
        bool is_packet = one.message.topic.starts_with("msh/EU_868/demo/2/e/LongFast/!de30000");
        EXPECT_TRUE(is_map || is_packet) << one.message.topic;
        bool says_name = one.message.payload.find("Kaknästornet") != std::string::npos;
        EXPECT_FALSE(says_name && !is_map);
        maps += is_map;
    }
    EXPECT_EQ(gateways.size(), 5u);
    EXPECT_EQ(maps, 5u);
}

TEST(DemoHouse, IsReadLikeARealOne) {
    auto said = listen("house", 1, kBegin, kHour);
    Heard heard = decode(said);
    EXPECT_EQ(heard.sources, std::set<std::string>{"lowi:demo5ec0ffee1801"});
    EXPECT_EQ(heard.verdicts[telemetry::Verdict::Read], said.size());
    EXPECT_EQ(said.size(), 360u + 60u + 60u);
    EXPECT_TRUE(has(heard.metrics, "CH0/energy_import_high"));
    EXPECT_TRUE(has(heard.metrics, "CH1/energy_day"));
    EXPECT_TRUE(has(heard.metrics, "CH2/power"));
}

// Also when the demo is started again, which counts from the beginning.
TEST(DemoHouse, MetersNeverGoBack) {
    double last = 0;
    for (Time from : {kBegin, kBegin + 50 * kMinute, kBegin + 3 * kDay}) {
        for (const Said& one : listen("house", 7, from, 45 * kMinute)) {
            if (!one.message.topic.ends_with("CH0")) continue;
            double all =
                number_in(one.message.payload, "CIH") + number_in(one.message.payload, "CIL");
            EXPECT_GE(all, last - 1) << "rounded";
            last = all;
        }
    }
}

// What was counted is what has flowed; day and night, summer and winter are what they are.
TEST(DemoHouse, AYearIsPlausible) {
    constexpr Time kMidsummer = 1'782'043'200'000;  // 2026-06-21 12:00 UTC
    constexpr Time kMidwinter = 1'797'854'400'000;  // 2026-12-21 12:00 UTC
    double summer = 0, winter = 0;
    for (int day = -10; day < 10; day++) {
        summer += house_flow(1, kMidsummer + day * kDay).solar_w;
        winter += house_flow(1, kMidwinter + day * kDay).solar_w;
        EXPECT_EQ(house_flow(1, kMidwinter + day * kDay - 12 * kHour).solar_w, 0);
    }
    EXPECT_GT(summer, 2 * winter);
    HouseMeters before(1, kBegin - 365 * kDay), after(1, kBegin);
    auto grown = [](double from, double to) { return (to - from) / 1000; };
    EXPECT_GT(grown(before.solar.all.all_wh(), after.solar.all.all_wh()), 3000);
    EXPECT_LT(grown(before.solar.all.all_wh(), after.solar.all.all_wh()), 7000);
    EXPECT_GT(grown(before.import.all_wh(), after.import.all_wh()), 2000);
    EXPECT_LT(grown(before.import.all_wh(), after.import.all_wh()), 12'000);
}

TEST(DemoHouse, ReplaysItsYearWithTimes) {
    HouseMeters meters(1, kBegin);
    Message message = year_message(1, meters, kBegin);
    EXPECT_TRUE(is_demo_topic(message.topic));
    EXPECT_EQ(number_in(message.payload, "ts"), static_cast<double>(kBegin));
    Heard heard = decode({{0, kBegin + kDay, message}});
    EXPECT_EQ(heard.sources, std::set<std::string>{"topic:demo/house/year"});
    EXPECT_EQ(heard.metrics.size(), 9u);
}

TEST(DemoPlant, CountsGoUpAndBeginAgain) {
    auto said = listen("plant", 1, kBegin, kHour);
    Heard heard = decode(said);
    EXPECT_EQ(heard.sources.size(), 8u);
    EXPECT_TRUE(has(heard.sources, "station:demo/PRESS1"));
    EXPECT_EQ(heard.verdicts[telemetry::Verdict::Read], said.size());
    std::map<std::string, double> counts, meters;
    std::map<std::string, int> resets;
    std::set<double> states;
    for (const Said& one : said) {
        const auto& [topic, payload, qos, retain] = one.message;
        states.insert(number_in(payload, "productive"));
        double kwh = number_in(payload, "electrical_kwh");
        EXPECT_GE(kwh, meters[topic]);
        EXPECT_LT(number_in(payload, "rssi"), 0);
        meters[topic] = kwh;
        if (payload.find("count_good") == std::string::npos) continue;
        double count = number_in(payload, "production_count_good");
        resets[topic] += count < counts[topic];
        counts[topic] = count;
    }
    EXPECT_EQ(states, (std::set<double>{0, 1}));
    EXPECT_EQ(resets["busroot/v2/demo/signals/PRESS1"], 2);
    EXPECT_EQ(resets["busroot/v2/demo/signals/PRESS2"], 0);
    EXPECT_TRUE(has(heard.metrics, "production_complete_good"));
    EXPECT_TRUE(has(heard.metrics, "production_count_bad"));
}

TEST(DemoFleet, IsReadLikeARealOne) {
    auto said = listen("fleet", 1, kBegin, kHour);
    Heard heard = decode(said);
    EXPECT_EQ(heard.sources.size(), 22u);
    EXPECT_TRUE(has(heard.sources, "vehicle:demo-trailer"));
    EXPECT_TRUE(has(heard.sources, "vehicle:demo-container"));
    EXPECT_TRUE(has(heard.events, "emergency"));
    EXPECT_TRUE(has(heard.events, "emergency_cleared"));
    EXPECT_EQ(heard.verdicts[telemetry::Verdict::Unreadable], 0u);
    std::map<std::string, std::size_t> count;
    for (const Said& one : said) count[one.message.topic]++;
    EXPECT_EQ(count["vehicles/demo-01/telemetry"], 720u);
    EXPECT_EQ(count["vehicles/demo-trailer/telemetry"], 6u);
    EXPECT_EQ(count["vehicles/demo-container/telemetry"], 1u);
}

// No leaps, engine and speed fit, and an engine that stands does not turn.
TEST(DemoFleet, DrivesLikeARealOne) {
    struct Last {
        RoutePoint place{};
        double odometer = 0;
        Time time = 0;
    };
    std::map<std::string, Last> last;
    double fastest = 0;
    for (const Said& one : listen("fleet", 3, kBegin, kHour)) {
        const auto& payload = one.message.payload;
        if (!one.message.topic.ends_with("telemetry") || payload.find("rpm") == std::string::npos) {
            continue;
        }
        double speed = number_in(payload, "speed"), rpm = number_in(payload, "rpm");
        bool is_on = payload.find("\"ignition\":true") != std::string::npos;
        RoutePoint place{number_in(payload, "lat"), number_in(payload, "lon"), 0};
        Last& before = last[one.message.topic];
        if (before.time != 0) {
            double seconds = static_cast<double>(one.time - before.time) / 1000;
            EXPECT_LE(distance_m(before.place, place), seconds * 45) << payload;
            EXPECT_GE(number_in(payload, "odometer"), before.odometer);
        }
        before = {place, number_in(payload, "odometer"), one.time};
        fastest = std::max(fastest, speed);
        EXPECT_TRUE(is_on || (rpm == 0 && speed == 0)) << payload;
        EXPECT_TRUE(!is_on || (rpm >= 700 && rpm < 3500)) << payload;
        EXPECT_GE(number_in(payload, "fuel"), 3);
    }
    EXPECT_GT(fastest, 80);
    EXPECT_LT(fastest, 135);
}

TEST(DemoFleet, TheEmergencyIsRetainedUntilItIsCleared) {
    std::vector<std::string> alarms;
    for (const Said& one : listen("fleet", 1, kBegin, 10 * kMinute)) {
        if (one.message.topic != "vehicles/demo-07/emergency") continue;
        EXPECT_TRUE(one.message.retain);
        EXPECT_EQ(one.message.qos, mqtt::Qos::AtLeastOnce);
        alarms.push_back(one.message.payload);
    }
    ASSERT_EQ(alarms.size(), 2u);
    EXPECT_NE(alarms[0], "");
    EXPECT_EQ(alarms[1], "");
    auto devices = make_fleet(1, kBegin)->devices();
    ASSERT_TRUE(devices[6].will);
    EXPECT_EQ(devices[6].will->topic, "vehicles/demo-07/status");
    EXPECT_EQ(devices[6].will->payload, "offline");
    EXPECT_FALSE(devices[20].will) << "a trailer is silent for long";
}

TEST(DemoClass, SendsBareNumbers) {
    auto said = listen("class", 1, kBegin, kMinute);
    Heard heard = decode(said);
    EXPECT_EQ(heard.sources.size(), 24u);
    EXPECT_TRUE(has(heard.sources, "topic:demo/grape-07"));
    EXPECT_EQ(heard.metrics, (std::set<std::string>{"temperature", "value"}));
    EXPECT_EQ(heard.verdicts[telemetry::Verdict::Read], said.size());
    for (const Said& one : said) {
        bool has_point = one.message.payload.find('.') != std::string::npos;
        EXPECT_EQ(has_point, one.message.topic.ends_with("/temperature"));
    }
}

TEST(Demo, IsTheSameForTheSameSeed) {
    for (const SimulatorKind& kind : simulator_kinds()) {
        auto flat = [&](std::uint64_t seed) {
            std::vector<std::pair<std::string, std::string>> all;
            for (const Said& one : listen(kind.name, seed, kBegin, 3 * kMinute)) {
                all.emplace_back(one.message.topic, one.message.payload);
            }
            return all;
        };
        EXPECT_EQ(flat(1), flat(1)) << kind.name;
        EXPECT_NE(flat(1), flat(2)) << kind.name;
    }
}

TEST(Demo, AMachineThatSleptDoesNotCatchUp) {
    for (const SimulatorKind& kind : simulator_kinds()) {
        auto simulator = kind.make(1, kBegin);
        listen(*simulator, kBegin, kBegin + kMinute);
        auto later = listen(*simulator, kBegin + kMinute, kBegin + kDay, kDay);
        EXPECT_LT(later.size(), 1000u) << kind.name;
    }
}

TEST(DemoMark, TellsTheDemoFromOthers) {
    struct {
        const char* kind;
        const char* id;
        bool is_demo;
    } rows[] = {
        {"meshtastic", "!de300001", true},  {"meshtastic", "!de310001", false},
        {"meshtastic", "!7c5b1e2a", false}, {"lowi", "demo5ec0ffee1801", true},
        {"lowi", "34945460a1b2", false},    {"lowi", "demo", false},
        {"lowi", "demohouse", false},       {"station", "demo/PRESS1", true},
        {"station", "acme/demo", false},    {"station", "demolition/P1", false},
        {"vehicle", "demo-07", true},       {"vehicle", "demonstrator", false},
        {"topic", "demo/apricot-07", true}, {"topic", "lab/demo", false},
        {"sparkplug", "demo/x", false},     {"", "", false},
    };
    for (const auto& row : rows) EXPECT_EQ(is_demo_source(row.kind, row.id), row.is_demo) << row.id;
    for (const char* topic : {"demo/a", "vehicles/demo-01/status", "msh/EU_868/demo/2/map/",
                              "busroot/v2/demo/signals/X", "demo5ec0ffee1801/PUB/CH0"}) {
        EXPECT_TRUE(is_demo_topic(topic)) << topic;
    }
    for (const char* topic : {"demo", "demos/a", "vehicles/my-demo-1/status", "msh/EU_868/2/map/",
                              "busroot/v2/demos/signals/X", "democratic/PUB/CH0", ""}) {
        EXPECT_FALSE(is_demo_topic(topic)) << topic;
    }
}

Ran run(std::vector<std::string> words) {
    words.insert(words.begin(), "demo");
    return ProgramRun(demo_main, words).wait();
}

TEST(DemoArguments, AreCheckedWithOneSentence) {
    auto hint = std::string("\n\nUse 'demo --help' to see usage.\n");
    EXPECT_EQ(run({"--unknown"}).err, "Error: Unknown option '--unknown'." + hint);
    EXPECT_EQ(run({"--port"}).err, "Error: --port needs a value." + hint);
    EXPECT_EQ(run({"--remove", "--api", "http://localhost"}).err,
              "Error: --api and --token belong together." + hint);
    for (auto pair :
         {std::pair{"--port", "0"}, std::pair{"--port", "65536"}, std::pair{"--speed", "0.5"},
          std::pair{"--speed", "nan"}, std::pair{"--seconds", "-1"}, std::pair{"--seed", "x"},
          std::pair{"--seed", "1.5"}, std::pair{"--only", "mesh,moon"}, std::pair{"--only", ""},
          std::pair{"--host", ""}}) {
        Ran ran = run({pair.first, pair.second});
        EXPECT_EQ(ran.code, 1);
        EXPECT_EQ(ran.err, "Error: Invalid value '" + std::string(pair.second) + "' for " +
                               pair.first + "." + hint);
    }
    EXPECT_EQ(run({"-p", "0"}).err, "Error: Invalid value '0' for -p." + hint);
    EXPECT_TRUE(run({"--replay-year", "--speed", "60"}).err.starts_with("Error: --speed and "));
    EXPECT_EQ(run({"--help"}).code, 0);
    EXPECT_EQ(run({"-h"}).code, 0);
}

TEST(Demo, NobodyThereIsSaidAtOnce) {
    EXPECT_NE(run({"--port", "1"}).err.find("Is a broker on 127.0.0.1 port 1"), std::string::npos);
    Ran ran = run({"--remove", "--host", "127.0.0.1", "--port", "1"});
    EXPECT_EQ(ran.code, 1);
    EXPECT_NE(ran.err.find("No broker on 127.0.0.1 port 1"), std::string::npos) << ran.err;
    EXPECT_NE(run({"--remove", "--api", "ftp://x", "--token", "t"}).err.find("no address like"),
              std::string::npos);
}

}  // namespace
}  // namespace martlet::cli::demo
