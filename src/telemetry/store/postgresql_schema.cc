#include "telemetry/store/postgresql_schema.h"

#include "base/text.h"

namespace martlet::telemetry {

namespace {

constexpr std::int64_t kForm = 2;

// A number of ours that no other program takes for its locks by accident.
constexpr std::int64_t kLock = 0x4d72746c74656c65;  // "Mrtltele"

// Whoever locks a table of ours for long shall be told of in the log.
constexpr const char* kLockTimeout = "SET lock_timeout = '20s'";

constexpr const char* kSession = "SET search_path = martlet";

// Acknowledgements hang on the commit, so it is on the disk, whatever the server's default.
constexpr const char* kDurable =
    "SELECT set_config('synchronous_commit', 'on', false) "
    "WHERE current_setting('synchronous_commit') = 'off'";

constexpr const char* kTables = R"(
    CREATE TABLE store (
        form bigint NOT NULL,
        batch bigint NOT NULL
    );

    CREATE TABLE source (
        key bigint PRIMARY KEY,
        kind text NOT NULL,
        id text NOT NULL,
        name text NOT NULL,
        first_seen bigint NOT NULL,
        last_seen bigint NOT NULL,
        silent_since bigint NOT NULL DEFAULT 0,
        interval_ms bigint NOT NULL DEFAULT 0
    );
    CREATE INDEX source_by_id ON source (kind, id);

    CREATE TABLE fact (
        source bigint NOT NULL,
        name text NOT NULL,
        value text NOT NULL,
        PRIMARY KEY (source, name)
    );

    CREATE TABLE series (
        key bigint PRIMARY KEY,
        source bigint NOT NULL,
        metric text NOT NULL,
        unit text NOT NULL,
        kind text NOT NULL,
        last_time bigint NOT NULL,
        last_integer bigint,
        last_real double precision,
        last_text text,
        total double precision NOT NULL,
        unit_source text NOT NULL DEFAULT 'assumed',
        time_source text NOT NULL DEFAULT ''
    ) WITH (fillfactor = 70);
    CREATE INDEX series_by_source ON series (source);

    CREATE TABLE sample (
        series bigint NOT NULL,
        time bigint NOT NULL,
        n integer NOT NULL,
        integer_value bigint,
        real_value double precision,
        text_value text,
        PRIMARY KEY (series, time, n)
    ) PARTITION BY RANGE (time);
    -- Before 2000 and after 2099: clocks that are wrong.
    CREATE TABLE sample_early PARTITION OF sample FOR VALUES FROM (MINVALUE) TO (946684800000);
    CREATE TABLE sample_late PARTITION OF sample FOR VALUES FROM (4102444800000) TO (MAXVALUE);

    CREATE TABLE rollup (
        series bigint NOT NULL,
        begins bigint NOT NULL,
        count bigint NOT NULL,
        min double precision NOT NULL,
        max double precision NOT NULL,
        sum double precision NOT NULL,
        first_time bigint NOT NULL,
        first double precision NOT NULL,
        last_time bigint NOT NULL,
        last double precision NOT NULL,
        step double precision NOT NULL,
        width integer NOT NULL,
        PRIMARY KEY (width, series, begins)
    ) WITH (fillfactor = 90);

    CREATE TABLE position (
        key bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        source bigint NOT NULL,
        time bigint NOT NULL,
        latitude double precision,
        longitude double precision,
        altitude_m double precision,
        speed_kmh double precision,
        heading_deg double precision,
        uncertainty_m double precision
    );
    CREATE INDEX position_by_source ON position (source, time, key);

    CREATE TABLE event (
        key bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        source bigint NOT NULL,
        time bigint NOT NULL,
        kind text NOT NULL,
        severity text NOT NULL,
        text text NOT NULL,
        details text NOT NULL,
        acknowledged bigint NOT NULL,
        acknowledged_by text NOT NULL
    );
    CREATE INDEX event_by_time ON event (time, key);
    CREATE INDEX event_by_source ON event (source, time, key);
    CREATE INDEX event_open ON event (time, key) WHERE acknowledged_by = '';

