-- A SQLite store of form 2 with a source, its series and samples, as Martlet made it then.
CREATE TABLE source (
    key INTEGER PRIMARY KEY,
    kind TEXT NOT NULL,
    id TEXT NOT NULL,
    name TEXT NOT NULL,
    first_seen INTEGER NOT NULL,
    last_seen INTEGER NOT NULL
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
    total REAL
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

CREATE VIEW named_series AS
    SELECT series.key AS series, source.kind AS source_kind, source.id AS source_id,
        source.name AS source_name, series.metric, series.unit, series.kind,
        strftime('%Y-%m-%dT%H:%M:%fZ', series.last_time / 1000.0, 'unixepoch') AS last_at,
        series.last_value, series.total
    FROM series JOIN source ON source.key = series.source;

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

INSERT INTO source VALUES (7, 'station', 'acme/PRESS7', 'Press', 1000, 5000);
INSERT INTO fact VALUES (7, 'hall', 'B');
INSERT INTO series VALUES (3, 7, 'electrical_kwh', 'kWh', 'meter', 5000, 12.5, 2.5);
INSERT INTO series VALUES (4, 7, 'productive', '', 'state', 5000, 1, 0.0);
INSERT INTO sample VALUES (3, 4000, 10.0), (3, 5000, 12.5);
INSERT INTO applied VALUES ('shard0', 42);
PRAGMA application_id = 1299346540;
PRAGMA user_version = 2;
