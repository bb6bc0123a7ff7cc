#include "http/settings/settings_json.h"
#include "tests/auth/temporary_folder.h"
#include "tests/http/telemetry_api.h"

#include <fstream>
#include <sys/stat.h>

namespace martlet::http {
namespace {

using telemetry::OperatorSettings;
using telemetry::Options;

// Judges as the broker does, and keeps in memory.
class RememberingSettings final : public TelemetrySettings {
  public:
    std::shared_ptr<const Options> in_force() override {
        return std::make_shared<const Options>(merged(*configured(), kept));
    }
    std::shared_ptr<const Options> configured() override {
        return std::make_shared<const Options>(options);
    }
    OperatorSettings set() override { return kept; }
    std::vector<telemetry::Rules::Row> rules() override {
        return telemetry::Rules::make(*in_force()).value().rows();
    }
    Status change(const std::function<bool(OperatorSettings&)>& edit) override {
        OperatorSettings wanted = kept;
        if (!edit(wanted)) return Done{};
        if (is_busy) return Error{"too busy"};
        Options both = merged(options, wanted);
        if (std::string problem = problem_of(both); !problem.empty()) return Error{problem, 3};
        auto made = telemetry::Rules::make(both);
        if (!made) return made.error();
        kept = wanted;
        return Done{};
    }