    CREATE TABLE raw (
        key bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        source bigint NOT NULL,
        time bigint NOT NULL,
        topic text NOT NULL,
        payload bytea NOT NULL,
        problem text NOT NULL
    );
    CREATE INDEX raw_by_source ON raw (source, key);

    CREATE TABLE applied (
        tap text PRIMARY KEY,
        number bigint NOT NULL
    );
)";

// Replaced where it stands: views of other people may stand on it.
constexpr const char* kSeriesView = R"(
    CREATE OR REPLACE VIEW named_series AS
        SELECT series.key AS series, source.kind AS source_kind, source.id AS source_id,
            source.name AS source_name, series.metric, series.unit, series.kind,
            to_timestamp(series.last_time / 1000.0) AS last_at,
            coalesce(series.last_real, series.last_integer) AS last_value, series.last_text,
            series.total, series.unit_source, series.time_source
        FROM series JOIN source ON source.key = series.source;
)";

constexpr const char* kViews = R"(
    CREATE VIEW named_sample AS
        SELECT to_timestamp(sample.time / 1000.0) AS at, source.kind AS source_kind,
            source.id AS source_id, source.name AS source_name, series.metric,
            coalesce(sample.real_value, sample.integer_value) AS value, sample.text_value,
            series.unit, sample.series, sample.time, sample.n
        FROM sample JOIN series ON series.key = sample.series
            JOIN source ON source.key = series.source;

    CREATE VIEW named_rollup AS
        SELECT rollup.width, to_timestamp(rollup.begins / 1000.0) AS begins_at,
            source.kind AS source_kind, source.id AS source_id, source.name AS source_name,
            series.metric, rollup.count, rollup.min, rollup.max, rollup.sum / rollup.count AS mean,
            rollup.first, rollup.last, rollup.step, series.unit, rollup.series, rollup.begins
        FROM rollup JOIN series ON series.key = rollup.series
            JOIN source ON source.key = series.source;

    CREATE VIEW named_position AS
        SELECT to_timestamp(position.time / 1000.0) AS at, source.kind AS source_kind,
            source.id AS source_id, source.name AS source_name, position.latitude,
            position.longitude, position.altitude_m, position.speed_kmh, position.heading_deg,
            position.uncertainty_m, position.source, position.time
        FROM position JOIN source ON source.key = position.source;

    CREATE VIEW named_event AS
        SELECT to_timestamp(event.time / 1000.0) AS at, source.kind AS source_kind,
            source.id AS source_id, source.name AS source_name, event.kind, event.severity,
            event.text, event.details, event.acknowledged_by, event.key, event.source, event.time
        FROM event LEFT JOIN source ON source.key = event.source;
)";

// From form 1. What is there keeps its units, and the next sample says where from.
constexpr const char* kUpdate = R"(
    ALTER TABLE source ADD COLUMN silent_since bigint NOT NULL DEFAULT 0,
        ADD COLUMN interval_ms bigint NOT NULL DEFAULT 0;
    ALTER TABLE series ADD COLUMN unit_source text NOT NULL DEFAULT 'assumed',
        ADD COLUMN time_source text NOT NULL DEFAULT '';
)";

// Rows on their way into the tables where they may meet others: emptied by each commit. After the
// tables, whose columns they take.
constexpr const char* kStages = R"(
    CREATE TEMPORARY TABLE stage_source (LIKE source) ON COMMIT DELETE ROWS;
    CREATE TEMPORARY TABLE stage_fact (LIKE fact) ON COMMIT DELETE ROWS;
    CREATE TEMPORARY TABLE stage_series (LIKE series) ON COMMIT DELETE ROWS;
    CREATE TEMPORARY TABLE stage_sample (LIKE sample) ON COMMIT DELETE ROWS;
    CREATE TEMPORARY TABLE stage_rollup (LIKE rollup) ON COMMIT DELETE ROWS;
    CREATE TEMPORARY TABLE stage_applied (LIKE applied) ON COMMIT DELETE ROWS;
)";

