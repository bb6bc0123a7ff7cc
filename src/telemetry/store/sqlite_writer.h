#pragma once

// The one that writes a SQLite store: each batch is a transaction, on the disk when write()
// returns. Belongs to the telemetry thread.

#include "telemetry/store/sqlite.h"
#include "telemetry/store/sqlite_prune.h"
#include "telemetry/store/store.h"

#include <memory>
#include <span>
#include <vector>

namespace martlet::telemetry {

class SqliteWriter : public StoreWriter {
  public:
    explicit SqliteWriter(std::unique_ptr<SqliteDatabase> database);

    Result<StoreContents> load() override;
    Status write(const WriteBatch& batch) override;
    const Refusals& refusals() const override { return refusals_; }
    Result<bool> prune(const Retention& retention) override;
    Status remove_source(SourceKey source) override;
    Result<bool> acknowledge_event(std::int64_t event, Time time, std::string_view by) override;

  private:
    Status write_rows(const WriteBatch& batch);
    Status leave_out(Status done);
    Status write_source(const SourceRow& row);
    Status write_series(const SeriesRow& row);
    Status write_samples(std::span<const SampleRow> rows);
    Status write_rollups(std::span<const RollupRow> rows);
    Status write_position(const PositionRow& row);
    Status write_event(const EventRow& row);
    Status write_raw(const RawRow& row);

    std::unique_ptr<SqliteDatabase> database_;
    SqlitePruner pruner_;
    Refusals refusals_;
    bool leaves_out_ = false;           // what is refused
    std::vector<std::uint32_t> order_;  // of the batch's rows, kept for its memory
};

}  // namespace martlet::telemetry
