#pragma once

// The tables of the SQLite store (docs/telemetry-store.md tells them) and how a connection to them
// is made ready. One thread at a time.

#include "base/result.h"
#include "telemetry/store/sqlite.h"

#include <memory>
#include <string>

namespace martlet::telemetry {

// Makes the file and the tables when there are none. A file that is no store of ours, or one of a
// newer version, is an error and is left as it was.
Result<std::unique_ptr<SqliteDatabase>> open_sqlite_to_write(const std::string& path);
// The tables must be there.
Result<std::unique_ptr<SqliteDatabase>> open_sqlite_to_read(const std::string& path);

}  // namespace martlet::telemetry
