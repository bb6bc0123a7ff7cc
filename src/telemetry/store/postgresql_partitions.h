#pragma once

// The months of the samples: each is a partition of its own, made when its first sample comes and
// dropped as a whole when it is too old. Belongs to the writer.

#include "base/hash_map.h"
#include "base/result.h"
#include "telemetry/store/postgresql.h"
#include "telemetry/store/rows.h"

#include <span>
#include <vector>

namespace martlet::telemetry {

class PostgresPartitions {
  public:
    // Inside the transaction that writes `rows`, before it does.
    Status make_for(PostgresDatabase& database, std::span<const SampleRow> rows);
    // What make_for() made is there for good, or is not.
    void committed();
    void undone() { fresh_.clear(); }
    // Outside of transactions: drops one month that ended before `time`. False: there is none, or
    // somebody holds it just now.
    Result<bool> drop_one_before(PostgresDatabase& database, Time time);
    // Another connection: nothing is known.
    void forget();

  private:
    HashSet<std::int64_t> known_;      // months since 1970
    std::vector<std::int64_t> fresh_;  // of this transaction
};

}  // namespace martlet::telemetry
