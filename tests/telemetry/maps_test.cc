#include "telemetry/decoded_text.h"
#include "telemetry/decoder.h"
#include "telemetry/ledger_text.h"
#include "telemetry/mapping/map_draft.h"
#include "telemetry/mapping/map_examples.h"
#include "telemetry/mapping/map_set.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

namespace martlet::telemetry {
namespace {

std::string joined(const std::vector<std::string>& lines) {
    std::string text;
    for (const auto& line : lines) text += line + "\n";
    return text;
}

// What comes out with these maps of the operator's.
std::vector<std::string> decoded(const std::vector<std::string>& maps, const std::string& topic,
                                 const std::string& payload) {
    DecoderOptions options;
    for (const auto& map : maps) options.emplace_back("map", map);
    std::string problem;
    auto decoder = find_decoder("json")->make(options, problem);
    EXPECT_NE(decoder, nullptr) << problem;
    if (!decoder) return {};
    Incoming incoming{topic, payload, kExampleArrival};
    Decoded out;
    decoder->decode(incoming, out);
    return describe(out, kExampleArrival, {.unit_sources = true});
}

bool has_line(const std::vector<std::string>& lines, std::string_view line) {
    return std::find(lines.begin(), lines.end(), line) != lines.end();
}

class ShippedMaps : public testing::TestWithParam<ShippedMap> {};

TEST_P(ShippedMaps, is_sound_and_its_examples_come_out_as_written) {
    auto map = parse_map(GetParam().name, GetParam().text);
    ASSERT_TRUE(map) << map.error().text;
    EXPECT_EQ(map.value().name, GetParam().name);
    EXPECT_FALSE(map.value().title.empty());
    EXPECT_GE(map.value().examples.size(), 3u);
    for (const MapExample& example : map.value().examples) {
        auto run = run_example(std::string(GetParam().text), example);
        ASSERT_TRUE(run) << run.error().text;
        EXPECT_EQ(joined(run.value().came), joined(example.gives))
            << GetParam().name << ".map:" << example.line << ": " << example.topic;
    }
}

// Among the other shipped maps as well: none takes an example of another.
TEST_P(ShippedMaps, reads_its_own_examples) {
    auto map = parse_map(GetParam().name, GetParam().text);
    ASSERT_TRUE(map) << map.error().text;
    for (const MapExample& example : map.value().examples) {
        auto lines = decoded({}, example.topic, example.payload);
        bool is_plain =
            has_line(lines, "is Nothing") ||
            std::none_of(example.gives.begin(), example.gives.end(), [](const auto& line) {
                return line.starts_with("sample ") || line.starts_with("position ");
            });
        EXPECT_TRUE(is_plain || has_line(lines, "map " + map.value().name))
            << GetParam().name << ".map:" << example.line << "\n"
            << joined(lines);
    }
}

INSTANTIATE_TEST_SUITE_P(Files, ShippedMaps,
                         testing::ValuesIn(shipped_map_files().begin(), shipped_map_files().end()),
                         [](const auto& file) { return std::string(file.param.name); });

TEST(Maps, all_formats_that_the_documentation_names_are_shipped) {
    for (std::string_view name :
         {"shelly_gen1", "shelly_gen2", "tasmota",         "zigbee2mqtt", "homie", "ha_statestream",
          "esphome",     "rtl_433",     "openmqttgateway", "ruuvi",       "ttn",   "chirpstack",
          "thingsboard", "telegraf",    "senml",           "signalk",     "ais",   "readsb",
          "evcc",        "victron",     "teslamate",       "glow",        "weewx", "nut",
          "teltonika",   "flespi",      "helium",          "airrohr"}) {
        EXPECT_NE(MapSet().find(name), nullptr) << name;
    }
}

constexpr std::string_view kBoiler = R"(map boiler
topic heating/{house}/{device}
require flow
source boiler {house}/{device}
name {.label}
group {house}
under circuit
key flow = flow_temperature °C
key pressure bar x0.01
key burner state 0=off 1=low 2=high
key heat kWh meter
key fw fact
key level not:255 %
key secret ignore
others ignore
event fault critical fault=1 "fault {.code}"
)";

TEST(Maps, a_map_of_the_operator_says_what_each_value_is) {
    auto lines =
        decoded({std::string(kBoiler)}, "heating/north/b1",
                R"({"flow":54.2,"pressure":152,"burner":2,"heat":1520.4,"fw":"1.2","level":255,
                             "label":"Cellar","secret":1,"noise":3,"fault":1,"code":"E7"})");
    EXPECT_EQ(joined(lines),
              "is Read\n"
              "map boiler\n"
              "sender boiler north/b1\n"
              "name Cellar\n"
              "fact group = north\n"
              "fact circuit/fw = 1.2\n"
              "sample circuit/flow_temperature = 54.2 °C gauge (unit mapped)\n"
              "sample circuit/pressure = 1.52 bar gauge (unit mapped)\n"
              "sample circuit/burner = 'high' state (unit mapped)\n"
              "sample circuit/heat = 1520.4 kWh meter (unit mapped)\n"
              "event fault critical 'fault E7'\n");
}

