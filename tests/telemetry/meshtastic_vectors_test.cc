// Every case of data/meshtastic-vectors.json, field by field.

#include "telemetry/decoder.h"
#include "telemetry/decoders/meshtastic/keyring.h"
#include "tests/telemetry/meshtastic_found.h"

#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <limits>
#include <nlohmann/json.hpp>

namespace martlet::telemetry {
namespace {

using Json = nlohmann::json;

const Json& vectors() {
    static const Json all = [] {
        std::ifstream file(MARTLET_SOURCE_DIR "/tests/telemetry/data/meshtastic-vectors.json");
        return Json::parse(file);
    }();
    return all;
}

std::string from_hex(const std::string& hex) {
    std::string bytes;
    for (std::size_t i = 0; i + 1 < hex.size(); i += 2) {
        bytes += static_cast<char>(std::stoi(hex.substr(i, 2), nullptr, 16));
    }
    return bytes;
}

DecoderOptions known_keys() {
    const Json& keys = vectors().at("keys");
    std::string stockholm = keys.at("Stockholm_aes256").at("base64");
    std::string privat = keys.at("Privat_aes128").at("base64");
    std::string two = keys.at("index2").at("base64_short");
    return {{"key", "Stockholm " + stockholm}, {"key", "Privat " + privat}, {"key", "Two " + two}};
}

bool is_near(double a, double b) {
    return std::abs(a - b) <= 1e-6 * std::max(1.0, std::abs(b));
}

std::string node_of(const Json& number) {
    char text[16];
    std::snprintf(text, sizeof text, "!%08x", number.get<std::uint32_t>());
    return text;
}

class Case {
  public:
    explicit Case(const Json& vector)
        : vector_(vector), expect_(vector.at("expect")), decoder_(make_meshtastic(known_keys())) {
        found_ = decode(*decoder_, vector.at("topic").get<std::string>(),
                        from_hex(vector.at("payload_hex")));
        if (expect_.contains("packet")) from_ = expect_.at("packet").at("from_id");
    }

    void check() {
        if (!expect_.at("ok").get<bool>()) return check_malformed();
        EXPECT_EQ(found_.out.sender.kind, "meshtastic");
        EXPECT_EQ(found_.out.sender.id, from_);
        EXPECT_TRUE(found_.out.messages.empty()) << "nothing is ever sent to the mesh";
        if (!expect_.value("decryptable", true)) return check_opaque();
        if (expect_.contains("payload_error")) return check_damaged();
        EXPECT_EQ(found_.out.verdict, Verdict::Read) << found_.out.problem;
        check_packet();
        check_radio();
        check_payload(expect_.at("data").at("portnum_name"), expect_.at("payload"));
    }

  private:
    void check_malformed() {
        bool is_empty = vector_.at("payload_hex") == "";
        EXPECT_EQ(found_.out.verdict, is_empty ? Verdict::Nothing : Verdict::Unreadable);
        EXPECT_EQ(found_.out.problem.empty(), is_empty);
        EXPECT_TRUE(found_.out.is_empty());
    }

    void check_damaged() {
        EXPECT_EQ(found_.out.verdict, Verdict::Unreadable);
        EXPECT_EQ(found_.out.problem, "NODEINFO_APP is not sound");
        EXPECT_TRUE(found_.out.is_empty());
    }

    void check_opaque() {
        bool is_public = expect_.at("packet").value("pki_encrypted", false);
        EXPECT_EQ(found_.out.verdict, Verdict::Opaque);
        EXPECT_EQ(found_.out.problem, is_public ? "public-key message" : "unknown key");
        std::string metric = is_public ? "packets/PUBLIC_KEY" : "packets/UNKNOWN_KEY";
        EXPECT_EQ(found_.number(from_, metric), 1);
        EXPECT_EQ(
            found_.number(expect_.at("envelope").at("gateway_id").get<std::string>(), "receptions"),
            1);
        check_radio();
        EXPECT_TRUE(found_.out.events.empty());
        EXPECT_TRUE(found_.out.positions.empty());
    }

    void check_packet() {
        const Json& envelope = expect_.at("envelope");
        EXPECT_EQ(found_.fact(from_, "channel"), envelope.at("channel_id"));
        EXPECT_EQ(found_.fact(from_, "gateway"), envelope.at("gateway_id"));
        EXPECT_EQ(found_.number(envelope.at("gateway_id").get<std::string>(), "receptions"), 1);
        EXPECT_EQ(found_.number(from_, "packets"), 1);
        std::string port = expect_.at("data").at("portnum_name");
        EXPECT_EQ(found_.number(from_, "packets/" + port), 1);
        const Json& consent = expect_.at("data").at("ok_to_mqtt");
        std::string told = consent.is_null() ? "unknown" : consent.get<bool>() ? "yes" : "no";
        EXPECT_EQ(found_.fact(from_, "ok_to_mqtt"), port == "MAP_REPORT_APP" ? "(none)" : told);
    }

