// Exports of more than charts show, and stores that fail in the middle of one.

#include "http/figures/sample_stream.h"

#include "http/answers/store_access.h"
#include "http/resources/resources.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace martlet::http {
namespace {

using telemetry::EventQuery;
using telemetry::RowSink;
using telemetry::SeriesKey;
using telemetry::SourceKey;
using telemetry::SourceRow;
using telemetry::TimeRange;

// One series with a sample each second from 0 on; reading it fails at `broken_at`.
class LongReader final : public telemetry::StoreReader {
  public:
    LongReader(Time count, Time broken_at) : count_(count), broken_at_(broken_at) {}

    Result<std::vector<SourceRow>> sources() override { return std::vector<SourceRow>(); }
    Result<std::optional<SourceRow>> one_source(SourceKey) override {
        return std::optional<SourceRow>();
    }
    Result<std::optional<SourceRow>> one_source(const telemetry::SourceId&) override {
        return std::optional<SourceRow>();
    }
    Result<std::vector<telemetry::SeriesRow>> series(std::optional<SourceKey>) override {
        return std::vector<telemetry::SeriesRow>();
    }
    Result<std::optional<telemetry::SeriesRow>> one_series(SeriesKey key) override {
        telemetry::SeriesRow row;
        row.key = key;
        row.last_value = std::int64_t{1};
        return std::optional(row);
    }
    Status samples(SeriesKey, TimeRange range, const RowSink<telemetry::SampleRow>& sink) override {
        for (Time i = (range.from + 999) / 1000; i < count_ && i * 1000 < range.to; i++) {
            if (i == broken_at_) return Error{"the disk is gone"};
            if (!sink({1, i * 1000, std::int64_t{1}})) break;
        }
        return Done{};
    }
    Status rollups(SeriesKey, telemetry::Rollup, TimeRange,
                   const RowSink<telemetry::RollupRow>&) override {
        return Done{};
    }
    Status positions(SourceKey, TimeRange, const RowSink<telemetry::PositionRow>&) override {
        return Done{};
    }
    Status last_positions(const RowSink<telemetry::PositionRow>&) override { return Done{}; }
    Status events(const EventQuery&, const RowSink<telemetry::EventRow>&) override {
        return Done{};
    }
    Status raw(SourceKey, std::size_t, const RowSink<telemetry::RawRow>&) override {
        return Done{};
    }
    Result<std::int64_t> raw_with_problem(std::string_view, std::int64_t, std::size_t,
                                          const RowSink<telemetry::RawRow>&) override {
        return std::int64_t{0};
    }

  private:
    Time count_, broken_at_;
};

class LongStore final : public telemetry::Store {
  public:
    explicit LongStore(Time count, Time broken_at = -1) : count_(count), broken_at_(broken_at) {}
    Result<std::unique_ptr<telemetry::StoreWriter>> open_writer() override {
        return Error{"there is none"};
    }
    Result<std::unique_ptr<telemetry::StoreReader>> open_reader() override {
        return std::unique_ptr<telemetry::StoreReader>(new LongReader(count_, broken_at_));
    }

  private:
    Time count_, broken_at_;
};

struct Read {
    std::size_t points = 0;
    bool is_broken = false;
    std::string end;
};

Read read_all(LongStore& store, Fields query) {
    StoreReaders readers(store);
    Services services;
    services.readers = &readers;
    Request request;
    request.query = std::move(query);
    request.parameters = {{"series", "1"}};
    auto rows = sample_routes();
    auto route = std::find_if(rows.begin(), rows.end(), [](const Route& one) {
        return one.pattern == "/api/v1/series/{series}/samples";
    });
    Response response = route->handle(services, request);
    Read read;
    if (!response.stream) return read;
    std::string piece;
    for (bool has_more = true; has_more; piece.clear()) {
        has_more = response.stream->next(piece);
        read.points += static_cast<std::size_t>(std::count(piece.begin(), piece.end(), '\n'));
        read.end = piece.substr(piece.size() - std::min<std::size_t>(piece.size(), 60));
    }
    read.is_broken = response.stream->is_broken();
    return read;
}

TEST(SampleStream, AnExportIsWhole) {
    LongStore store(1'200'000);
    Fields raw = {{"from", "0"}, {"bucket", "raw"}, {"format", "csv"}};
    EXPECT_EQ(read_all(store, raw).points, 1'200'001u) << "with its head";
    raw.emplace_back("limit", "1000");
    EXPECT_EQ(read_all(store, raw).points, 1'001u);
}

// CSV has no place to say that something is missing; JSON says it at the end.
TEST(SampleStream, AnExportThatBreaksOffDoesNotLookWhole) {
    LongStore store(100'000, 50'000);
    Read csv = read_all(store, {{"from", "0"}, {"bucket", "raw"}, {"format", "csv"}});
    EXPECT_EQ(csv.points, 50'001u);
    EXPECT_TRUE(csv.is_broken);
    Read json = read_all(store, {{"from", "0"}, {"bucket", "raw"}, {"limit", "1000000"}});
    EXPECT_FALSE(json.is_broken);
    EXPECT_TRUE(json.end.ends_with("\"next\":null,\"error\":\"the disk is gone\"}")) << json.end;
}

}  // namespace
}  // namespace martlet::http
