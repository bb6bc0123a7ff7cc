#include "tests/http/telemetry_api.h"

namespace martlet::http {
namespace {

constexpr Time kBegin = 1'763'740'800'000;  // 2025-11-21T16:00:00Z
const SourceId kRoom{"topic", "lab/room1"};

class Samples : public TelemetryApi {
  protected:
    void three_temperatures() {
        sample(kRoom, "temperature", "°C", SeriesKind::Gauge, 20.5, kBegin);
        sample(kRoom, "temperature", "°C", SeriesKind::Gauge, 21.0, kBegin + 10'000);
        sample(kRoom, "temperature", "°C", SeriesKind::Gauge, 21.5, kBegin + 20'000);
        commit();
    }
    std::string samples(std::string_view query) {
        return get("/api/v1/series/1/samples?from=1763740800000&to=1763740860000" +
                   std::string(query));
    }
    static std::string with_head(std::string_view rest) {
        return "{\"series\":1,\"metric\":\"temperature\",\"unit\":\"°C\","
               "\"unit_source\":\"mapped\",\"kind\":\"gauge\",\"time_source\":\"arrival\","
               "\"from\":1763740800000,\"to\":1763740860000," +
               std::string(rest);
    }
};

TEST_F(Samples, FewAreToldAsTheyAre) {
    three_temperatures();
    std::string points =
        "\"columns\":[\"time\",\"value\"],\"points\":[[1763740800000,20.5],"
        "[1763740810000,21],[1763740820000,21.5]],\"count\":3,\"next\":null}";
    EXPECT_EQ(samples(""), with_head("\"bucket\":\"raw\"," + points));
    EXPECT_EQ(samples("&bucket=raw"), with_head("\"bucket\":\"raw\"," + points));
    EXPECT_EQ(get("/api/v1/sources/topic:lab%2Froom1/samples?metric=temperature&from=1763740800000"
                  "&to=1763740860000"),
              with_head("\"bucket\":\"raw\"," + points));
}

TEST_F(Samples, ALimitTellsWhereToGoOn) {
    three_temperatures();
    EXPECT_EQ(samples("&bucket=raw&limit=2"),
              with_head("\"bucket\":\"raw\",\"columns\":[\"time\",\"value\"],\"points\":"
                        "[[1763740800000,20.5],[1763740810000,21]],\"count\":2,"
                        "\"next\":1763740820000}"));
}

TEST_F(Samples, BucketsHaveTheAggregatesAskedFor) {
    three_temperatures();
    EXPECT_EQ(samples("&bucket=minute&aggregate=min,max,mean,sum,first,last,count"),
              with_head("\"bucket\":\"minute\",\"columns\":[\"time\",\"min\",\"max\",\"mean\","
                        "\"sum\",\"first\",\"last\",\"count\"],\"points\":"
                        "[[1763740800000,20.5,21.5,21,63,20.5,21.5,3]],\"count\":1,"
                        "\"next\":null}"));
    EXPECT_EQ(get("/api/v1/series/1/samples?from=2025-11-21&to=2025-11-22&bucket=day"),
              "{\"series\":1,\"metric\":\"temperature\",\"unit\":\"°C\","
              "\"unit_source\":\"mapped\",\"kind\":\"gauge\",\"time_source\":\"arrival\","
              "\"from\":1763679600000,\"to\":1763766000000,\"bucket\":\"day\",\"columns\":"
              "[\"time\",\"mean\"],\"points\":[[1763679600000,21]],\"count\":1,\"next\":null}");
}

TEST_F(Samples, CsvHasIsoTimes) {
    three_temperatures();
    Response answer = ask(Method::Get, "/api/v1/series/1/samples?from=0&bucket=raw&format=csv");
    EXPECT_EQ(answer.content_type, "text/csv; charset=utf-8");
    EXPECT_EQ(answer.body,
              "time,value\r\n2025-11-21T16:00:00.000Z,20.5\r\n2025-11-21T16:00:10.000Z,21\r\n"
              "2025-11-21T16:00:20.000Z,21.5\r\n");
    EXPECT_EQ(samples("&bucket=5m&aggregate=min,max&format=csv"),
              "time,min,max\r\n2025-11-21T16:00:00.000Z,20.5,21.5\r\n");
}

TEST_F(Samples, CountersAreToldBySteps) {
    SourceId press{"station", "acme/PRESS7"};
    for (auto [minutes, count] : {std::pair{0, 12.4}, {10, 15.4}, {70, 20.4}, {130, 2.0}}) {
        sample(press, "production_count_good", "", SeriesKind::Counter, count,
               kBegin + minutes * kMinute);
    }
    commit();
    EXPECT_EQ(get("/api/v1/series/1/samples?from=1763740800000&to=1763755200000&bucket=hour"),
              "{\"series\":1,\"metric\":\"production_count_good\",\"unit\":\"\","
              "\"unit_source\":\"mapped\",\"kind\":\"counter\",\"time_source\":\"arrival\","
              "\"from\":1763740800000,\"to\":1763755200000,\"bucket\":\"hour\","
              "\"columns\":[\"time\",\"step\"],\"points\":[[1763740800000,3],[1763744400000,5],"
              "[1763748000000,2]],\"count\":3,\"next\":null}");
}

TEST_F(Samples, BadQuestionsAreToldWhatIsAllowed) {
    three_temperatures();
    sample(kRoom, "door", "", SeriesKind::State, "open", kBegin);
    commit();
    EXPECT_EQ(samples("&limit=0"),
              error(400, "limit=0: expected a whole number from 1 to 1000000"));
    EXPECT_EQ(samples("&bucket=7s"),
              error(400,
                    "bucket=7s: expected raw, auto, minute, quarter, hour, day, week, month, "
                    "year, or whole minutes up to a day (5m, 90m, 6h)"));
    EXPECT_EQ(samples("&aggregate=mode"),
              error(400,
                    "aggregate=mode: expected min, max, mean, median, sum, first, last, count, "
                    "step, or several of them with commas"));
    EXPECT_EQ(samples("&bucket=hour&aggregate=step"),
              error(400,
                    "aggregate=step: only counters, meters and increments have steps; this "
                    "series is a gauge"));
    EXPECT_EQ(samples("&form=csv"),
              error(400,
                    "form: not known here; known are from, to, bucket, aggregate, format "
                    "and limit"));
    EXPECT_EQ(get("/api/v1/series/1/samples?from=2025-11-22T10:00Z&to=2025-11-21T10:00Z"),
              error(400,
                    "from must be before to: from is 2025-11-22T10:00:00.000Z, and to is "
                    "2025-11-21T10:00:00.000Z"));
    EXPECT_EQ(get("/api/v1/series/2/samples?bucket=hour"),
              error(400,
                    "the values of this series are texts, which cannot be aggregated: "
                    "ask with bucket=raw"));
    EXPECT_EQ(ask(Method::Get, "/api/v1/series/99/samples").status, 404);
    EXPECT_EQ(ask(Method::Get, "/api/v1/series/x/samples").status, 404);
    EXPECT_EQ(ask(Method::Get, "/api/v1/sources/1/samples?metric=none").status, 404);
    EXPECT_EQ(ask(Method::Get, "/api/v1/sources/1/samples").status, 400);
    EXPECT_EQ(ask(Method::Get, "/api/v1/series/1/samples?from=soon").status, 400);
}

TEST_F(Samples, TextsAreToldToo) {
    sample(kRoom, "door", "", SeriesKind::State, "open, \"wide\"", kBegin);
    sample(kRoom, "door", "", SeriesKind::State, "=1+1", kBegin + 1);
    commit();
    EXPECT_EQ(get("/api/v1/series/1/samples?from=0&format=csv"),
              "time,value\r\n2025-11-21T16:00:00.000Z,\"open, \"\"wide\"\"\"\r\n"
              "2025-11-21T16:00:00.001Z,\"'=1+1\"\r\n");
}

std::size_t lines(std::string_view text) {
    return static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
}

TEST_F(Samples, LongOnesComeInPiecesAndNoneIsLostBetweenThem) {
    constexpr std::int64_t kCount = 20'000;
    telemetry::Decoded decoded;
    for (std::int64_t i = 0; i < kCount; i++) {
        // Two at each second: pieces end between equal times, too.
        decoded.samples.push_back(
            {kRoom, "n", "", SeriesKind::Gauge, kBegin + i / 2 * 1000, Value(i)});
    }
    add(decoded, kBegin);
    commit();
    std::string csv = get("/api/v1/series/1/samples?from=0&bucket=raw&format=csv");
    EXPECT_GE(pieces_, 5);
    EXPECT_EQ(lines(csv), static_cast<std::size_t>(kCount) + 1);
    for (std::int64_t i = 0; i < kCount; i += 777) {
        EXPECT_NE(csv.find("," + std::to_string(i) + "\r\n"), std::string::npos) << i;
    }
    // 10,000 s in at most 100 points: buckets of two minutes.
    std::string chart = get("/api/v1/series/1/samples?from=0&limit=100&aggregate=count");
    EXPECT_NE(chart.find("\"bucket\":\"2m\""), std::string::npos) << chart.substr(0, 200);
    EXPECT_NE(chart.find("\"points\":[[1763740800000,240],[1763740920000,240],"), std::string::npos)
        << chart.substr(0, 300);
    EXPECT_NE(chart.find("\"count\":84,\"next\":null}"), std::string::npos);
}

TEST_F(Samples, SeriesAreListedInPages) {
    three_temperatures();
    sample(kRoom, "door", "", SeriesKind::State, "open", kBegin);
    sample(kRoom, "rain", "mm", SeriesKind::Increment, 0.2, kBegin);
    commit();
    EXPECT_EQ(without_ages(get("/api/v1/series?limit=2")),
              "{\"time\":*,\"series\":[{\"key\":1,\"source\":1,\"metric\":\"temperature\","
              "\"unit\":\"°C\",\"unit_source\":\"mapped\",\"kind\":\"gauge\",\"value\":21.5,"
              "\"time\":1763740820000,\"time_source\":\"arrival\","
              "\"age_ms\":*},{\"key\":2,\"source\":1,\"metric\":\"door\",\"unit\":\"\","
              "\"unit_source\":\"mapped\",\"kind\":"
              "\"state\",\"value\":\"open\",\"time\":1763740800000,\"time_source\":\"arrival\","
              "\"age_ms\":*}],\"next\":2}");
    EXPECT_EQ(without_ages(get("/api/v1/series?after=2&source=1")),
              "{\"time\":*,\"series\":[{\"key\":3,\"source\":1,\"metric\":\"rain\",\"unit\":"
              "\"mm\",\"unit_source\":\"mapped\",\"kind\":\"increment\",\"value\":0.2,"
              "\"time\":1763740800000,\"time_source\":\"arrival\",\"age_ms\":*,"
              "\"total\":0.2}],\"next\":null}");
    EXPECT_EQ(without_ages(get("/api/v1/series?metric=nothing")),
              "{\"time\":*,\"series\":[],\"next\":null}");
}

TEST_F(Samples, WithoutTelemetryThatIsSaid) {
    services_.readers = nullptr;
    EXPECT_EQ(ask(Method::Get, "/api/v1/series/1/samples").status, 503);
}

}  // namespace
}  // namespace martlet::http
