#include "base/text.h"
#include "tests/http/telemetry_api.h"

namespace martlet::http {
namespace {

constexpr Time kBegin = 1'763'740'800'000;  // 2025-11-21T16:00:00Z
const SourceId kNode{"meshtastic", "!7c5b1e2a"};
const SourceId kTruck{"vehicle", "truck-1"};

class Sources : public TelemetryApi {
  protected:
    void node_and_truck() {
        note(kNode, "Södermalm Åsa 🦊", {{"hardware_model", "RAK4631"}}, kBegin);
        sample(kNode, "device/battery_level", "%", SeriesKind::Gauge, std::int64_t(87), kBegin);
        sample(kTruck, "speed", "km/h", SeriesKind::Gauge, 50.0, kBegin + 1000);
        commit();
    }
    void place(const SourceId& source, double latitude, double longitude, Time time,
               double uncertainty_m) {
        telemetry::Decoded decoded;
        telemetry::Position& made = decoded.positions.emplace_back();
        made.source = source;
        made.time = time;
        made.latitude = latitude;
        made.longitude = longitude;
        made.uncertainty_m = uncertainty_m;
        add(decoded, time);
    }
};

const char* const kNodeJson =
    "{\"key\":1,\"kind\":\"meshtastic\",\"id\":\"!7c5b1e2a\",\"name\":\"Södermalm Åsa 🦊\","
    "\"state\":\"silent\",\"first_seen\":1763740800000,\"last_seen\":1763740800000,\"age_ms\":*,"
    "\"online_ms\":7200000,\"silent_ms\":86400000,\"interval_ms\":null,"
    "\"facts\":{\"hardware_model\":\"RAK4631\"}";

TEST_F(Sources, AreListedWithFactsAndState) {
    node_and_truck();
    EXPECT_EQ(without_ages(get("/api/v1/sources?kind=meshtastic")),
              std::string("{\"time\":*,\"sources\":[") + kNodeJson + "}],\"next\":null}");
    EXPECT_EQ(without_ages(get("/api/v1/sources?limit=1&series=true")),
              std::string("{\"time\":*,\"sources\":[") + kNodeJson +
                  ",\"series\":[{\"key\":1,\"source\":1,\"metric\":\"device/battery_level\","
                  "\"unit\":\"%\",\"unit_source\":\"mapped\",\"kind\":\"gauge\",\"value\":87,"
                  "\"time\":1763740800000,\"time_source\":\"arrival\","
                  "\"age_ms\":*}]}],\"next\":1}");
    EXPECT_EQ(without_ages(get("/api/v1/sources?search=RUCK&state=silent&after=1"))
                      .find("\"id\":\"truck-1\"") != std::string::npos,
              true);
    EXPECT_EQ(without_ages(get("/api/v1/sources?state=online")),
              "{\"time\":*,\"sources\":[],\"next\":null}");
    // A century counts as a moment when it is asked for so.
    EXPECT_NE(get("/api/v1/sources?state=online&online_within=5000w").find("\"key\":1"),
              std::string::npos);
}

TEST_F(Sources, ThatSaidTheyAreOfflineAreOffline) {
    sample({"sparkplug", "plant/edge"}, "online", "", SeriesKind::State, std::int64_t(0),
           wall_now());
    commit();
    EXPECT_NE(get("/api/v1/sources/1").find("\"state\":\"offline\""), std::string::npos);
    sample({"sparkplug", "plant/edge"}, "online", "", SeriesKind::State, std::int64_t(1),
           wall_now());
    commit();
    EXPECT_NE(get("/api/v1/sources/sparkplug:plant%2Fedge").find("\"state\":\"online\""),
              std::string::npos);
}

TEST_F(Sources, KindsTellWhenTheyCountAsOnline) {
    std::string kinds = get("/api/v1/kinds");
    EXPECT_NE(
        kinds.find("{\"kind\":\"meshtastic\",\"online_ms\":7200000,\"silent_ms\":86400000,"
                   "\"online_least_ms\":2700000,\"online_most_ms\":7200000,\"note\":\"May mislead"),
        std::string::npos);
    EXPECT_TRUE(
        kinds.ends_with("{\"kind\":\"\",\"online_ms\":900000,\"silent_ms\":86400000,"
                        "\"online_least_ms\":30000,\"online_most_ms\":1209600000,"
                        "\"note\":\"\"}]}"));
}

TEST_F(Sources, RawMessagesAreToldTheNewestFirst) {
    node_and_truck();
    raw(kNode, {"msh/2/e/x", "\xff\x01", kBegin}, "unknown key");
    raw(kNode, {"msh/2/json", "{}", kBegin + 1}, "");
    raw({"", ""}, {"stray", "?", kBegin + 2}, "no sender");
    commit();
    EXPECT_EQ(get("/api/v1/sources/1/raw"),
              "{\"messages\":[{\"time\":1763740800001,\"topic\":\"msh/2/json\",\"text\":\"{}\","
              "\"bytes\":2,\"is_cut\":false,\"problem\":\"\"},{\"time\":1763740800000,\"topic\":"
              "\"msh/2/e/x\",\"base64\":\"/wE=\",\"bytes\":2,\"is_cut\":false,\"problem\":"
              "\"unknown key\"}]}");
    EXPECT_NE(get("/api/v1/sources/0/raw?limit=1").find("\"topic\":\"stray\""), std::string::npos);
    EXPECT_EQ(ask(Method::Get, "/api/v1/sources/77/raw").status, 404);
}

TEST_F(Sources, AreRemovedWithAllThatIsTheirs) {
    node_and_truck();
    EXPECT_EQ(ask(Method::Delete, "/api/v1/sources/1").body, "{\"removed\":1}");
    EXPECT_EQ(ask(Method::Get, "/api/v1/sources/1").status, 404);
    EXPECT_EQ(ask(Method::Delete, "/api/v1/sources/1").status, 404);
    EXPECT_EQ(without_ages(get("/api/v1/sources/2/series")),
              "{\"time\":*,\"series\":[{\"key\":2,\"source\":2,\"metric\":\"speed\",\"unit\":"
              "\"km/h\",\"unit_source\":\"mapped\",\"kind\":\"gauge\",\"value\":50,"
              "\"time\":1763740801000,\"time_source\":\"arrival\",\"age_ms\":*}]}");
}

TEST_F(Sources, SeriesOfALowiTellTheirMeaning) {
    const SourceId lowi{"lowi", "a1b2"};
    sample(lowi, "CH0/power_import", "W", SeriesKind::Gauge, 503.0, kBegin);
    sample({"topic", "board"}, "CH0/power_import", "", SeriesKind::Gauge, 503.0, kBegin);
    commit();
    const std::string meaning =
        "\"metric\":\"CH0/power_import\",\"meaning\":\"Power taken from the grid\",";
    for (const char* path : {"/api/v1/sources/1", "/api/v1/sources?kind=lowi&series=true",
                             "/api/v1/sources/lowi:a1b2/series", "/api/v1/series/1",
                             "/api/v1/series", "/api/v1/series?source=1"})
        EXPECT_NE(get(path).find(meaning), std::string::npos) << path;
    EXPECT_EQ(get("/api/v1/sources/topic:board/series").find("meaning"), std::string::npos);
    EXPECT_EQ(get("/api/v1/series/2").find("meaning"), std::string::npos);
}

TEST_F(Sources, LastPlacesAreGeoJson) {
    node_and_truck();
    place(kNode, 59.3, 18.1, kBegin, 0);
    place(kNode, 59.31, 18.11, kBegin + 1, 364);
    commit();
    Response answer = ask(Method::Get, "/api/v1/positions");
    EXPECT_EQ(answer.content_type, "application/geo+json");
    EXPECT_EQ(without_ages(answer.body),
              "{\"type\":\"FeatureCollection\",\"features\":[{\"type\":\"Feature\",\"id\":1,"
              "\"geometry\":{\"type\":\"Point\",\"coordinates\":[18.11,59.31]},\"properties\":"
              "{\"source\":1,\"kind\":\"meshtastic\",\"id\":\"!7c5b1e2a\",\"name\":"
              "\"Södermalm Åsa 🦊\",\"state\":\"silent\",\"last_seen\":1763740800001,"
              "\"time\":1763740800001,\"age_ms\":*,\"speed_kmh\":null,\"heading_deg\":null,"
              "\"uncertainty_m\":364}}],\"is_cut\":false}");
    EXPECT_EQ(get("/api/v1/positions?kind=vehicle"),
              "{\"type\":\"FeatureCollection\",\"features\":[],\"is_cut\":false}");
}

// As the list of sources says it: a vehicle whose will came is off, however fresh its place.
TEST_F(Sources, TheMapKnowsWhoIsOffline) {
    Time now = wall_now();
    place(kTruck, 59.3, 18.1, now, 0);
    sample(kTruck, "online", "", SeriesKind::State, std::int64_t(1), now);
    commit();
    EXPECT_NE(get("/api/v1/positions").find("\"state\":\"online\""), std::string::npos);
    sample(kTruck, "online", "", SeriesKind::State, std::int64_t(0), now + 1);
    commit();
    EXPECT_NE(get("/api/v1/positions").find("\"state\":\"offline\""), std::string::npos);
    EXPECT_NE(get("/api/v1/sources").find("\"state\":\"offline\""), std::string::npos);
}

TEST_F(Sources, ATrailIsALineOrPoints) {
    place(kTruck, 1.5, 2.5, kBegin, 0);
    place(kTruck, 1.6, 2.6, kBegin + 1000, 0);
    place(kTruck, 1.7, 2.7, kBegin + 2000, 0);
    commit();
    EXPECT_EQ(get("/api/v1/sources/1/positions?from=0&form=line&limit=2"),
              "{\"type\":\"FeatureCollection\",\"features\":[{\"type\":\"Feature\",\"geometry\":"
              "{\"type\":\"LineString\",\"coordinates\":[[2.6,1.6],[2.7,1.7]]},\"properties\":"
              "{\"times\":[1763740801000,1763740802000]}}],\"next_to\":1763740801000}");
    EXPECT_EQ(without_ages(get("/api/v1/sources/1/positions?from=0&to=1763740801000")),
              "{\"type\":\"FeatureCollection\",\"features\":[{\"type\":\"Feature\",\"geometry\":"
              "{\"type\":\"Point\",\"coordinates\":[2.5,1.5]},\"properties\":{\"time\":*,\"age_"
              "ms\":*,\"speed_kmh\":null,\"heading_deg\":null,"
              "\"uncertainty_m\":0}}],\"next_to\":null}");
}

TEST_F(Sources, AReversedRangeIsRefusedEverywhere) {
    place(kTruck, 1.5, 2.5, kBegin, 0);
    commit();
    for (std::string_view path :
         {"events", "fleet", "stations", "sources/1/positions", "sources/1/meter",
          "sources/1/station", "series/1/samples", "sources/1/samples"}) {
        Response answer = ask(Method::Get, fmt::format("/api/v1/{}?from=now&to=-1h", path));
        EXPECT_EQ(answer.status, 400) << path;
        EXPECT_NE(answer.body.find("from must be before to: from is 20"), std::string::npos)
            << answer.body;
    }
}

TEST_F(Sources, ARefusedWordIsAnsweredWithTheWordsThatThereAre) {
    EXPECT_EQ(get("/api/v1/events?severity=high"),
              error(400, "severity=high: expected info, warning or critical"));
    EXPECT_EQ(get("/api/v1/sources?state=up"),
              error(400, "state=up: expected online, ageing, silent or offline"));
    EXPECT_EQ(get("/api/v1/events?format=xml"), error(400, "format=xml: expected json or csv"));
}

TEST_F(Sources, ASourceGoesByItsNameWhereNoOtherHasIt) {
    SourceId kitchen{"topic", "home/kitchen"}, other{"lowi", "home/kitchen"};
    note(kitchen, "Kitchen", {}, kBegin);
    event(kitchen, "text", Severity::Info, "hej", kBegin);
    event(kTruck, "text", Severity::Info, "hej from the truck", kBegin);
    sample(kitchen, "temperature", "°C", SeriesKind::Gauge, 21.5, kBegin);
    commit();
    for (std::string_view name : {"Kitchen", "home%2Fkitchen", "topic:home%2Fkitchen", "1"}) {
        std::string events = get(fmt::format("/api/v1/events?source={}", name));
        EXPECT_NE(events.find("\"hej\""), std::string::npos) << name << events;
        EXPECT_EQ(events.find("truck"), std::string::npos) << name;
        EXPECT_EQ(ask(Method::Get, fmt::format("/api/v1/sources/{}", name)).status, 200) << name;
        EXPECT_NE(get(fmt::format("/api/v1/series?source={}", name)).find("21.5"),
                  std::string::npos)
            << name;
    }
    EXPECT_EQ(ask(Method::Get, "/api/v1/events?source=Bathroom").status, 404);
    EXPECT_EQ(ask(Method::Get, "/api/v1/events?source=99").status, 404);
    // What removes data is named so that no other device can be meant.
    Response removed = ask(Method::Delete, "/api/v1/sources/Kitchen");
    EXPECT_EQ(removed.status, 400);
    EXPECT_NE(removed.body.find("topic:home/kitchen"), std::string::npos) << removed.body;
    sample(other, "power", "W", SeriesKind::Gauge, 5.0, kBegin);
    commit();
    Response both = ask(Method::Get, "/api/v1/sources/home%2Fkitchen");
    EXPECT_EQ(both.status, 404);
    EXPECT_NE(both.body.find("topic:home/kitchen, lowi:home/kitchen"), std::string::npos)
        << both.body;
}

TEST_F(Sources, AnEmergencyIsAcknowledgedOnce) {
    event(kTruck, "emergency", Severity::Critical, "Crash <b>", kBegin, "{\"g\":4}");
    event(kTruck, "text", Severity::Info, "hej", kBegin - 1);
    commit();
    std::string head =
        "{\"events\":[{\"key\":1,\"source\":1,\"source_kind\":\"vehicle\","
        "\"source_id\":\"truck-1\",\"source_name\":\"\",\"time\":1763740800000,"
        "\"kind\":\"emergency\",\"severity\":\"critical\",\"text\":"
        "\"Crash \\u003cb>\",\"details\":{\"g\":4},";
    EXPECT_EQ(get("/api/v1/events?severity=critical&unacknowledged=true"),
              head + "\"acknowledged\":null,\"acknowledged_by\":\"\"}],\"next_to\":null}");
    EXPECT_EQ(ask(Method::Post, "/api/v1/events/1/acknowledge").body,
              "{\"acknowledged\":1,\"by\":\"anna\"}");
    EXPECT_EQ(get("/api/v1/events?kind=emergency&source=1"),
              head +
                  "\"acknowledged\":1700000000000,\"acknowledged_by\":\"anna\"}],"
                  "\"next_to\":null}");
    EXPECT_EQ(get("/api/v1/events?unacknowledged=true&severity=critical"),
              "{\"events\":[],\"next_to\":null}");
    EXPECT_EQ(ask(Method::Post, "/api/v1/events/99/acknowledge").status, 404);
    EXPECT_EQ(ask(Method::Post, "/api/v1/events/x/acknowledge").status, 404);
}

TEST_F(Sources, EventsComeInPagesAndAsCsv) {
    for (int i = 0; i < 5; i++) {
        event(kTruck, "text", Severity::Info, "no " + std::to_string(i), kBegin + i / 2);
    }
    commit();
    EXPECT_EQ(get("/api/v1/events?limit=2&format=csv"),
              "time,source_kind,source_id,source_name,kind,severity,text,acknowledged,"
              "acknowledged_by\r\n"
              "2025-11-21T16:00:00.002Z,vehicle,truck-1,,text,info,no 4,,\r\n"
              "2025-11-21T16:00:00.001Z,vehicle,truck-1,,text,info,no 3,,\r\n"
              // Of the same time as the one before: not torn apart.
              "2025-11-21T16:00:00.001Z,vehicle,truck-1,,text,info,no 2,,\r\n");
    EXPECT_NE(get("/api/v1/events?limit=2").find("\"next_to\":1763740800001}"), std::string::npos);
    EXPECT_NE(get("/api/v1/events?to=1763740800001").find("\"no 1\""), std::string::npos);
}

TEST_F(Sources, OutcomesShowWhatCouldNotBeRead) {
    telemetry::Decoded decoded;
    decoded.verdict = telemetry::Verdict::Unreadable;
    decoded.problem = "not JSON";
    decoded.sender = {"lowi", "1a2b"};
    outcomes_.add("lowi", decoded, {"1a2b/PUB/CH0", "hello\xff", kBegin});
    EXPECT_EQ(
        get("/api/v1/outcomes?trouble=true"),
        "{\"outcomes\":[{\"decoder\":\"lowi\",\"source_kind\":\"lowi\",\"source_id\":"
        "\"1a2b\",\"verdict\":\"unreadable\",\"problem\":\"not JSON\",\"hint\":\"\",\"map\":\"\","
        "\"messages\":1,\"first\":1763740800000,\"last\":1763740800000,\"topic\":\"1a2b/PUB/CH0\","
        "\"base64\":\"aGVsbG//\",\"bytes\":6,\"is_cut\":false}],\"forgotten\":0}");
    EXPECT_EQ(get("/api/v1/outcomes?verdict=read"), "{\"outcomes\":[],\"forgotten\":0}");
    EXPECT_EQ(ask(Method::Get, "/api/v1/outcomes?verdict=bad").status, 400);
    EXPECT_NE(get("/api/v1/decoders")
                  .find("\"outcomes\":[{\"verdict\":\"unreadable\",\"problem\":"
                        "\"not JSON\",\"messages\":1}]"),
              std::string::npos);
}

TEST_F(Sources, OutcomesShowHintsMapsAndThePartsThatWereNotRead) {
    telemetry::Decoded decoded;
    decoded.verdict = telemetry::Verdict::Read;
    decoded.problem = "65-bit integer at \"n\"";
    decoded.hint = "telemetry_rule car1/# vehicle";
    decoded.map = "ruuvi";
    decoded.sender = {"topic", "car1"};
    outcomes_.add("json", decoded, {"car1/data", "{}", kBegin});
    std::string found = get("/api/v1/outcomes?trouble=true");
    EXPECT_NE(found.find("\"decoder\":\"json\",\"source_kind\":\"topic\",\"source_id\":\"car1\","
                         "\"verdict\":\"read\",\"problem\":\"65-bit integer at \\\"n\\\"\","
                         "\"hint\":\"telemetry_rule car1/# vehicle\",\"map\":\"ruuvi\","),
              std::string::npos)
        << found;
}

}  // namespace
}  // namespace martlet::http