    void check_radio() {
        const Json& packet = expect_.at("packet");
        bool is_heard = packet.at("rx_rssi") != 0;
        EXPECT_EQ(found_.sample(from_, "packet/rx_rssi") != nullptr, is_heard);
        if (is_heard) {
            EXPECT_EQ(found_.number(from_, "packet/rx_rssi"), packet.at("rx_rssi"));
            EXPECT_EQ(found_.number(from_, "packet/rx_snr"), packet.at("rx_snr"));
        }
        const Json& hops = packet.at("hops_away");
        EXPECT_EQ(found_.sample(from_, "packet/hops_away") == nullptr, hops.is_null());
        if (!hops.is_null()) {
            EXPECT_EQ(found_.number(from_, "packet/hops_away"), hops);
        }
        EXPECT_EQ(found_.number(from_, "packet/want_ack"), packet.value("want_ack", false) ? 1 : 0);
        Time heard = packet.at("rx_time").get<Time>() * 1000;
        const Sample* packets = found_.sample(from_, "packets");
        ASSERT_NE(packets, nullptr);
        EXPECT_EQ(packets->time, heard != 0 ? heard : kReceived);
    }

    void check_payload(const std::string& port, const Json& payload) {
        if (port == "NODEINFO_APP") check_names(payload);
        if (port == "MAP_REPORT_APP") check_map_report(payload);
        if (port == "POSITION_APP") check_position(payload);
        if (port == "TELEMETRY_APP") check_telemetry(payload);
        if (port == "TEXT_MESSAGE_APP") check_text(payload);
        if (port == "NEIGHBORINFO_APP") check_neighbors(payload);
        if (port == "TRACEROUTE_APP") check_route(payload);
        if (port == "WAYPOINT_APP") check_waypoint(payload);
        if (port == "PAXCOUNTER_APP") {
            EXPECT_EQ(found_.number(from_, "pax/wifi"), payload.at("wifi"));
            EXPECT_EQ(found_.number(from_, "pax/ble"), payload.at("ble"));
            EXPECT_EQ(found_.number(from_, "pax/uptime"), payload.at("uptime"));
        }
        if (port == "ROUTING_APP") {
            std::string error = payload.at("error_reason");
            EXPECT_EQ(found_.number(from_, "routing/" + error), 1);
        }
    }

    void check_names(const Json& payload) {
        ASSERT_NE(found_.note(from_), nullptr);
        EXPECT_EQ(found_.note(from_)->name, payload.at("long_name"));
        EXPECT_EQ(found_.fact(from_, "short_name"), payload.at("short_name"));
        EXPECT_EQ(found_.fact(from_, "hardware_model"), payload.at("hw_model"));
        EXPECT_EQ(found_.fact(from_, "role"), payload.value("role", "CLIENT"));
    }

    void check_map_report(const Json& payload) {
        check_names(payload);
        EXPECT_EQ(found_.fact(from_, "firmware_version"), payload.at("firmware_version"));
        EXPECT_EQ(found_.fact(from_, "region"), payload.at("region"));
        EXPECT_EQ(found_.fact(from_, "modem_preset"), "LONG_FAST");
        bool has_default = payload.value("has_default_channel", false);
        EXPECT_EQ(found_.fact(from_, "has_default_channel"), has_default ? "yes" : "no");
        EXPECT_EQ(found_.number(from_, "map_report/num_online_local_nodes"),
                  payload.at("num_online_local_nodes"));
        EXPECT_EQ(found_.fact(from_, "num_online_local_nodes"),
                  std::to_string(payload.at("num_online_local_nodes").get<int>()));
        check_place(payload, payload.at("position_precision"));
        EXPECT_EQ(found_.out.positions.at(0).time, kReceived);
    }

