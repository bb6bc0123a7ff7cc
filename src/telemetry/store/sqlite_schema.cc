#include "telemetry/store/sqlite_schema.h"

#include "base/text.h"

namespace martlet::telemetry {

namespace {

constexpr std::int64_t kApplicationId = 0x4d72746c;  // "Mrtl"
constexpr std::int64_t kVersion = 3;
// The form before: writers bring it up to date.
constexpr std::int64_t kEarlier = 2;

// Pages of 8 KiB: beside those of 4 they cost 1 byte less for each sample when a thousand series
// grow at once, and batches are as fast.
constexpr const char* kPageSize = "PRAGMA page_size = 8192";

// synchronous = FULL: a commit is on the disk when it returns, since acknowledgements hang on it.
constexpr const char* kWriterPragmas = R"(
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = FULL;
    PRAGMA foreign_keys = OFF;
    PRAGMA temp_store = MEMORY;
    PRAGMA cache_size = -65536;
    PRAGMA wal_autocheckpoint = 4096;
    PRAGMA journal_size_limit = 67108864;
)";

constexpr const char* kReaderPragmas = R"(
    PRAGMA query_only = ON;
    PRAGMA temp_store = MEMORY;
    PRAGMA cache_size = -16384;
)";

// Columns without a type keep each value as it came: an integer, a real or a text. Samples that
// share series and millisecond with another are rare: a number in the key of all would cost 5 %.
constexpr const char* kTables = R"(
    CREATE TABLE source (
        key INTEGER PRIMARY KEY,
        kind TEXT NOT NULL,
        id TEXT NOT NULL,
        name TEXT NOT NULL,
        first_seen INTEGER NOT NULL,
        last_seen INTEGER NOT NULL,
        silent_since INTEGER NOT NULL DEFAULT 0,
        interval_ms INTEGER NOT NULL DEFAULT 0
    );
    CREATE INDEX source_by_id ON source (kind, id);

    CREATE TABLE fact (
        source INTEGER NOT NULL,
        name TEXT NOT NULL,
        value TEXT NOT NULL,
        PRIMARY KEY (source, name)
    ) WITHOUT ROWID;

    CREATE TABLE series (
        key INTEGER PRIMARY KEY,
        source INTEGER NOT NULL,
        metric TEXT NOT NULL,
        unit TEXT NOT NULL,
        kind TEXT NOT NULL,
        last_time INTEGER NOT NULL,
        last_value,
        total REAL,
        unit_source TEXT NOT NULL DEFAULT 'assumed',
        time_source TEXT NOT NULL DEFAULT ''
    );
    CREATE INDEX series_by_source ON series (source, metric);

    CREATE TABLE sample (
        series INTEGER NOT NULL,
        time INTEGER NOT NULL,
        value,
        PRIMARY KEY (series, time)
    ) WITHOUT ROWID;

    CREATE TABLE sample_again (
        series INTEGER NOT NULL,
        time INTEGER NOT NULL,
        n INTEGER NOT NULL,
        value,
        PRIMARY KEY (series, time, n)
    ) WITHOUT ROWID;
    CREATE TRIGGER sample_goes AFTER DELETE ON sample BEGIN
        DELETE FROM sample_again WHERE series = old.series AND time = old.time;
    END;

    CREATE TABLE rollup (
        width INTEGER NOT NULL,
        series INTEGER NOT NULL,
        begins INTEGER NOT NULL,
        count INTEGER NOT NULL,
        min REAL,
        max REAL,
        sum REAL,
        first_time INTEGER NOT NULL,
        first REAL,
        last_time INTEGER NOT NULL,
        last REAL,
        step REAL,
        PRIMARY KEY (width, series, begins)
    ) WITHOUT ROWID;

    CREATE TABLE position (
        key INTEGER PRIMARY KEY,
        source INTEGER NOT NULL,
        time INTEGER NOT NULL,
        latitude REAL,
        longitude REAL,
        altitude_m REAL,
        speed_kmh REAL,
        heading_deg REAL,
        uncertainty_m REAL
    );
    CREATE INDEX position_by_source ON position (source, time);

    CREATE TABLE event (
        key INTEGER PRIMARY KEY AUTOINCREMENT,
        source INTEGER NOT NULL,
        time INTEGER NOT NULL,
        kind TEXT NOT NULL,
        severity TEXT NOT NULL,
        text TEXT NOT NULL,
        details TEXT NOT NULL,
        acknowledged INTEGER NOT NULL,
        acknowledged_by TEXT NOT NULL
    );
    CREATE INDEX event_by_time ON event (time);
    CREATE INDEX event_by_source ON event (source, time);
    CREATE INDEX event_open ON event (time) WHERE acknowledged_by = '';

    CREATE TABLE raw (
        key INTEGER PRIMARY KEY AUTOINCREMENT,
        source INTEGER NOT NULL,
        time INTEGER NOT NULL,
        topic TEXT NOT NULL,
        payload BLOB NOT NULL,
        problem TEXT NOT NULL
    );
    CREATE INDEX raw_by_source ON raw (source, key);

    CREATE TABLE applied (
        tap TEXT PRIMARY KEY,
        number INTEGER NOT NULL
    ) WITHOUT ROWID;
)";