TEST(Maps, a_map_of_the_operator_wins_over_a_shipped_one) {
    auto lines = decoded({"map mine\ntopic tele/{device}/SENSOR\nsource mine {device}\n"},
                         "tele/attic/SENSOR", R"({"Time":"2026-01-01T00:00:00","x":1})");
    EXPECT_TRUE(has_line(lines, "sender mine attic")) << joined(lines);
    EXPECT_TRUE(has_line(lines, "map mine"));
}

TEST(Maps, two_that_fit_are_named) {
    auto lines = decoded({"map one\ntopic a/{b}\nrequire x\n", "map two\ntopic a/{b}\n"}, "a/b",
                         R"({"x":1})");
    EXPECT_TRUE(has_line(lines, "hint the maps one and two both fit; one is used"))
        << joined(lines);
    EXPECT_TRUE(has_line(lines, "map one"));
}

TEST(Maps, a_stated_unit_is_trusted_more_and_is_not_scaled) {
    auto lines = decoded({"map m\ntopic a\nkey temp °C\nkey p W x1000\n"}, "a",
                         R"({"temp":70,"TempUnit":"F","p":2})");
    EXPECT_TRUE(has_line(lines, "sample temp = 70 °F gauge (unit stated)")) << joined(lines);
    EXPECT_TRUE(has_line(lines, "sample p = 2000.0 W gauge (unit mapped)")) << joined(lines);
}

TEST(Maps, records_have_sources_times_and_conditions_of_their_own) {
    auto lines = decoded(
        {"map m\ntopic list\nrecords items.*\nsource thing {.id}\ntime at\n"
         "key value = {.what} °C when .what=temp*\nkey value = {.what} -\n"
         "position latlng=place when .what=temp\nothers ignore\n"},
        "list",
        R"({"at":1767225590,"items":[{"id":"a","what":"temp","value":20,"place":"59.3,18.1"},
                             {"id":"b","what":"load","value":7,"place":"1,2"}]})");
    EXPECT_EQ(joined(lines),
              "is Read\n"
              "map m\n"
              "sender thing a\n"
              "sample temp = 20 °C gauge at 1767225590000 (unit mapped)\n"
              "sample [thing b] load = 7 gauge at 1767225590000 (unit mapped)\n"
              "position 59.3 18.1 at 1767225590000\n");
}

TEST(Maps, an_event_is_told_when_it_begins) {
    DecoderOptions options{{"map",
                            "map m\ntopic a\nevent squawk critical code=7500 A\n"
                            "event squawk critical code=7700 B\nothers ignore\n"}};
    std::string problem;
    auto decoder = find_decoder("json")->make(options, problem);
    ASSERT_NE(decoder, nullptr) << problem;
    std::vector<std::size_t> events;
    for (std::string_view code : {"7700", "7700", "1200", "7700", "7500"}) {
        std::string payload = R"({"code":")" + std::string(code) + R"("})";
        Decoded out;
        decoder->decode({"a", payload, kExampleArrival}, out);
        events.push_back(out.events.size());
    }
    EXPECT_EQ(events, (std::vector<std::size_t>{1, 0, 0, 1, 1}));
}