    void check_place(const Json& payload, int bits) {
        ASSERT_EQ(found_.out.positions.size(), 1u);
        const Position& place = found_.out.positions[0];
        EXPECT_EQ(place.source.id, from_);
        EXPECT_EQ(place.latitude, expect_.at("derived").at("latitude").get<double>());
        EXPECT_EQ(place.longitude, expect_.at("derived").at("longitude").get<double>());
        if (payload.contains("altitude")) {
            EXPECT_EQ(place.altitude_m, payload.at("altitude"));
        }
        EXPECT_EQ(std::isnan(place.altitude_m), !payload.contains("altitude"));
        EXPECT_EQ(found_.fact(from_, "position_precision"), std::to_string(bits));
        // meshtastic.md, chapter 7.
        const std::map<int, double> radius = {{13, 2918}, {14, 1459}, {16, 364}};
        // All bits: nothing was rounded, and the receiver's own error is not told.
        EXPECT_EQ(std::isnan(place.uncertainty_m), bits == 32);
        if (bits == 32) return;
        EXPECT_NEAR(place.uncertainty_m, radius.at(bits), 1);
    }

    void check_position(const Json& payload) {
        check_place(payload, payload.at("precision_bits"));
        const Position& place = found_.out.positions.at(0);
        EXPECT_EQ(place.time, payload.at("time").get<Time>() * 1000);
        if (payload.contains("ground_speed")) {
            EXPECT_EQ(place.speed_kmh, payload.at("ground_speed"));
        }
        EXPECT_EQ(std::isnan(place.speed_kmh), !payload.contains("ground_speed"));
        if (payload.contains("ground_track")) {
            EXPECT_EQ(place.heading_deg, 0.3) << "the firmware's 30000 are 1/100,000 of a degree";
        }
        if (payload.contains("PDOP")) {
            EXPECT_EQ(found_.number(from_, "position/pdop"), expect_.at("derived").at("pdop"));
            EXPECT_EQ(found_.number(from_, "position/sats_in_view"), payload.at("sats_in_view"));
            EXPECT_EQ(found_.fact(from_, "location_source"), "internal GPS");
        }
    }

    void check_telemetry(const Json& payload) {
        const std::map<std::string, std::string> groups = {
            {"device_metrics", "device/"},   {"environment_metrics", "environment/"},
            {"power_metrics", "power/"},     {"air_quality_metrics", "air_quality/"},
            {"local_stats", "local_stats/"},
        };
        for (const auto& [name, prefix] : groups) {
            if (payload.contains(name)) check_group(prefix, payload[name], payload.at("time"));
        }
        if (expect_.value("derived", Json::object()).value("powered", false)) {
            EXPECT_EQ(found_.number(from_, "device/powered"), 1);
        }
    }

    void check_group(const std::string& prefix, const Json& values, Time seconds) {
        for (const auto& [name, value] : values.items()) {
            const Sample* sample = found_.sample(from_, prefix + name);
            ASSERT_NE(sample, nullptr) << prefix << name;
            EXPECT_TRUE(is_near(found_.number(from_, prefix + name), value.get<double>())) << name;
            EXPECT_EQ(sample->time, seconds * 1000);
        }
        // What is absent is absent.
        std::size_t count = 0;
        for (const Sample& sample : found_.out.samples) {
            if (sample.metric.starts_with(prefix) && sample.metric != "device/powered") count++;
        }
        EXPECT_EQ(count, values.size());
    }

    void check_text(const Json& payload) {
        const Event* event = found_.event("text");
        ASSERT_NE(event, nullptr);
        EXPECT_EQ(event->source.id, from_);
        EXPECT_EQ(event->text, payload.at("text"));
        EXPECT_EQ(found_.number(from_, "text/size"),
                  static_cast<double>(payload.at("text").get<std::string>().size()));
        Json details = Json::parse(event->details);
        EXPECT_EQ(details.at("packet_id"), expect_.at("packet").at("id"));
        EXPECT_EQ(details.at("to"), expect_.at("packet").at("to_id"));
        EXPECT_EQ(details.at("gateway"), expect_.at("envelope").at("gateway_id"));
        EXPECT_EQ(details.at("channel"), expect_.at("envelope").at("channel_id"));
        EXPECT_EQ(details.at("ok_to_mqtt"), expect_.at("data").at("ok_to_mqtt"));
        EXPECT_EQ(details.value("reply_id", 0), expect_.at("data").value("reply_id", 0));
        EXPECT_EQ(details.value("is_reaction", false), expect_.at("data").value("emoji", 0) == 1);
    }

