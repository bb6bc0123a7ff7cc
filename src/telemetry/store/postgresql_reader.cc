#include "telemetry/store/postgresql_reader.h"

#include "telemetry/store/postgresql_rows.h"
#include "telemetry/store/postgresql_schema.h"

#include <algorithm>

namespace martlet::telemetry {

namespace {

constexpr int kPiece = 2000;
constexpr const char* kFetch = "FETCH 2000 FROM found";

constexpr const char* kSamples =
    "DECLARE found NO SCROLL CURSOR FOR SELECT time, integer_value, real_value, text_value "
    "FROM sample WHERE series = $1 AND time >= $2 AND time < $3 ORDER BY time, n";
constexpr const char* kRollupRows =
    "DECLARE found NO SCROLL CURSOR FOR SELECT begins, count, min, max, sum, first_time, first, "
    "last_time, last, step FROM rollup "
    "WHERE width = $1 AND series = $2 AND begins >= $3 AND begins < $4 ORDER BY begins";
constexpr const char* kPositions =
    "DECLARE found NO SCROLL CURSOR FOR SELECT source, time, latitude, longitude, altitude_m, "
    "speed_kmh, heading_deg, uncertainty_m FROM position "
    "WHERE source = $1 AND time >= $2 AND time < $3 ORDER BY time, key";
constexpr const char* kLastPositions =
    "SELECT last.* FROM source CROSS JOIN LATERAL (SELECT source, time, latitude, longitude, "
    "altitude_m, speed_kmh, heading_deg, uncertainty_m FROM position AS p "
    "WHERE p.source = source.key ORDER BY time DESC, p.key DESC LIMIT 1) AS last "
    "ORDER BY source.key";
// Three of the same, since each takes another index.
constexpr const char* kEvents =
    "SELECT key, source, time, kind, severity, text, details, acknowledged, acknowledged_by "
    "FROM event WHERE time >= $1 AND time < $2 AND ($3 = '' OR kind = $3) "
    "ORDER BY time DESC, key DESC LIMIT $4";
constexpr const char* kOpenEvents =
    "SELECT key, source, time, kind, severity, text, details, acknowledged, acknowledged_by "
    "FROM event WHERE time >= $1 AND time < $2 AND ($3 = '' OR kind = $3) "
    "AND acknowledged_by = '' ORDER BY time DESC, key DESC LIMIT $4";
constexpr const char* kEventsOfSource =
    "SELECT key, source, time, kind, severity, text, details, acknowledged, acknowledged_by "
    "FROM event WHERE time >= $1 AND time < $2 AND ($3 = '' OR kind = $3) "
    "AND source = $5 AND ($6 = 0 OR acknowledged_by = '') ORDER BY time DESC, key DESC LIMIT $4";
// Payloads may be large: only those that are wanted are fetched.
constexpr const char* kRawBehind =
    "SELECT key, source, time, topic, CASE WHEN problem = $3 THEN payload ELSE ''::bytea END, "
    "problem FROM raw WHERE key > $1 ORDER BY key LIMIT $2";
constexpr const char* kRaw =
    "SELECT source, time, topic, payload, problem FROM raw WHERE source = $1 "
    "ORDER BY key DESC LIMIT $2";

std::int64_t limit_of(std::size_t limit) {
    return static_cast<std::int64_t>(std::min<std::size_t>(limit, INT64_MAX));
}

PositionRow position_of(const PostgresRows& rows, int row) {
    PositionRow read;
    read.source = rows.integer(row, 0);
    read.position.time = rows.integer(row, 1);
    read.position.latitude = rows.real(row, 2);
    read.position.longitude = rows.real(row, 3);
    read.position.altitude_m = rows.real(row, 4);
    read.position.speed_kmh = rows.real(row, 5);
    read.position.heading_deg = rows.real(row, 6);
    read.position.uncertainty_m = rows.real(row, 7);
    return read;
}

EventRow event_of(const PostgresRows& rows, int row) {
    return {.key = rows.integer(row, 0),
            .source = rows.integer(row, 1),
            .event = {.source = {},
                      .time = rows.integer(row, 2),
                      .kind = rows.text(row, 3),
                      .severity = severity_of(rows.text(row, 4)),
                      .text = rows.text(row, 5),
                      .details = rows.text(row, 6)},
            .acknowledged = rows.integer(row, 7),
            .acknowledged_by = rows.text(row, 8)};
}

}  // namespace

Result<std::unique_ptr<StoreReader>> PostgresReader::open(const std::string& conninfo) {
    auto database = PostgresDatabase::open(conninfo);
    if (!database.ok()) return database.error();
    std::unique_ptr<PostgresReader> reader(new PostgresReader(std::move(database).value()));
    if (auto prepared = reader->prepare(); !prepared.ok()) return prepared.error();
    return std::unique_ptr<StoreReader>(std::move(reader));
}

Status PostgresReader::prepare() {
    auto prepared = prepare_postgresql_to_read(*database_);
    is_prepared_ = prepared.ok();
    return prepared;
}

Status PostgresReader::ready() {
    if (database_->is_alive() && is_prepared_) return Done{};
    is_prepared_ = false;
    auto connected = database_->reconnect();
    return connected.ok() ? prepare() : connected;
}

Status PostgresReader::feed(const char* sql, const PostgresParameters& parameters,
                            const Take& take) {
    if (auto done = ready(); !done.ok()) return done;
    auto rows = database_->query_with(sql, parameters);
    if (!rows.ok()) return rows.error();
    for (int row = 0; row < rows.value().count() && take(rows.value(), row); ++row) {
    }
    return Done{};
}

Status PostgresReader::feed_in_pieces(const char* sql, const PostgresParameters& parameters,
                                      const Take& take) {
    if (auto done = ready(); !done.ok()) return done;
    Status done = database_->script("BEGIN READ ONLY");
    if (!done.ok()) return done;
    auto declared = database_->query_with(sql, parameters);
    done = declared.ok() ? fetch(take) : Status(declared.error());
    if (database_->is_connected()) (void)database_->script("ROLLBACK");
    return done;
}

Status PostgresReader::fetch(const Take& take) {
    for (int count = kPiece; count == kPiece;) {
        auto rows = database_->query(kFetch);
        if (!rows.ok()) return rows.error();
        count = rows.value().count();
        for (int row = 0; row < count; ++row) {
            if (!take(rows.value(), row)) return Done{};
        }
    }
    return Done{};
}

Result<std::vector<SourceRow>> PostgresReader::sources() {
    if (auto done = ready(); !done.ok()) return done.error();
    return read_sources(*database_);
}

Result<std::optional<SourceRow>> PostgresReader::one_source(SourceKey source) {
    if (auto done = ready(); !done.ok()) return done.error();
    return read_one_source(*database_, source);
}

Result<std::optional<SourceRow>> PostgresReader::one_source(const SourceId& source) {
    if (auto done = ready(); !done.ok()) return done.error();
    return read_one_source(*database_, source);
}

Result<std::vector<SeriesRow>> PostgresReader::series(std::optional<SourceKey> source) {
    if (auto done = ready(); !done.ok()) return done.error();
    return read_series(*database_, source);
}

Result<std::optional<SeriesRow>> PostgresReader::one_series(SeriesKey series) {
    if (auto done = ready(); !done.ok()) return done.error();
    return read_one_series(*database_, series);
}

Status PostgresReader::samples(SeriesKey series, TimeRange range, const RowSink<SampleRow>& sink) {
    PostgresParameters parameters(series, range.from, range.to);
    return feed_in_pieces(kSamples, parameters, [&](const PostgresRows& rows, int row) {
        return sink({.series = series, .time = rows.integer(row, 0), .value = rows.value(row, 1)});
    });
}

Status PostgresReader::rollups(SeriesKey series, Rollup width, TimeRange range,
                               const RowSink<RollupRow>& sink) {
    PostgresParameters parameters(rollup_minutes(width), series, range.from, range.to);
    return feed_in_pieces(kRollupRows, parameters, [&](const PostgresRows& rows, int row) {
        return sink({.series = series,
                     .width = width,
                     .begins = rows.integer(row, 0),
                     .count = rows.integer(row, 1),
                     .min = rows.real(row, 2),
                     .max = rows.real(row, 3),
                     .sum = rows.real(row, 4),
                     .first_time = rows.integer(row, 5),
                     .first = rows.real(row, 6),
                     .last_time = rows.integer(row, 7),
                     .last = rows.real(row, 8),
                     .step = rows.real(row, 9)});
    });
}

Status PostgresReader::positions(SourceKey source, TimeRange range,
                                 const RowSink<PositionRow>& sink) {
    PostgresParameters parameters(source, range.from, range.to);
    return feed_in_pieces(kPositions, parameters, [&](const PostgresRows& rows, int row) {
        return sink(position_of(rows, row));
    });
}

Status PostgresReader::last_positions(const RowSink<PositionRow>& sink) {
    return feed(kLastPositions, PostgresParameters(),
                [&](const PostgresRows& rows, int row) { return sink(position_of(rows, row)); });
}

Status PostgresReader::events(const EventQuery& query, const RowSink<EventRow>& sink) {
    auto take = [&](const PostgresRows& rows, int row) { return sink(event_of(rows, row)); };
    PostgresParameters parameters(query.range.from, query.range.to, query.kind,
                                  limit_of(query.limit));
    if (!query.source) {
        return feed(query.only_unacknowledged ? kOpenEvents : kEvents, parameters, take);
    }
    parameters.add(*query.source);
    parameters.add(std::int64_t{query.only_unacknowledged ? 1 : 0});
    return feed(kEventsOfSource, parameters, take);
}

Result<std::int64_t> PostgresReader::raw_with_problem(std::string_view problem, std::int64_t after,
                                                      std::size_t limit,
                                                      const RowSink<RawRow>& sink) {
    std::int64_t last = 0;
    PostgresParameters parameters(after, limit_of(limit), problem);
    auto done = feed(kRawBehind, parameters, [&](const PostgresRows& rows, int row) {
        last = rows.integer(row, 0);
        RawRow found{.source = rows.integer(row, 1),
                     .time = rows.integer(row, 2),
                     .topic = rows.text(row, 3),
                     .payload = rows.text(row, 4),
                     .problem = rows.text(row, 5),
                     .key = last};
        return found.problem != problem || sink(found);
    });
    if (!done.ok()) return done.error();
    return last;
}

Status PostgresReader::raw(SourceKey source, std::size_t limit, const RowSink<RawRow>& sink) {
    PostgresParameters parameters(source, limit_of(limit));
    return feed(kRaw, parameters, [&](const PostgresRows& rows, int row) {
        return sink({.source = rows.integer(row, 0),
                     .time = rows.integer(row, 1),
                     .topic = rows.text(row, 2),
                     .payload = rows.text(row, 3),
                     .problem = rows.text(row, 4)});
    });
}

}  // namespace martlet::telemetry
