#pragma once

// The one that writes the store in PostgreSQL. When the connection breaks, the call fails and the
// next one connects again; what broke between two calls is mended without a word. When it breaks in
// the very moment of a commit, the next call asks the server what became of it, since a batch that
// is repeated must not be stored twice. Belongs to the telemetry thread.

#include "telemetry/store/postgresql.h"
#include "telemetry/store/postgresql_batch.h"
#include "telemetry/store/postgresql_partitions.h"
#include "telemetry/store/prune_round.h"
#include "telemetry/store/store.h"

#include <functional>
#include <memory>

namespace martlet::telemetry {

class PostgresWriter : public StoreWriter, private PruneDoor {
  public:
    static Result<std::unique_ptr<StoreWriter>> open(const std::string& conninfo);

    Result<StoreContents> load() override;
    Status write(const WriteBatch& batch) override;
    const Refusals& refusals() const override { return refusals_; }
    Result<bool> prune(const Retention& retention) override;
    Status remove_source(SourceKey source) override;
    Result<bool> acknowledge_event(std::int64_t event, Time time, std::string_view by) override;

  private:
    explicit PostgresWriter(std::unique_ptr<PostgresDatabase> database);

    Status prepare();
    Status reconnect();
    Status ready();
    Status in_transaction(const std::function<Status()>& work);
    Status write_once(const WriteBatch& batch, bool leaves_out, bool& is_refused);
    Status learn_outcome();

    Result<std::optional<std::int64_t>> ask(const char* sql,
                                            std::span<const std::int64_t> parameters) override;
    Result<std::int64_t> remove(const char* sql, std::span<const std::int64_t> parameters) override;

    std::unique_ptr<PostgresDatabase> database_;
    PostgresBatch batch_;
    PostgresPartitions partitions_;
    PruneRound round_;
    Refusals refusals_;
    bool is_prepared_ = false;
    // Of the transaction that was committed last; nothing: not read yet.
    std::optional<std::int64_t> number_;
    // The next transaction may have been committed, though it was said to have failed.
    bool is_unsure_ = false;
    bool is_batch_unsure_ = false;  // that one is a batch
    bool is_batch_stored_ = false;  // and it was: the same one comes again
};

}  // namespace martlet::telemetry