    void check_neighbors(const Json& payload) {
        ASSERT_NE(found_.event("neighbors"), nullptr);
        Json details = Json::parse(found_.event("neighbors")->details);
        EXPECT_EQ(details.at("node"), node_of(payload.at("node_id")));
        EXPECT_EQ(details.at("sent_by"), node_of(payload.at("last_sent_by_id")));
        EXPECT_EQ(details.at("interval_s"), payload.at("node_broadcast_interval_secs"));
        ASSERT_EQ(details.at("neighbors").size(), payload.at("neighbors").size());
        for (std::size_t i = 0; i < payload.at("neighbors").size(); i++) {
            const Json& neighbor = payload.at("neighbors")[i];
            EXPECT_EQ(details.at("neighbors")[i].at("node"), node_of(neighbor.at("node_id")));
            EXPECT_EQ(details.at("neighbors")[i].at("snr"), neighbor.at("snr"));
        }
    }

    void check_route(const Json&) {
        ASSERT_NE(found_.event("traceroute"), nullptr);
        Json details = Json::parse(found_.event("traceroute")->details);
        const Json& derived = expect_.at("derived");
        EXPECT_EQ(details.at("path_towards"), derived.at("path_towards"));
        EXPECT_EQ(details.at("snr_towards"), derived.at("snr_towards_db"));
        EXPECT_EQ(details.at("path_back"), derived.at("path_back"));
        EXPECT_EQ(details.at("snr_back"), derived.at("snr_back_db"));
        EXPECT_EQ(found_.number(from_, "traceroute/route_length"), 2);
    }

    void check_waypoint(const Json& payload) {
        ASSERT_NE(found_.event("waypoint"), nullptr);
        Json details = Json::parse(found_.event("waypoint")->details);
        for (const char* name : {"id", "expire", "name", "description", "icon"}) {
            EXPECT_EQ(details[name], payload[name]) << name;
        }
        EXPECT_EQ(details.at("latitude"), expect_.at("derived").at("latitude"));
        EXPECT_EQ(details.at("longitude"), expect_.at("derived").at("longitude"));
        EXPECT_EQ(details.at("is_deleted"), false);
        EXPECT_EQ(found_.event("waypoint")->text, payload.at("name"));
    }