    Options options;
    OperatorSettings kept;
    bool is_busy = false;
};

class SettingsApi : public TelemetryApi {
  protected:
    SettingsApi() { services_.settings = &settings_; }
    Response put(std::string_view target, std::string body) {
        return ask(Method::Put, target, std::move(body));
    }
    RememberingSettings settings_;
};

TEST_F(SettingsApi, RulesAreSetShownAndRemoved) {
    settings_.options.rules = {{"old/#", "json"}};
    Response made =
        put("/api/v1/telemetry/rules", R"({"rules":[{"filter":"a/#","decoder":"none"}]})");
    EXPECT_EQ(made.status, 200) << made.body;
    std::string both =
        R"({"rules":[{"filter":"a/#","decoder":"none"}],"configured":[{"filter":"old/#",)"
        R"("decoder":"json"}]})";
    EXPECT_EQ(made.body, both);
    EXPECT_EQ(get("/api/v1/telemetry/rules"), both);
    EXPECT_EQ(get("/api/v1/decoders").find(R"("rules":[{"filter":"a/#","decoder":"none")"),
              get("/api/v1/decoders").find(R"("rules":[)"));
    EXPECT_EQ(ask(Method::Delete, "/api/v1/telemetry/rules").status, 204);
    EXPECT_TRUE(settings_.kept.rules.empty());
}

TEST_F(SettingsApi, WhatIsNotSoundChangesNothing) {
    auto refused = [&](std::string_view what, std::string body, int status, std::string_view why) {
        Response response = put("/api/v1/telemetry/" + std::string(what), std::move(body));
        EXPECT_EQ(response.status, status) << response.body;
        EXPECT_NE(response.body.find(why), std::string::npos) << response.body;
    };
    refused("rules", R"({"rules":[{"filter":"a/#","decoder":"jsn"}]})", 422, "'jsn'");
    refused("rules", R"({"rules":[{"filter":"a/#/b","decoder":"json"}]})", 422, "a/#/b");
    refused("rules", R"({"rules":[{"filter":"a/#"}]})", 400, "row 1");
    refused("rules", R"({"rules":{}})", 400, "expected an array");
    refused("rules", R"({"regeln":[]})", 400, "rules is missing");
    refused("rules", "{", 400, "the body");
    refused("options", R"({"options":[{"decoder":"lowi","name":"colour","value":"b"}]})", 422,
            "colour");
    refused("units", R"({"units":[{"unit":"W"}]})", 400, "metric");
    refused("units", R"({"units":[{"metric":"a","unit":"W","kind":"much"}]})", 400, "gauge");
    refused("units", R"({"units":[{"metric":"a","source_id":"x"}]})", 422, "kind");
    refused("thresholds",
            R"({"thresholds":[{"source_kind":"lowi","online_ms":9000,)"
            R"("silent_ms":1000}]})",
            422, "shorter time first");
    refused("thresholds", R"({"thresholds":[{"source_kind":"lowi"}]})", 400, "online_ms");
    refused("maps/.x", "text", 400, "name of a map");
    refused("maps/x", "", 400, "missing");
    refused("maps/x", std::string(telemetry::kMapBytesMax + 1, 'x'), 422, "KiB");
    EXPECT_TRUE(settings_.kept.rules.empty() && settings_.kept.units.empty() &&
                settings_.kept.maps.empty() && settings_.kept.thresholds.empty());
    settings_.is_busy = true;
    refused("rules", R"({"rules":[]})", 503, "too busy");
}

TEST_F(SettingsApi, SecretsAreHiddenAndStay) {
    std::string key = "Yg9PTLuIcW52ZqhFhTfqs7uEewIvWv7bO+CounLtbpQ=";
    settings_.options.decoder_options = {{"meshtastic", "key", "AQ=="}};
    Response made = put("/api/v1/telemetry/options",
                        R"({"options":[{"decoder":"meshtastic","name":"key","value":"Stockholm )" +
                            key + R"("}]})");
    ASSERT_EQ(made.status, 200) << made.body;
    EXPECT_EQ(made.body.find(key), std::string::npos);
    EXPECT_EQ(made.body.find("AQ=="), std::string::npos);
    EXPECT_NE(made.body.find("\"Stockholm ...\""), std::string::npos) << made.body;
    made = put("/api/v1/telemetry/options",
               R"({"options":[{"decoder":"meshtastic","name":"consent","value":"hide"},)"
               R"({"decoder":"meshtastic","name":"key","value":"Stockholm ..."}]})");
    ASSERT_EQ(made.status, 200) << made.body;
    ASSERT_EQ(settings_.kept.decoder_options.size(), 2u);
    EXPECT_EQ(settings_.kept.decoder_options[1].value, "Stockholm " + key);
    // Of a channel that it is not known of, it is no key.
    EXPECT_EQ(put("/api/v1/telemetry/options",
                  R"({"options":[{"decoder":"meshtastic","name":"key","value":"Privat ..."}]})")
                  .status,
              422);
}

TEST_F(SettingsApi, MapsAreTexts) {
    settings_.options.maps = {{"one", "topic a\n"}, {"two", "topic bc\n"}};
    EXPECT_EQ(put("/api/v1/telemetry/maps/one", "topic a/b\n").body,
              R"({"name":"one","bytes":10})");
    EXPECT_EQ(get("/api/v1/telemetry/maps"),
              R"({"maps":[{"name":"one","bytes":10}],"configured":[{"name":"one","bytes":8},)"
              R"({"name":"two","bytes":9}]})");
    Response text = ask(Method::Get, "/api/v1/telemetry/maps/one");
    EXPECT_EQ(text.body, "topic a/b\n");
    EXPECT_EQ(text.content_type, "text/plain; charset=utf-8");
    EXPECT_EQ(get("/api/v1/telemetry/maps/two"), "topic bc\n");
    EXPECT_EQ(put("/api/v1/telemetry/maps/one", "topic again").status, 200);
    EXPECT_EQ(settings_.kept.maps.size(), 1u);
    EXPECT_EQ(ask(Method::Delete, "/api/v1/telemetry/maps/one").status, 204);
    EXPECT_EQ(get("/api/v1/telemetry/maps/one"), "topic a\n");
    EXPECT_EQ(ask(Method::Delete, "/api/v1/telemetry/maps/one").status, 409);
    EXPECT_EQ(ask(Method::Delete, "/api/v1/telemetry/maps/three").status, 404);
    EXPECT_EQ(ask(Method::Get, "/api/v1/telemetry/maps/three").status, 404);
}

TEST_F(SettingsApi, WithoutTelemetryThereAreNone) {
    services_.settings = nullptr;
    for (std::string_view list : {"rules", "options", "units", "thresholds", "maps", "maps/x"})
        EXPECT_EQ(ask(Method::Get, "/api/v1/telemetry/" + std::string(list)).status, 503) << list;
    EXPECT_EQ(put("/api/v1/telemetry/maps/x", "y").status, 503);
    EXPECT_EQ(ask(Method::Delete, "/api/v1/telemetry/units").status, 503);
}

TEST(SettingsFile, HoldsAllOfIt) {
    TemporaryFolder folder;
    std::string path = folder.path("telemetry.json");
    EXPECT_TRUE(read_settings_file(path).value().rules.empty()) << "not there";
    OperatorSettings settings;
    settings.rules = {{"ä/#", "json"}};
    settings.decoder_options = {{"meshtastic", "key", "Stockholm s3cret"}};
    settings.maps = {{"one", "a line\n\"two\"\t\n"}};
    settings.units = {{"json", "a b", "power", "kW", telemetry::SeriesKind::Meter},
                      {"", "", "soil", "", {}}};
    settings.thresholds = {{"lowi", "cellar", "", 1000, 2000}, {"json", "", "x", 3000, 4000}};
    ASSERT_TRUE(write_settings_file(path, settings).ok());
    struct stat info {};
    ASSERT_EQ(stat(path.c_str(), &info), 0);
    EXPECT_EQ(info.st_mode & 0777, 0600u);
    auto read = read_settings_file(path);
    ASSERT_TRUE(read.ok()) << read.error().text;
    const OperatorSettings& again = read.value();
    EXPECT_EQ(again.rules.at(0).filter, "ä/#");
    EXPECT_EQ(again.decoder_options, settings.decoder_options);
    EXPECT_EQ(again.maps.at(0).text, settings.maps[0].text);
    EXPECT_EQ(again.units.at(0).series_kind, telemetry::SeriesKind::Meter);
    EXPECT_EQ(again.units.at(0).id, "a b");
    EXPECT_FALSE(again.units.at(1).series_kind);
    EXPECT_EQ(again.thresholds.at(0).group, "cellar");
    EXPECT_EQ(again.thresholds.at(1).silent_ms, 4000);
}

TEST(SettingsFile, OneThatIsNotOursIsNamed) {
    TemporaryFolder folder;
    std::string path = folder.path("telemetry.json");
    for (const char* text : {"", "[]", "{\"rules\":1}", "{\"maps\":[{\"name\":\"../x\"}]}", "{"}) {
        std::ofstream(path) << text;
        auto read = read_settings_file(path);
        ASSERT_FALSE(read.ok()) << text;
        EXPECT_NE(read.error().text.find(path), std::string::npos) << read.error().text;
    }
}

}  // namespace
}  // namespace martlet::http
