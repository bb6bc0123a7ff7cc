#pragma once

// Work on a SQLite store that is done as a whole or not at all. One thread at a time.

#include "telemetry/store/sqlite.h"

namespace martlet::telemetry {

template <typename Work>
Status in_transaction(SqliteDatabase& database, Work work) {
    Status done = database.script("BEGIN IMMEDIATE");
    if (!done.ok()) return done;
    done = work();
    if (done.ok()) done = database.script("COMMIT");
    // After some errors SQLite has rolled back already, and says so.
    if (!done.ok()) (void)database.script("ROLLBACK");
    return done;
}

}  // namespace martlet::telemetry
