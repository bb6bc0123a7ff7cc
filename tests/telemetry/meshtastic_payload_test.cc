// What the Meshtastic decoder makes of payloads: clocks, places, texts, rare ports, JSON, and input
// that is wrong in some way.

#include "telemetry/decoder.h"
#include "telemetry/decoders/meshtastic/payloads.h"
#include "tests/telemetry/meshtastic_message.h"

#include <gtest/gtest.h>

#include <cmath>
#include <nlohmann/json.hpp>

namespace martlet::telemetry {
namespace {

using Json = nlohmann::json;

constexpr std::string_view kJsonTopic = "msh/EU_868/2/json/LongFast/!a1b2c3d4";

std::string bytes_of(const char* bytes, std::size_t size) {
    return {bytes, size};
}

TEST(MeshtasticClock, NonsenseIsReplacedByTheArrival) {
    const std::pair<std::uint32_t, Time> cases[] = {
        {0, kReceived},
        {86'400, kReceived},         // 1970
        {1'577'836'799, kReceived},  // the last second of 2019
        {1'577'836'800, 1'577'836'800'000},
        {1'763'640'300 + 86'400, (1'763'640'300LL + 86'400) * 1000},
        {1'763'640'300 + 86'401, kReceived},  // more than a day ahead
        {0xffffffff, kReceived},
    };
    for (const auto& [seconds, time] : cases) {
        Message message(1, "when?");
        message.packet().set_rx_time(seconds);
        auto found = decode_once(message.plain());
        EXPECT_EQ(found.event("text")->time, time) << seconds;
        EXPECT_EQ(found.sample(kSenderId, "packets")->time, time) << seconds;
    }
    // Telemetry without a time of its own has that of the packet.
    wire::Telemetry telemetry;
    telemetry.set_time(5);
    telemetry.set_device("\x08\x2a");
    auto found = decode_once(Message(67, telemetry.SerializeAsString()).plain());
    EXPECT_EQ(found.sample(kSenderId, "device/battery_level")->time, 1'763'640'000'000);
}

Found place(std::int32_t latitude, std::int32_t longitude, std::uint32_t bits) {
    wire::Position position;
    position.set_latitude_i(latitude);
    position.set_longitude_i(longitude);
    if (bits > 0) position.set_precision_bits(bits);
    return decode_once(Message(3, position.SerializeAsString()).plain());
}

TEST(MeshtasticPlace, WithoutAFixThereIsNone) {
    EXPECT_TRUE(place(0, 0, 32).out.positions.empty());
    EXPECT_TRUE(place(900'000'001, 0, 32).out.positions.empty());
    EXPECT_TRUE(place(0, -1'800'000'001, 32).out.positions.empty());
    EXPECT_EQ(place(0, 1, 32).out.positions.size(), 1u);
    EXPECT_EQ(place(-900'000'000, 1'800'000'000, 32).out.positions.size(), 1u);
    auto found = decode_once(Message(3, "\x0d\x01\x02\x03\x04").plain());
    EXPECT_EQ(found.out.verdict, Verdict::Read);
    EXPECT_TRUE(found.out.positions.empty());
}

TEST(MeshtasticPlace, UncertaintyFollowsFromPrecision) {
    const std::pair<std::uint32_t, double> cases[] = {
        {2, 5'976'446}, {8, 93'382}, {10, 23'345}, {11, 11'672}, {12, 5'836}, {13, 2'918},
        {14, 1'459},    {16, 364},   {18, 91},     {22, 5},      {24, 1},     {32, 0},
    };
    for (const auto& [bits, metres] : cases) {
        EXPECT_NEAR(meshtastic::uncertainty_m(bits), metres, metres * 1e-4 + 1) << bits;
    }
    // Nothing was rounded, which does not make the receiver exact.
    EXPECT_TRUE(std::isnan(place(1, 1, 32).out.positions.at(0).uncertainty_m));
    EXPECT_TRUE(std::isnan(place(1, 1, 4000).out.positions.at(0).uncertainty_m));
    auto old = place(593293000, 180686000, 0);
    EXPECT_TRUE(std::isnan(old.out.positions.at(0).uncertainty_m));
    EXPECT_EQ(old.fact(kSenderId, "position_precision"), "unknown");
}

TEST(MeshtasticPlace, HeightIsAboveTheSea) {
    wire::Position position;
    position.set_latitude_i(593'293'000);
    position.set_longitude_i(180'686'000);
    position.set_altitude_hae(52);
    position.set_altitude_geoidal_separation(24);
    auto by_ellipsoid = decode_once(Message(3, position.SerializeAsString()).plain());
    EXPECT_EQ(by_ellipsoid.out.positions.at(0).altitude_m, 28);
    position.set_altitude(27);
    auto told = decode_once(Message(3, position.SerializeAsString()).plain());
    EXPECT_EQ(told.out.positions.at(0).altitude_m, 27);
}

TEST(MeshtasticPlace, WhoSharesNoneHasNone) {
    wire::Position position;
    position.set_latitude_i(593'293'000);
    position.set_longitude_i(180'686'000);
    position.set_precision_bits(0);
    EXPECT_TRUE(
        decode_once(Message(3, position.SerializeAsString()).plain()).out.positions.empty());
    position.clear_precision_bits();
    auto old = decode_once(Message(3, position.SerializeAsString()).plain());
    EXPECT_EQ(old.out.positions.size(), 1u);
    EXPECT_EQ(old.fact(kSenderId, "position_precision"), "unknown");
}

TEST(MeshtasticPlace, TimeOfTheFixWhenTheClockIsZero) {
    wire::Position position;
    position.set_latitude_i(593'293'000);
    position.set_longitude_i(180'686'000);
    position.set_time(0);
    position.set_timestamp(1'763'639'000);
    auto found = decode_once(Message(3, position.SerializeAsString()).plain());
    EXPECT_EQ(found.out.positions.at(0).time, 1'763'639'000'000);
}

// Control characters and those that turn the direction of what follows are for no screen.
TEST(MeshtasticText, OrdersToTheScreenAreNoText) {
    wire::User user;
    user.set_long_name(
        "a\x1b[2Jb\nc\xc2\x9b"
        "31md\xe2\x80\xae"
        "e\xe2\x81\xa6"
        "f");
    user.set_short_name("\xe2\x80\x8d\xf0\x9f\x93\xa1");
    auto found = decode_once(Message(4, user.SerializeAsString()).plain());
    EXPECT_EQ(found.note(kSenderId)->name, "a [2Jb c 31md e f");
    EXPECT_EQ(found.fact(kSenderId, "short_name"), "\xe2\x80\x8d\xf0\x9f\x93\xa1") << "emoji stay";
    auto text = decode_once(Message(1, "two\nlines\x07\r").plain());
    EXPECT_EQ(text.event("text")->text, "two\nlines  ");
}

TEST(MeshtasticText, NamesInSwedishAndEmoji) {
    wire::User user;
    user.set_long_name("Räksmörgås på Ön 🦐");
    user.set_short_name("🦐");
    auto found = decode_once(Message(4, user.SerializeAsString()).plain());
    EXPECT_EQ(found.note(kSenderId)->name, "Räksmörgås på Ön 🦐");
    EXPECT_EQ(found.fact(kSenderId, "short_name"), "🦐");
}

TEST(MeshtasticText, ThatIsNotUtf8IsMended) {
    wire::User user;
    user.set_long_name("R\xe4ksm\xf6rg\xe5s");
    user.set_short_name(std::string("a\0b", 3));
    auto found = decode_once(Message(4, user.SerializeAsString()).plain());
    EXPECT_EQ(found.out.verdict, Verdict::Read);
    EXPECT_EQ(found.note(kSenderId)->name, "R\uFFFDksm\uFFFDrg\uFFFDs");
    EXPECT_EQ(found.fact(kSenderId, "short_name"), "a b");
    auto text = decode_once(Message(1, "\xf0\x9f\x9b").plain());
    EXPECT_EQ(text.event("text")->text, "\uFFFD\uFFFD\uFFFD");
}

TEST(MeshtasticText, IsBounded) {
    std::string name;
    for (int i = 0; i < 3000; i++) name += "å";
    wire::User user;
    user.set_long_name(name);
    auto found = decode_once(Message(4, user.SerializeAsString()).plain());
    EXPECT_EQ(found.note(kSenderId)->name, name.substr(0, 64));
    EXPECT_EQ(decode_once(Message(1, name).plain()).event("text")->text, name.substr(0, 2048));
    EXPECT_EQ(decode_once(Message(1, std::string(200'000, 'x')).plain()).out.problem, "too large");
    Message message(1, "hej");
    message.envelope.set_channel_id(std::string(65, 'c'));
    EXPECT_EQ(decode_once(message.plain()).out.problem, "channel name is too long");
}

TEST(MeshtasticText, KindsByPort) {
    EXPECT_EQ(decode_once(Message(11, "Brand!").plain()).event("alert")->severity,
              Severity::Critical);
    EXPECT_EQ(decode_once(Message(10, "Door").plain()).event("detection")->text, "Door");
    EXPECT_EQ(decode_once(Message(66, "seq 5").plain()).event("range_test")->text, "seq 5");
}

TEST(MeshtasticPorts, UnknownOnesAreCounted) {
    const std::pair<std::uint32_t, const char*> cases[] = {
        {7, "packets/TEXT_MESSAGE_COMPRESSED_APP"},
        {65, "packets/STORE_FORWARD_APP"},
        {257, "packets/ATAK_FORWARDER"},
        {200, "packets/OTHER"},
        {0xffffffff, "packets/OTHER"},
    };
    for (const auto& [port, metric] : cases) {
        auto found = decode_once(Message(port, "??").plain());
        EXPECT_EQ(found.out.verdict, Verdict::Read);
        EXPECT_EQ(found.number(kSenderId, metric), 1) << metric;
        EXPECT_TRUE(found.out.events.empty());
    }
}

TEST(MeshtasticPorts, QuestionsSayNothing) {
    for (std::uint32_t port : {3u, 4u, 67u, 70u}) {
        Message message(port);
        message.data.clear_payload();
        message.data.set_want_response(true);
        auto found = decode_once(message.encrypted("LongFast", kDefaultKey));
        EXPECT_EQ(found.out.verdict, Verdict::Read);
        EXPECT_TRUE(found.out.events.empty());
        EXPECT_TRUE(found.out.positions.empty());
    }
}

TEST(MeshtasticPorts, MoreTelemetry) {
    wire::Telemetry telemetry;
    telemetry.set_health("\x08\x48\x10\x61");
    auto health = decode_once(Message(67, telemetry.SerializeAsString()).plain());
    EXPECT_EQ(health.number(kSenderId, "health/heart_bpm"), 72);
    EXPECT_EQ(health.number(kSenderId, "health/spO2"), 97);

    telemetry.Clear();
    telemetry.set_host("\x08\x64\x30\x96\x01");  // uptime 100, load1 1.50
    auto host = decode_once(Message(67, telemetry.SerializeAsString()).plain());
    EXPECT_EQ(host.number(kSenderId, "host/load1"), 1.5);
    EXPECT_EQ(host.number(kSenderId, "host/load5"), 0);
    EXPECT_TRUE(std::isnan(host.number(kSenderId, "host/freemem_bytes")));

    // Noise floor -110: a negative number of ten bytes. The counters that are not sent are zero.
    telemetry.Clear();
    telemetry.set_local_stats("\x78\x92\xff\xff\xff\xff\xff\xff\xff\xff\x01");
    auto local = decode_once(Message(67, telemetry.SerializeAsString()).plain());
    EXPECT_EQ(local.number(kSenderId, "local_stats/noise_floor"), -110);
    EXPECT_EQ(local.number(kSenderId, "local_stats/num_packets_rx_bad"), 0);
    EXPECT_EQ(local.sample(kSenderId, "local_stats/heap_free_bytes"), nullptr);
    EXPECT_EQ(local.sample(kSenderId, "local_stats/num_packets_tx")->kind, SeriesKind::Counter);
}

TEST(MeshtasticPorts, NotANumberIsLeftOut) {
    wire::Telemetry telemetry;
    // temperature NaN, humidity 50 %, and a field that is newer than the table.
    telemetry.set_environment(
        bytes_of("\x0d\x00\x00\xc0\x7f\x15\x00\x00\x48\x42\xfd\x06\x00\x00\x00\x00", 16));
    auto found = decode_once(Message(67, telemetry.SerializeAsString()).plain());
    EXPECT_EQ(found.out.verdict, Verdict::Read) << found.out.problem;
    EXPECT_EQ(found.sample(kSenderId, "environment/temperature"), nullptr);
    EXPECT_EQ(found.number(kSenderId, "environment/relative_humidity"), 50);
    telemetry.set_environment("\x0d\x01\x02");
    found = decode_once(Message(67, telemetry.SerializeAsString()).plain());
    EXPECT_EQ(found.out.verdict, Verdict::Unreadable);
    EXPECT_EQ(found.out.problem, "TELEMETRY_APP is not sound");
}

TEST(MeshtasticPorts, WaypointThatIsOverIsDeleted) {
    wire::Waypoint waypoint;
    waypoint.set_expire(1);
    auto found = decode_once(Message(8, waypoint.SerializeAsString()).plain());
    EXPECT_EQ(Json::parse(found.event("waypoint")->details)["is_deleted"], true);
    waypoint.set_expire(0);
    found = decode_once(Message(8, waypoint.SerializeAsString()).plain());
    EXPECT_EQ(Json::parse(found.event("waypoint")->details)["is_deleted"], false);
}

TEST(MeshtasticPorts, HugeListsAreCut) {
    wire::RouteDiscovery route;
    wire::NeighborInfo info;
    for (std::uint32_t i = 0; i < 2000; i++) {
        route.add_route(i);
        route.add_snr_towards(4);
        info.add_neighbors()->set_node_id(i);
    }
    Message message(70, route.SerializeAsString());
    message.data.set_request_id(5);
    auto found = decode_once(message.plain());
    EXPECT_LE(Json::parse(found.event("traceroute")->details)["path_towards"].size(), 34u);
    found = decode_once(Message(71, info.SerializeAsString()).plain());
    EXPECT_EQ(Json::parse(found.event("neighbors")->details)["neighbors"].size(), 64u);
}

TEST(MeshtasticPorts, ViaMqttIsMarked) {
    Message message(1, "hej");
    message.packet().set_via_mqtt(true);
    auto found = decode_once(message.plain());
    EXPECT_EQ(found.number(kSenderId, "packet/via_mqtt"), 1);
    EXPECT_EQ(found.fact(kSenderId, "via_mqtt"), "yes");
    EXPECT_EQ(Json::parse(found.event("text")->details)["via_mqtt"], true);
}

Found decode_json(std::string_view payload) {
    auto decoder = make_meshtastic();
    return decode(*decoder, kJsonTopic, payload);
}

TEST(MeshtasticJson, TextsThatAreJsonThemselves) {
    auto text = [](std::string_view payload) {
        auto found = decode_json(R"({"id":1,"from":7,"type":"text","payload":)" +
                                 std::string(payload) + "}");
        EXPECT_EQ(found.out.events.size(), 1u) << payload;
        return found.out.events.empty() ? "" : found.out.events[0].text;
    };
    EXPECT_EQ(text("42"), "42");
    EXPECT_EQ(text("true"), "true");
    EXPECT_EQ(text("\"hej\""), "hej");
    EXPECT_EQ(text(R"({"temp":{"in":21.5},"n":[1,2]})"), R"({"temp.in":21.5,"n.0":1,"n.1":2})");
    EXPECT_EQ(text(R"({"text":"räka 🦐"})"), "räka 🦐");
}

TEST(MeshtasticJson, KindOfTelemetryByItsKeys) {
    auto metric = [](std::string_view payload, std::string_view name) {
        return decode_json(R"({"from":7,"type":"telemetry","payload":)" + std::string(payload) +
                           "}")
            .number("!00000007", name);
    };
    EXPECT_EQ(metric(R"({"voltage":3.5,"current":2})", "environment/voltage"), 3.5);
    EXPECT_EQ(metric(R"({"voltage":3.5,"battery_level":20})", "device/voltage"), 3.5);
    EXPECT_EQ(metric(R"({"voltage":3.5})", "device/voltage"), 3.5);
    EXPECT_EQ(metric(R"({"pm25":7})", "air_quality/pm25_standard"), 7);
    EXPECT_EQ(metric(R"({"co2":612})", "air_quality/co2"), 612);
    EXPECT_EQ(metric(R"({"temperature":-4.5,"iaq":42})", "environment/iaq"), 42);
    EXPECT_TRUE(std::isnan(metric(R"({"battery_level":-1})", "device/battery_level")));
}

// The role is newer than this JSON: what binary messages told of it stays.
TEST(MeshtasticJson, NoRoleIsNoClient) {
    auto decoder = make_meshtastic();
    auto say = [&](std::string_view role) {
        std::string text =
            R"({"from":2086346282,"to":4294967295,"id":0,"type":"nodeinfo","payload":)";
        text += R"({"id":"!7c5b1e2a","longname":"A","shortname":"B","hardware":9)";
        return decode(*decoder, kJsonTopic, text + std::string(role) + "}}");
    };
    EXPECT_EQ(say("").fact(kSenderId, "role"), "(none)");
    EXPECT_EQ(say(",\"role\":2").fact(kSenderId, "role"), "ROUTER");
    wire::User user;
    user.set_long_name("A");
    auto binary = decode_once(Message(4, user.SerializeAsString()).plain());
    EXPECT_EQ(binary.fact(kSenderId, "role"), "CLIENT") << "zero is not sent";
}

// No number becomes another one by being too large for its field.
TEST(MeshtasticJson, NumbersThatDoNotFit) {
    auto say = [&](std::string_view from, std::string_view payload) {
        std::string text = R"({"to":4294967295,"id":9,"rssi":4294967200,"type":"position","from":)";
        text += from;
        return decode(*make_meshtastic(), kJsonTopic,
                      text + ",\"payload\":" + std::string(payload) + "}");
    };
    EXPECT_TRUE(say("2086346282", R"({"latitude_i":5000000000,"longitude_i":180686000})")
                    .out.positions.empty());
    auto found = say(
        "2086346282",
        R"({"latitude_i":593293000,"longitude_i":180686000,"ground_speed":-1,"altitude":9e12})");
    ASSERT_EQ(found.out.positions.size(), 1u);
    EXPECT_TRUE(std::isnan(found.out.positions[0].speed_kmh));
    EXPECT_TRUE(std::isnan(found.out.positions[0].altitude_m));
    EXPECT_EQ(found.sample(kSenderId, "packet/rx_rssi"), nullptr);
    EXPECT_EQ(say("6381313578", "{}").out.problem, "no sender") << "2^32 + 2086346282";
}

TEST(MeshtasticJson, OrdersAndNonsense) {
    EXPECT_EQ(decode_json(R"({"from":7,"type":"sendtext","payload":"hi"})").out.verdict,
              Verdict::Nothing);
    EXPECT_EQ(decode_json("{").out.problem, "not JSON: cut off at byte 1");
    EXPECT_EQ(decode_json("[1,2]").out.problem, "not a Meshtastic message");
    EXPECT_EQ(decode_json(R"({"type":"text","payload":"x"})").out.problem, "no sender");
    EXPECT_EQ(decode_json(R"({"from":1e300,"type":"text"})").out.problem, "no sender");
    auto odd = decode_json(R"({"from":7,"type":"position","payload":{"latitude_i":1e15}})");
    EXPECT_EQ(odd.out.verdict, Verdict::Read);
    EXPECT_TRUE(odd.out.positions.empty());
    EXPECT_EQ(decode_json(R"({"from":7,"type":"new thing","payload":{}})")
                  .number("!00000007", "packets/UNKNOWN_APP"),
              1);
}

TEST(MeshtasticBadInput, CutAndFlippedAnywhere) {
    wire::NeighborInfo info;
    info.set_node_id(kSender);
    info.add_neighbors()->set_snr(2);
    Message message(71, info.SerializeAsString());
    auto decoder = make_meshtastic();
    for (const std::string& sound : {message.plain(), message.encrypted("LongFast", kDefaultKey)}) {
        for (std::size_t size = 0; size < sound.size(); size++) {
            decode(*decoder, kTopic, sound.substr(0, size));
            for (int bit = 0; bit < 8; bit++) {
                std::string flipped = sound;
                flipped[size] = static_cast<char>(flipped[size] ^ (1 << bit));
                auto found = decode(*decoder, kTopic, flipped);
                bool has_reason = found.out.verdict != Verdict::Unreadable ||
                                  (!found.out.problem.empty() && found.out.is_empty());
                EXPECT_TRUE(has_reason);
            }
        }
    }
}

}  // namespace
}  // namespace martlet::telemetry
