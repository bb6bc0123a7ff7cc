#pragma once

// Rows of the SQLite store as they are read, for its writer when it begins and for its readers. The
// statement lists and the functions that take a row of them belong together. One thread at a time.

#include "base/result.h"
#include "telemetry/store/sqlite.h"
#include "telemetry/store/store.h"

#include <vector>

namespace martlet::telemetry {

// One statement, so that sources and facts are of one moment.
inline constexpr const char* kReadAllSources =
    "SELECT source.key, kind, id, source.name, first_seen, last_seen, silent_since, interval_ms, "
    "fact.name, fact.value "
    "FROM source LEFT JOIN fact ON fact.source = source.key ORDER BY source.key, fact.name";
// The rows of a statement with the columns above, in that order, which is bound.
Result<std::vector<SourceRow>> read_sources(SqliteStatement& statement);

inline constexpr const char* kReadAllSeries =
    "SELECT key, source, metric, unit, kind, last_time, last_value, total, unit_source, "
    "time_source FROM series "
    "ORDER BY key";
SeriesRow series_of(const SqliteStatement& row);
// The rows of a statement with the columns above, which is bound.
Result<std::vector<SeriesRow>> read_series(SqliteStatement& statement);

}  // namespace martlet::telemetry