// Bytes of a payload that become texts, names and numbers by a map stay within what a store takes.
TEST(Maps, texts_of_a_payload_are_made_fit_to_be_kept) {
    auto lines = decoded({"map m\ntopic a\nevent e info x \"x {.t}\"\nothers ignore\n"}, "a",
                         R"({"x":1,"t":"a\u0000b\u001b[2Jc"})");
    EXPECT_TRUE(has_line(lines, "event e info 'x a b [2Jc'")) << joined(lines);
}

TEST(Maps, reasons_are_fit_to_be_kept) {
    Decoded out;
    std::string problem;
    auto decoder = find_decoder("json")->make({}, problem);
    ASSERT_NE(decoder, nullptr);
    // The place names a key that holds a control character; an array's name is cut within a letter.
    std::string names;
    for (int i = 0; i < 40; i++) names += "ö";
    for (const std::string& payload :
         {std::string("{\"t\x7f\":1 2}"), std::string("{\"t\x7f\":NaN,\"y\":1}"),
          "{\"x" + names + "\":[{\"a\":1},{\"a\":2}]}"}) {
        out.clear();
        decoder->decode({"a", payload, kExampleArrival}, out);
        EXPECT_FALSE(out.problem.empty()) << payload;
        EXPECT_TRUE(is_storable_text(out.problem, 512)) << out.problem;
    }
}

TEST(Maps, a_scale_that_leaves_the_numbers_costs_the_value) {
    auto lines =
        decoded({"map m\ntopic a\nkey x W x1e300\nkey y W\n"}, "a", R"({"x":1e300,"y":1})");
    EXPECT_TRUE(has_line(lines, "sample y = 1 W gauge (unit mapped)")) << joined(lines);
    EXPECT_EQ(joined(lines).find("sample x"), std::string::npos) << joined(lines);
    EXPECT_NE(joined(lines).find("not a finite number: 'x'"), std::string::npos) << joined(lines);
}

TEST(Maps, a_metric_that_would_be_too_long_is_counted_as_left_out) {
    std::string payload = R"({"n":")" + std::string(300, 'n') + R"(","x":1,"y":2})";
    auto lines = decoded({"map m\ntopic a\nkey x = {.n}\nkey y\nothers ignore\n"}, "a", payload);
    EXPECT_TRUE(has_line(lines, "sample y = 2 gauge (unit assumed)")) << joined(lines);
    EXPECT_TRUE(has_line(lines, "fact values_left_out = 1")) << joined(lines);
    lines = decoded({"map m\ntopic a\nunder {.n}\nkey x\nkey y\nothers ignore\n"}, "a", payload);
    EXPECT_TRUE(has_line(lines, "fact values_left_out = 2")) << joined(lines);
}

TEST(Maps, an_empty_name_does_not_end_the_looking_up) {
    auto lines = decoded({"map m\ntopic a\nname {.name}\n"}, "a",
                         R"({"":[{"id":1,"x":1},{"id":2,"x":2}],"name":"n"})");
    EXPECT_TRUE(has_line(lines, "name n")) << joined(lines);
}

TEST(Maps, many_stars_are_no_more_work_than_one) {
    std::string_view star;
    std::string text(20'000, 'a');
    EXPECT_FALSE(matches_glob("*a*a*a*a*a*a*a*a*a*b", text, star));
    EXPECT_TRUE(matches_glob("*a*a*a*a*a*a*a*a*a", text, star));
    EXPECT_EQ(star, "");
    struct Glob {
        std::string_view glob, text, star;
    };
    for (const Glob& one : {Glob{"temp_*", "temp_1", "1"}, Glob{"*_temp", "a_temp_temp", "a_temp"},
                            Glob{"a*b*c", "a1b2b3c", "1"}, Glob{"*", "", ""}, Glob{"**", "ab", ""},
                            Glob{"a*a", "aa", ""}, Glob{"*x*", "1x2", "1"}, Glob{"a*", "a", ""}}) {
        EXPECT_TRUE(matches_glob(one.glob, one.text, star)) << one.glob << ' ' << one.text;
        EXPECT_EQ(star, one.star) << one.glob << ' ' << one.text;
    }
    for (const Glob& one : {Glob{"a*a", "a", ""}, Glob{"ab*bc", "abc", ""}, Glob{"a*b", "abc", ""},
                            Glob{"", "a", ""}, Glob{"*b*b", "ab", ""}})
        EXPECT_FALSE(matches_glob(one.glob, one.text, star)) << one.glob << ' ' << one.text;
}

struct BadMap {
    std::string_view text;
    std::string_view problem;  // is part of the error
};

TEST(Maps, errors_say_where_and_what_is_expected) {
    const BadMap cases[] = {
        {"", "reads no topic: expected a line 'topic PATTERN'"},
        {"map a b\n", "m.map:1: 'map' expects one name"},
        {"source a b\n", "m.map:1: 'source' before the first 'topic' line"},
        {"topic a/{b\n", "has a '{' without '}'"},
        {"topic a/{b}/{b}\n", "'{b}' stands in it twice"},
        {"topic a/#/b\n", "it is no topic filter"},
        {"topic {a#}/b/{c#}\n", "it has two '#'"},
        {"topic a\nkey\n", "m.map:2: the path is missing"},
        {"topic a\nkey x furlong\n", "'furlong' is no unit, kind, scale"},
        {"topic a\nkey x.\n", "is no path"},
        {"topic a\nkey x = {b}\n", "the capture 'b', which the topic 'a' does not have"},
        {"topic a\nsource x\n", "'source' expects a kind and an id"},
        {"topic a\nsource \"\" x\n", "'source' expects a kind and an id"},
        {"topic a\nkey x /1e-320\n", "'/1e-320' is no unit, kind, scale"},
        {"topic a\nfoo bar\n", "unknown word 'foo': expected topic, require"},
        {"topic a\nposition latitude=x\n", "latitude=PATH and longitude=PATH"},
        {"topic a\nposition latitude=x longitude=y speed=v:kWh\n", "'kWh' is no unit of speed"},
        {"topic a\nevent e loud x=1 t\n", "'loud' is no severity"},
        {"topic a\ntime t zone here\n", "'zone' expects one offset"},
        {"topic a\nkey x when y=1\n", "invalid condition 'y=1'"},
        {"topic a\nkey x \"abc\n", "a quote is not closed"},
        {"topic a\nexample b/+\n", "expects a topic without wildcards"},
        {"topic a\nexample b\n{}\n", "an example is not closed"},
        {"topic a\nothers drop\n", "expects keep or ignore"},
        {"topic \xff\n", "not UTF-8"},
    };
    for (const BadMap& bad : cases) {
        auto map = parse_map("m.map", bad.text);
        ASSERT_FALSE(map) << bad.text;
        EXPECT_NE(map.error().text.find(bad.problem), std::string::npos) << bad.text << "\n"
                                                                         << map.error().text;
    }
}

TEST(Maps, a_draft_is_a_sound_map_that_reads_its_payload) {
    PayloadJson json;
    std::string payload = R"({"ts":1767225590,"temp":21.5,"a b":{"c.d":1},"list":[1,2],
        "door":"open","lat":59.3,"lon":18.1,"serial":"A1"})";
    ASSERT_TRUE(json.read(payload).empty());
    std::string draft = draft_map("house/attic/status", payload, json.leaves());
    auto map = parse_map("draft.map", draft);
    ASSERT_TRUE(map) << map.error().text << "\n" << draft;
    auto lines = decoded({draft}, "house/attic/status", payload);
    EXPECT_TRUE(has_line(lines, "map my_device")) << draft << joined(lines);
    EXPECT_TRUE(has_line(lines, "sender device attic")) << joined(lines);
    EXPECT_TRUE(has_line(lines, "position 59.3 18.1 at 1767225590000")) << joined(lines);
}