Result<bool> is_there(PostgresDatabase& database, const char* sql) {
    auto rows = database.query(sql);
    if (!rows.ok()) return rows.error();
    return rows.value().count() > 0;
}

// The form of the store; 0: there is none.
Result<std::int64_t> form_of(PostgresDatabase& database) {
    auto schema = is_there(database, "SELECT 1 FROM pg_namespace WHERE nspname = 'martlet'");
    if (!schema.ok()) return schema.error();
    if (!schema.value()) return 0;
    auto table = is_there(database,
                          "SELECT 1 FROM pg_attribute WHERE attrelid = "
                          "to_regclass('martlet.store') AND attname = 'form'");
    if (!table.ok()) return table.error();
    if (!table.value()) {
        return Error{
            "The PostgreSQL database has a schema \"martlet\" that is not a telemetry "
            "store. Use another database, or rename that schema."};
    }
    auto rows = database.query("SELECT form FROM martlet.store");
    if (!rows.ok()) return rows.error();
    auto form = rows.value().count() > 0 ? rows.value().integer(0, 0) : 1;
    if (form <= kForm) return form;
    return Error{
        fmt::format("The telemetry store in PostgreSQL was written by a newer Martlet "
                    "(form {}, this one knows {}). Use that Martlet, or another "
                    "database.",
                    form, kForm)};
}

Status make_tables(PostgresDatabase& database) {
    Status done = database.script("BEGIN; CREATE SCHEMA martlet; SET LOCAL search_path = martlet");
    if (done.ok()) done = database.script(kTables);
    if (done.ok()) done = database.script(kSeriesView);
    if (done.ok()) done = database.script(kViews);
    if (done.ok()) done = database.run("INSERT INTO store (form, batch) VALUES ($1, 0)", kForm);
    if (done.ok()) done = database.script("COMMIT");
    if (!done.ok()) (void)database.script("ROLLBACK");
    return done;
}

// All or nothing.
Status bring_up_to_date(PostgresDatabase& database) {
    Status done = database.script("BEGIN; SET LOCAL search_path = martlet");
    if (done.ok()) done = database.script(kUpdate);
    if (done.ok()) done = database.script(kSeriesView);
    if (done.ok()) done = database.run("UPDATE store SET form = $1", kForm);
    if (done.ok()) done = database.script("COMMIT");
    if (!done.ok()) (void)database.script("ROLLBACK");
    return done;
}

// A broken connection's session may live on for a moment.
Status keep_others_out(PostgresDatabase& database) {
    auto done = database.script("SET lock_timeout = '10s'");
    if (done.ok()) done = database.run("SELECT pg_advisory_lock($1)", kLock);
    if (!done.ok() && database.was_lock_timeout()) {
        return Error{
            "The telemetry store in PostgreSQL is written by another Martlet. Each needs "
            "a database of its own."};
    }
    return done.ok() ? database.script(kLockTimeout) : done;
}

}  // namespace

Status prepare_postgresql_to_write(PostgresDatabase& database) {
    if (auto alone = keep_others_out(database); !alone.ok()) return alone;
    auto form = form_of(database);
    if (!form.ok()) return form.error();
    Status done = Done{};
    if (form.value() == 0) done = make_tables(database);
    if (form.value() != 0 && form.value() < kForm) done = bring_up_to_date(database);
    if (done.ok()) done = database.script(kSession);
    if (done.ok()) done = database.script(kDurable);
    return done.ok() ? database.script(kStages) : done;
}

Status prepare_postgresql_to_read(PostgresDatabase& database) {
    auto form = form_of(database);
    if (!form.ok()) return form.error();
    if (form.value() == 0) {
        return Error{"There is no telemetry store in the PostgreSQL database yet."};
    }
    if (form.value() < kForm) {
        return Error{
            fmt::format("The telemetry store in PostgreSQL is of form {}, before this "
                        "Martlet's. Start the broker with it once, which brings it to "
                        "form {}.",
                        form.value(), kForm)};
    }
    return database.script(kSession);
}

}  // namespace martlet::telemetry
