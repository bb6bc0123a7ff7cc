#pragma once

// The one that writes the store in PostgreSQL. When the connection breaks, the call fails and the
// next one connects again; what broke between two calls is mended without a word. When it breaks in
// the very moment of a commit, the writer asks the server what became of it, since a batch that is
// repeated must not be stored twice. Belongs to the telemetry thread.

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
    Result<bool> prune(const Retention& retention) override;
    Status remove_source(SourceKey source) override;
    Result<bool> acknowledge_event(std::int64_t event, Time time, std::string_view by) override;

  private:
    explicit PostgresWriter(std::unique_ptr<PostgresDatabase> database);

    Status prepare();
    Status reconnect();
    Status ready();
    Status in_transaction(const std::function<Status()>& work);
    Status commit();
    Status learn_outcome(const Error& error);
    Result<bool> is_last_batch_stored();

    Result<std::optional<std::int64_t>> ask(const char* sql,
                                            std::span<const std::int64_t> parameters) override;
    Result<std::int64_t> remove(const char* sql, std::span<const std::int64_t> parameters) override;

    std::unique_ptr<PostgresDatabase> database_;
    PostgresBatch batch_;
    PostgresPartitions partitions_;
    PruneRound round_;
    bool is_prepared_ = false;
    std::int64_t number_ = 0;  // of the transaction that was committed last
    // The next transaction may have been committed, though it was said to have failed.
    bool is_unsure_ = false;
};

}  // namespace martlet::telemetry
