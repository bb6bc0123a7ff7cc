#include "http/figures/median.h"
#include "tests/http/telemetry_api.h"

namespace martlet::http {
namespace {

constexpr Time kBegin = 1'763'740'800'000;  // 2025-11-21T16:00:00Z
const SourceId kBoard{"topic", "apricot"};

class Medians : public TelemetryApi {
  protected:
    void put(Time time, Value value) {
        sample(kBoard, "value", "", SeriesKind::Gauge, std::move(value), time);
    }
    std::string points(std::string_view query) {
        std::string body = get("/api/v1/series/1/samples?from=0&" + std::string(query));
        auto from = body.find("\"points\":");
        return from == std::string::npos ? body : body.substr(from);
    }
};

TEST_F(Medians, TheMiddleOneOrTheMeanOfTwo) {
    Time time = kBegin;
    for (std::int64_t value : {512, -3, 999, 7, 40}) put(time++, Value(value));
    time = kBegin + kMinute;
    for (double value : {1.5, 900.0, 2.5, -8.0}) put(time++, Value(value));
    put(kBegin + 2 * kMinute, Value(std::int64_t{6}));
    commit();
    EXPECT_EQ(points("bucket=minute&aggregate=median"),
              "\"points\":[[1763740800000,40],[1763740860000,2],[1763740920000,6]],\"count\":3,"
              "\"next\":null}");
    EXPECT_EQ(points("bucket=hour&aggregate=count,median,max"),
              "\"points\":[[1763740800000,10,6.5,999]],\"count\":1,\"next\":null}");
    EXPECT_EQ(get("/api/v1/series/1/samples?from=0&bucket=hour&aggregate=median&format=csv"),
              "time,median\r\n2025-11-21T16:00:00.000Z,6.5\r\n");
}

TEST_F(Medians, OfManyBucketsInPieces) {
    // Three in each minute, not in the order of their size.
    telemetry::Decoded decoded;
    for (std::int64_t minute = 0; minute < 500; minute++) {
        Time time = kBegin + minute * kMinute;
        for (std::int64_t value : {minute + 1000, minute, minute - 1000}) {
            decoded.samples.push_back(
                {kBoard, "value", "", SeriesKind::Gauge, time++, Value(value)});
        }
    }
    add(decoded, kBegin);
    commit();
    pieces_ = 0;
    std::string csv =
        get("/api/v1/series/1/samples?from=0&bucket=minute&aggregate=median&format=csv");
    EXPECT_GE(pieces_, 5);
    std::string wanted = "time,median\r\n";
    for (int minute = 0; minute < 500; minute++) {
        append_iso_time(wanted, kBegin + minute * kMinute);
        wanted += "," + std::to_string(minute) + "\r\n";
    }
    EXPECT_EQ(csv, wanted);
    EXPECT_NE(points("bucket=minute&aggregate=median&limit=120")
                  .find("[1763747940000,119]],\"count\":120,\"next\":1763748000000}"),
              std::string::npos);
}

TEST_F(Medians, WhereTheSamplesAreGoneThatIsSaid) {
    put(kBegin, Value(std::int64_t{1}));
    put(kBegin + 10, Value(std::int64_t{3}));
    put(kBegin + kMinute, Value(std::int64_t{5}));
    commit();
    auto lent = services_.readers->lend();
    ASSERT_TRUE(lent);
    auto& reader = lent.value();
    telemetry::RollupRow bucket;
    bucket.count = 3;
    bucket.first_time = kBegin;
    bucket.last_time = kBegin + kMinute;
    EXPECT_EQ(median_of(*reader, 1, bucket).value(), 3);
    // A rollup that knows of one more than there is.
    bucket.count = 4;
    EXPECT_EQ(median_of(*reader, 1, bucket).value(), std::nullopt);
    bucket.count = kMedianOfAtMost + 1;
    EXPECT_EQ(median_of(*reader, 1, bucket).value(), std::nullopt);
    bucket.count = 0;
    EXPECT_EQ(median_of(*reader, 1, bucket).value(), std::nullopt);
}

TEST_F(Medians, OfTheSamplesAsTheyAreThereIsNone) {
    put(kBegin, Value(std::int64_t{1}));
    commit();
    EXPECT_EQ(ask(Method::Get, "/api/v1/series/1/samples?bucket=raw&aggregate=median").status, 400);
}

}  // namespace
}  // namespace martlet::http