    const Json& vector_;
    const Json& expect_;
    std::unique_ptr<Decoder> decoder_;
    Found found_;
    std::string from_;
};

TEST(MeshtasticVectors, EveryBinaryCase) {
    ASSERT_EQ(vectors().at("binary").size(), 45u);
    for (const Json& vector : vectors().at("binary")) {
        SCOPED_TRACE(vector.at("name").get<std::string>());
        Case(vector).check();
    }
}

// The keys one by one: each case can be read with its own key alone, and with none of the others.
TEST(MeshtasticVectors, OnlyTheRightKeyReads) {
    for (const Json& vector : vectors().at("binary")) {
        std::string key = vector.at("expect").value("key", "");
        if (key.empty() || key.starts_with("default")) continue;
        SCOPED_TRACE(vector.at("name").get<std::string>());
        int readers = 0;
        for (const auto& option : known_keys()) {
            auto decoder = make_meshtastic({option});
            auto found = decode(*decoder, vector.at("topic").get<std::string>(),
                                from_hex(vector.at("payload_hex")));
            readers += found.out.verdict == Verdict::Read ? 1 : 0;
        }
        EXPECT_EQ(readers, 1);
    }
}

TEST(MeshtasticVectors, ChannelHashes) {
    auto key = [](const std::string& name) {
        return from_hex(vectors().at("keys")[name].at("hex"));
    };
    std::string default_key = key("default_AQ");
    for (const auto& [name, hash] : vectors().at("channel_hashes").items()) {
        if (!name.ends_with("+default")) continue;
        EXPECT_EQ(meshtastic::channel_hash(name.substr(0, name.find('+')), default_key), hash);
    }
    EXPECT_EQ(meshtastic::channel_hash("Two", key("index2")),
              vectors().at("channel_hashes")["Two+index2"]);
}

Found decode_json(const std::string& name) {
    for (const Json& vector : vectors().at("json_mode")) {
        if (vector.at("name") != name) continue;
        auto decoder = make_meshtastic();
        auto found =
            decode(*decoder, vector.at("topic").get<std::string>(), vector.at("payload").dump());
        EXPECT_EQ(found.out.verdict, Verdict::Read) << found.out.problem;
        EXPECT_EQ(found.number("!a1b2c3d4", "receptions"), 1);
        EXPECT_EQ(found.number(found.out.sender.id, "packets"), 1);
        return found;
    }
    ADD_FAILURE() << "no such case";
    return {};
}

TEST(MeshtasticVectors, JsonNodeAndPlace) {
    auto user = decode_json("json_nodeinfo");
    EXPECT_EQ(user.out.sender.id, "!433d2f10");
    EXPECT_EQ(user.note("!433d2f10")->name, "Åke på Söder");
    EXPECT_EQ(user.fact("!433d2f10", "short_name"), "ÅKE");
    EXPECT_EQ(user.fact("!433d2f10", "hardware_model"), "HELTEC_V3");
    EXPECT_EQ(user.fact("!433d2f10", "role"), "CLIENT");
    EXPECT_EQ(user.fact("!433d2f10", "gateway"), "!a1b2c3d4");
    EXPECT_EQ(user.number("!433d2f10", "packet/rx_rssi"), -101);
    EXPECT_EQ(user.number("!433d2f10", "packet/rx_snr"), -2.5);
    EXPECT_EQ(user.number("!433d2f10", "packet/hops_away"), 1);
    EXPECT_EQ(user.sample("!433d2f10", "packets/NODEINFO_APP")->time, 1'763'640'000'000);

    auto place = decode_json("json_position");
    ASSERT_EQ(place.out.positions.size(), 1u);
    EXPECT_EQ(place.out.positions[0].latitude, 59.3293);
    EXPECT_EQ(place.out.positions[0].longitude, 18.0686);
    EXPECT_EQ(place.out.positions[0].altitude_m, 28);
    EXPECT_TRUE(std::isnan(place.out.positions[0].uncertainty_m));
    EXPECT_EQ(place.out.positions[0].time, 1'763'640'001'000);
    EXPECT_EQ(place.number("!433d2f10", "position/sats_in_view"), 9);
}

TEST(MeshtasticVectors, JsonTelemetry) {
    auto device = decode_json("json_telemetry_device");
    EXPECT_EQ(device.number("!433d2f10", "device/battery_level"), 83);
    EXPECT_EQ(device.number("!433d2f10", "device/voltage"), 3.97);
    EXPECT_EQ(device.number("!433d2f10", "device/channel_utilization"), 12.5);
    EXPECT_EQ(device.number("!433d2f10", "device/air_util_tx"), 0.5);
    EXPECT_EQ(device.number("!433d2f10", "device/uptime_seconds"), 3600);
    EXPECT_EQ(device.sample("!433d2f10", "device/uptime_seconds")->kind, SeriesKind::Counter);
    auto power = decode_json("json_telemetry_power");
    EXPECT_EQ(power.number("!433d2f10", "power/ch1_voltage"), 5.125);
    EXPECT_EQ(power.number("!433d2f10", "power/ch1_current"), 312.5);
}

TEST(MeshtasticVectors, JsonTextAndMesh) {
    EXPECT_EQ(decode_json("json_text").event("text")->text, "hej");
    auto old = decode_json("json_signed_negative_ids_old_firmware");
    EXPECT_EQ(old.out.sender.id, "!a1b2c3d4");
    EXPECT_EQ(Json::parse(old.event("text")->details).at("to"), "!ffffffff");

    auto neighbors = decode_json("json_neighborinfo");
    Json details = Json::parse(neighbors.event("neighbors")->details);
    EXPECT_EQ(details.at("node"), "!7c5b1e2a");
    EXPECT_EQ(details.at("neighbors")[0].at("node"), "!433d2f10");
    EXPECT_EQ(details.at("neighbors")[0].at("snr"), -4);

    auto route = decode_json("json_traceroute");
    EXPECT_EQ(route.event("traceroute")->text, "Slussen Router → Unknown → Åke");
    details = Json::parse(route.event("traceroute")->details);
    EXPECT_EQ(details.at("route_back"), Json({"Åke", "Slussen Router"}));
    EXPECT_EQ(details.at("snr_towards"), Json({-6.25, 8.5}));
}

TEST(MeshtasticVectors, Status) {
    for (const Json& vector : vectors().at("status_topics")) {
        auto decoder = make_meshtastic();
        std::string text = vector.at("payload_text");
        auto found = decode(*decoder, vector.at("topic").get<std::string>(), text);
        EXPECT_EQ(found.out.verdict, Verdict::Read);
        EXPECT_EQ(found.fact("!a1b2c3d4", "mqtt_status"), text);
        EXPECT_EQ(found.number("!a1b2c3d4", "mqtt/online"), text == "online" ? 1 : 0);
        EXPECT_EQ(found.sample("!a1b2c3d4", "mqtt/online")->kind, SeriesKind::State);
    }
}

}  // namespace
}  // namespace martlet::telemetry
