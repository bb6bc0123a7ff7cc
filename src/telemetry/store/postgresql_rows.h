#pragma once

// Rows of the store in PostgreSQL as they are read, for its writer when it begins and for its
// readers. One thread at a time.

#include "base/result.h"
#include "telemetry/store/postgresql.h"
#include "telemetry/store/store.h"

#include <vector>

namespace martlet::telemetry {

Result<std::vector<SourceRow>> read_sources(PostgresDatabase& database);
Result<std::optional<SourceRow>> read_one_source(PostgresDatabase& database, SourceKey source);
Result<std::optional<SourceRow>> read_one_source(PostgresDatabase& database,
                                                 const SourceId& source);
// Without a key: all.
Result<std::vector<SeriesRow>> read_series(PostgresDatabase& database,
                                           std::optional<SourceKey> source);
Result<std::optional<SeriesRow>> read_one_series(PostgresDatabase& database, SeriesKey series);
Result<std::vector<AppliedRow>> read_applied(PostgresDatabase& database);

}  // namespace martlet::telemetry
