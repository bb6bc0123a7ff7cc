#pragma once

// Removes what is too old from a SQLite store; each call is one short transaction. Belongs to the
// writer.

#include "telemetry/store/prune_round.h"
#include "telemetry/store/sqlite.h"

namespace martlet::telemetry {

class SqlitePruner : private PruneDoor {
  public:
    explicit SqlitePruner(SqliteDatabase& database) : database_(database) {}

    // False: a whole round is over. The next call begins another.
    Result<bool> prune(const Retention& retention);

  private:
    Result<std::optional<std::int64_t>> ask(const char* sql,
                                            std::span<const std::int64_t> parameters) override;
    Result<std::int64_t> remove(const char* sql, std::span<const std::int64_t> parameters) override;

    SqliteDatabase& database_;
    PruneRound round_;
};

}  // namespace martlet::telemetry
