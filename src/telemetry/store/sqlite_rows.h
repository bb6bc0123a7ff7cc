#pragma once

// Rows of the SQLite store as they are read, for its writer when it begins and for its readers. The
// statement lists and the functions that take a row of them belong together. One thread at a time.

#include "base/result.h"
#include "telemetry/store/sqlite.h"
#include "telemetry/store/store.h"

#include <vector>

namespace martlet::telemetry {

Result<std::vector<SourceRow>> read_sources(SqliteDatabase& database);

inline constexpr const char* kReadAllSeries =
    "SELECT key, source, metric, unit, kind, last_time, last_value, total FROM series "
    "ORDER BY key";
SeriesRow series_of(const SqliteStatement& row);
// The rows of a statement with the columns above, which is bound.
Result<std::vector<SeriesRow>> read_series(SqliteStatement& statement);

}  // namespace martlet::telemetry
