#pragma once

// Reads a SQLite store beside its writer: what is committed, each call at one moment. A sink must
// not call the reader that feeds it, and holds up the store's tidying while it takes long. One
// thread at a time.

#include "telemetry/store/sqlite.h"
#include "telemetry/store/store.h"

#include <memory>

namespace martlet::telemetry {

class SqliteReader : public StoreReader {
  public:
    explicit SqliteReader(std::unique_ptr<SqliteDatabase> database)
        : database_(std::move(database)) {}

    Result<std::vector<SourceRow>> sources() override;
    Result<std::optional<SourceRow>> one_source(SourceKey source) override;
    Result<std::optional<SourceRow>> one_source(const SourceId& source) override;
    Result<std::vector<SeriesRow>> series(std::optional<SourceKey> source) override;
    Result<std::optional<SeriesRow>> one_series(SeriesKey series) override;
    Status samples(SeriesKey series, TimeRange range, const RowSink<SampleRow>& sink) override;
    Status rollups(SeriesKey series, Rollup width, TimeRange range,
                   const RowSink<RollupRow>& sink) override;
    Status positions(SourceKey source, TimeRange range, const RowSink<PositionRow>& sink) override;
    Status last_positions(const RowSink<PositionRow>& sink) override;
    Status events(const EventQuery& query, const RowSink<EventRow>& sink) override;
    Status raw(SourceKey source, std::size_t limit, const RowSink<RawRow>& sink) override;
    Result<std::int64_t> raw_with_problem(std::string_view problem, std::int64_t after,
                                          std::size_t limit, const RowSink<RawRow>& sink) override;

  private:
    std::unique_ptr<SqliteDatabase> database_;
};

}  // namespace martlet::telemetry
