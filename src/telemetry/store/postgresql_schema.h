#pragma once

// The tables of the store in PostgreSQL, in a schema of their own named "martlet"
// (docs/telemetry-store.md tells them), and how a connection to them is made ready. One thread at a
// time.

#include "base/result.h"
#include "telemetry/store/postgresql.h"

namespace martlet::telemetry {

// Makes the tables when there are none, and holds the store against a second writer for as long as
// the connection lives. A schema that is not ours, or of a newer version, is an error and is left
// as it was.
Status prepare_postgresql_to_write(PostgresDatabase& database);
// The tables must be there.
Status prepare_postgresql_to_read(PostgresDatabase& database);

}  // namespace martlet::telemetry
