#pragma once

// Reads the store in PostgreSQL: what is committed, each call at one moment. What may be long comes
// in pieces by a cursor. A sink must not call the reader that feeds it. When the connection
// breaks the call fails, and the next one connects again. One thread at a time.

#include "telemetry/store/postgresql.h"
#include "telemetry/store/store.h"

#include <functional>
#include <memory>

namespace martlet::telemetry {

class PostgresReader : public StoreReader {
  public:
    static Result<std::unique_ptr<StoreReader>> open(const std::string& conninfo);

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
    explicit PostgresReader(std::unique_ptr<PostgresDatabase> database)
        : database_(std::move(database)) {}

    Status prepare();
    Status ready();
    // Takes a row of some; false: enough.
    using Take = std::function<bool(const PostgresRows& rows, int row)>;
    Status fetch(const Take& take);
    // `sql` begins with the declaration of the cursor.
    Status feed_in_pieces(const char* sql, const PostgresParameters& parameters, const Take& take);
    Status feed(const char* sql, const PostgresParameters& parameters, const Take& take);

    std::unique_ptr<PostgresDatabase> database_;
    bool is_prepared_ = false;
};

}  // namespace martlet::telemetry