constexpr const char* kSeriesView = R"(
    CREATE VIEW named_series AS
        SELECT series.key AS series, source.kind AS source_kind, source.id AS source_id,
            source.name AS source_name, series.metric, series.unit, series.kind,
            strftime('%Y-%m-%dT%H:%M:%fZ', series.last_time / 1000.0, 'unixepoch') AS last_at,
            series.last_value, series.total, series.unit_source, series.time_source
        FROM series JOIN source ON source.key = series.source;
)";

// The parts of a union have the same types, so that SQLite looks for what is asked in each of them.
constexpr const char* kViews = R"(
    CREATE VIEW named_sample AS
        SELECT strftime('%Y-%m-%dT%H:%M:%fZ', sample.time / 1000.0, 'unixepoch') AS at,
            source.kind AS source_kind, source.id AS source_id, source.name AS source_name,
            series.metric, sample.value, series.unit, sample.series, sample.time,
            CAST(0 AS INTEGER) AS n
        FROM sample JOIN series ON series.key = sample.series
            JOIN source ON source.key = series.source
        UNION ALL
        SELECT strftime('%Y-%m-%dT%H:%M:%fZ', sample_again.time / 1000.0, 'unixepoch') AS at,
            source.kind AS source_kind, source.id AS source_id, source.name AS source_name,
            series.metric, sample_again.value, series.unit, sample_again.series,
            sample_again.time, sample_again.n
        FROM sample_again JOIN series ON series.key = sample_again.series
            JOIN source ON source.key = series.source;

    CREATE VIEW named_rollup AS
        SELECT rollup.width,
            strftime('%Y-%m-%dT%H:%M:%fZ', rollup.begins / 1000.0, 'unixepoch') AS begins_at,
            source.kind AS source_kind, source.id AS source_id, source.name AS source_name,
            series.metric, rollup.count, rollup.min, rollup.max, rollup.sum / rollup.count AS mean,
            rollup.first, rollup.last, rollup.step, series.unit, rollup.series, rollup.begins
        FROM rollup JOIN series ON series.key = rollup.series
            JOIN source ON source.key = series.source;

    CREATE VIEW named_position AS
        SELECT strftime('%Y-%m-%dT%H:%M:%fZ', position.time / 1000.0, 'unixepoch') AS at,
            source.kind AS source_kind, source.id AS source_id, source.name AS source_name,
            position.latitude, position.longitude, position.altitude_m, position.speed_kmh,
            position.heading_deg, position.uncertainty_m, position.source, position.time
        FROM position JOIN source ON source.key = position.source;

    CREATE VIEW named_event AS
        SELECT strftime('%Y-%m-%dT%H:%M:%fZ', event.time / 1000.0, 'unixepoch') AS at,
            source.kind AS source_kind, source.id AS source_id, source.name AS source_name,
            event.kind, event.severity, event.text, event.details, event.acknowledged_by,
            event.key, event.source, event.time
        FROM event LEFT JOIN source ON source.key = event.source;
)";

// From the form before. What is there keeps its units, and the next sample says where from.
constexpr const char* kUpdate = R"(
    ALTER TABLE source ADD COLUMN silent_since INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE source ADD COLUMN interval_ms INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE series ADD COLUMN unit_source TEXT NOT NULL DEFAULT 'assumed';
    ALTER TABLE series ADD COLUMN time_source TEXT NOT NULL DEFAULT '';
    DROP VIEW IF EXISTS named_series;
)";

// What the file says that it is.
struct Identity {
    std::int64_t application_id = 0;
    std::int64_t version = 0;
    std::int64_t tables = 0;

    bool is_new() const { return application_id == 0 && version == 0 && tables == 0; }
};

