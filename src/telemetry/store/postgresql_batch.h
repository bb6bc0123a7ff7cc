#pragma once

// Puts a batch into PostgreSQL, inside a transaction that its caller holds: new rows by COPY right
// into their tables, rows that may meet others by COPY into temporary tables and one statement that
// merges them. Belongs to the writer.

#include "base/result.h"
#include "telemetry/store/postgresql.h"
#include "telemetry/store/store.h"

#include <span>
#include <vector>

namespace martlet::telemetry {

class PostgresBatch {
  public:
    explicit PostgresBatch(PostgresDatabase& database) : database_(database) {}
    Status put(const WriteBatch& batch);
    // The same, and rows that are refused are left out: found by halves, which takes its time.
    Status put_what_is_taken(const WriteBatch& batch, Refusals& refusals);

  private:
    template <typename Row>
    using Put = Status (PostgresBatch::*)(std::span<const Row> rows);
    template <typename Row>
    Status put_rows(std::span<const Row> rows, Put<Row> way);
    template <typename Row>
    Status put_halves(std::span<const Row> rows, Put<Row> way);
    Status empty_stage(const char* sql);

    Status put_sources(std::span<const SourceRow> rows);
    Status put_series(std::span<const SeriesRow> rows);
    Status put_samples_of(std::span<const SampleRow> rows);
    Status put_rollups(std::span<const RollupRow> rows);
    Status put_positions(std::span<const PositionRow> rows);
    Status put_events(std::span<const EventRow> rows);
    Status put_raw(std::span<const RawRow> rows);
    Status trim_raw(std::span<const RawTrim> trims);
    Status mend_raw(std::span<const RawMend> mends);
    Status put_applied(std::span<const AppliedRow> rows);

    PostgresDatabase& database_;
    Refusals* refusals_ = nullptr;  // not null: what is refused is left out, and counted here
    // Kept for their memory.
    PostgresCopy copy_;
    std::vector<std::uint32_t> order_;
};

}  // namespace martlet::telemetry