TEST(Maps, filters_of_topics_are_as_wide_as_their_patterns) {
    auto pattern = TopicPattern::make("v3/{app}@ttn/+/{device}/em:{n}/{rest#}");
    ASSERT_TRUE(pattern);
    EXPECT_EQ(pattern.value().filter(), "v3/+/+/+/+/#");
    TopicCaptures captures;
    EXPECT_TRUE(pattern.value().matches("v3/garden@ttn/x/d1/em:0/a/b", captures));
    ASSERT_EQ(captures.size(), 4u);
    EXPECT_EQ(captures[0].second, "garden");
    EXPECT_EQ(captures[2].second, "0");
    EXPECT_EQ(captures[3].second, "a/b");
    auto middle = TopicPattern::make("{base#}/status/{what}");
    ASSERT_TRUE(middle);
    EXPECT_EQ(middle.value().filter(), "#");
    EXPECT_TRUE(middle.value().matches("a/b/status/x", captures));
    EXPECT_EQ(captures[0].second, "a/b");
    EXPECT_FALSE(middle.value().matches("status/x", captures));
    EXPECT_GT(TopicPattern::make("tele/{d}/SENSOR").value().particularity(),
              middle.value().particularity());
    EXPECT_FALSE(pattern.value().matches("v3/@ttn/x/d1/em:0/a", captures));
    EXPECT_FALSE(pattern.value().matches("v3/garden@ttn/x/d1/em:0", captures));
}

}  // namespace
}  // namespace martlet::telemetry