Result<Identity> identify(SqliteDatabase& database) {
    auto application_id = database.number("PRAGMA application_id");
    if (!application_id.ok()) return application_id.error();
    auto version = database.number("PRAGMA user_version");
    if (!version.ok()) return version.error();
    auto tables = database.number("SELECT count(*) FROM sqlite_master");
    if (!tables.ok()) return tables.error();
    return Identity{application_id.value(), version.value(), tables.value()};
}

Status refuse_strangers(const Identity& identity, const std::string& path) {
    if (identity.application_id != kApplicationId) {
        return Error{
            fmt::format("{} is a database of another program, not a telemetry store. Name "
                        "another file, or move this one away.",
                        path)};
    }
    if (identity.version < kEarlier) {
        return Error{
            fmt::format("The telemetry store {} was written by an early Martlet (form {}, this "
                        "one knows {}) and cannot be read. Move it away, or name another file.",
                        path, identity.version, kVersion)};
    }
    if (identity.version > kVersion) {
        return Error{
            fmt::format("The telemetry store {} was written by a newer Martlet (form {}, "
                        "this one knows {}). Use that Martlet, or another file.",
                        path, identity.version, kVersion)};
    }
    return Done{};
}

// All or nothing: a crash in between leaves a file that is still new.
Status make_tables(SqliteDatabase& database) {
    auto id = fmt::format("PRAGMA application_id = {}; PRAGMA user_version = {};", kApplicationId,
                          kVersion);
    Status done = database.script("BEGIN IMMEDIATE");
    if (done.ok()) done = database.script(kTables);
    if (done.ok()) done = database.script(kSeriesView);
    if (done.ok()) done = database.script(kViews);
    if (done.ok()) done = database.script(id.c_str());
    if (done.ok()) done = database.script("COMMIT");
    if (!done.ok()) (void)database.script("ROLLBACK");
    return done;
}

// All or nothing: a crash in between leaves the form before.
Status bring_up_to_date(SqliteDatabase& database) {
    auto version = fmt::format("PRAGMA user_version = {};", kVersion);
    Status done = database.script("BEGIN IMMEDIATE");
    if (done.ok()) done = database.script(kUpdate);
    if (done.ok()) done = database.script(kSeriesView);
    if (done.ok()) done = database.script(version.c_str());
    if (done.ok()) done = database.script("COMMIT");
    if (!done.ok()) (void)database.script("ROLLBACK");
    return done;
}

Status prepare_to_write(SqliteDatabase& database) {
    auto identity = identify(database);
    if (!identity.ok()) return identity.error();
    bool is_new = identity.value().is_new();
    if (!is_new) {
        auto ours = refuse_strangers(identity.value(), database.path());
        if (!ours.ok()) return ours;
    }
    Status done = is_new ? database.script(kPageSize) : Status(Done{});
    if (done.ok()) done = database.script(kWriterPragmas);
    if (done.ok() && is_new) done = make_tables(database);
    bool is_earlier = !is_new && identity.value().version == kEarlier;
    return done.ok() && is_earlier ? bring_up_to_date(database) : done;
}

Status prepare_to_read(SqliteDatabase& database) {
    auto identity = identify(database);
    if (!identity.ok()) return identity.error();
    if (identity.value().is_new()) {
        return Error{fmt::format("There is no telemetry store in {} yet.", database.path())};
    }
    auto ours = refuse_strangers(identity.value(), database.path());
    if (ours.ok() && identity.value().version == kEarlier) {
        return Error{
            fmt::format("The telemetry store {} is of form {}, before this Martlet's. Start "
                        "the broker with it once, which brings it to form {}.",
                        database.path(), kEarlier, kVersion)};
    }
    return ours.ok() ? database.script(kReaderPragmas) : ours;
}

}  // namespace

Result<std::unique_ptr<SqliteDatabase>> open_sqlite_to_write(const std::string& path) {
    auto database = SqliteDatabase::open(path, SqliteDatabase::Mode::Write);
    if (!database.ok()) return database;
    auto ready = prepare_to_write(*database.value());
    if (!ready.ok()) return ready.error();
    return database;
}

Result<std::unique_ptr<SqliteDatabase>> open_sqlite_to_read(const std::string& path) {
    auto database = SqliteDatabase::open(path, SqliteDatabase::Mode::Read);
    if (!database.ok()) return database;
    auto ready = prepare_to_read(*database.value());
    if (!ready.ok()) return ready.error();
    return database;
}

}  // namespace martlet::telemetry
