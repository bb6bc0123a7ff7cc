-- A PostgreSQL store of form 1 with a source, its series and samples, as Martlet made it then.
BEGIN;
CREATE SCHEMA martlet;
SET LOCAL search_path = martlet;
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
    last_seen bigint NOT NULL
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
    total double precision NOT NULL
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

CREATE VIEW named_series AS
    SELECT series.key AS series, source.kind AS source_kind, source.id AS source_id,
        source.name AS source_name, series.metric, series.unit, series.kind,
        to_timestamp(series.last_time / 1000.0) AS last_at,
        coalesce(series.last_real, series.last_integer) AS last_value, series.last_text,
        series.total
    FROM series JOIN source ON source.key = series.source;

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

INSERT INTO store VALUES (1, 9);
INSERT INTO source VALUES (7, 'station', 'acme/PRESS7', 'Press', 1000, 5000);
INSERT INTO fact VALUES (7, 'hall', 'B');
INSERT INTO series VALUES (3, 7, 'electrical_kwh', 'kWh', 'meter', 5000, NULL, 12.5, NULL, 2.5);
INSERT INTO series VALUES (4, 7, 'productive', '', 'state', 5000, 1, NULL, NULL, 0);
INSERT INTO sample VALUES (3, 4000, 0, NULL, 10, NULL), (3, 5000, 0, NULL, 12.5, NULL);
INSERT INTO applied VALUES ('shard0', 42);
COMMIT;
