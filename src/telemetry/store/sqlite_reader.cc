#include "telemetry/store/sqlite_reader.h"

#include "telemetry/store/sqlite_rows.h"

#include <algorithm>

namespace martlet::telemetry {

namespace {

constexpr const char* kSourceOfKey =
    "SELECT source.key, kind, id, source.name, first_seen, last_seen, silent_since, interval_ms, "
    "fact.name, fact.value "
    "FROM source LEFT JOIN fact ON fact.source = source.key WHERE source.key = ? "
    "ORDER BY fact.name";
constexpr const char* kSourceOfId =
    "SELECT source.key, kind, id, source.name, first_seen, last_seen, silent_since, interval_ms, "
    "fact.name, fact.value "
    "FROM source LEFT JOIN fact ON fact.source = source.key WHERE kind = ? AND id = ? "
    "ORDER BY source.key, fact.name";
constexpr const char* kSeriesOfSource =
    "SELECT key, source, metric, unit, kind, last_time, last_value, total, unit_source, "
    "time_source FROM series "
    "WHERE source = ? ORDER BY key";
constexpr const char* kOneSeries =
    "SELECT key, source, metric, unit, kind, last_time, last_value, total, unit_source, "
    "time_source FROM series "
    "WHERE key = ?";
// Both lie in the order that is wanted, and of one time the first part goes first. Asked for
// "time, n", SQLite would sort each millisecond: half as fast.
constexpr const char* kSamples =
    "SELECT time, value FROM sample WHERE series = ?1 AND time >= ?2 AND time < ?3 "
    "UNION ALL "
    "SELECT time, value FROM sample_again WHERE series = ?1 AND time >= ?2 AND time < ?3 "
    "ORDER BY time";
constexpr const char* kRollupRows =
    "SELECT begins, count, min, max, sum, first_time, first, last_time, last, step FROM rollup "
    "WHERE width = ? AND series = ? AND begins >= ? AND begins < ? ORDER BY begins";
constexpr const char* kPositions =
    "SELECT source, time, latitude, longitude, altitude_m, speed_kmh, heading_deg, uncertainty_m "
    "FROM position WHERE source = ? AND time >= ? AND time < ? ORDER BY time, key";
constexpr const char* kLastPositions =
    "SELECT p.source, p.time, latitude, longitude, altitude_m, speed_kmh, heading_deg, "
    "uncertainty_m FROM source JOIN position AS p ON p.key = (SELECT key FROM position "
    "WHERE source = source.key ORDER BY time DESC, key DESC LIMIT 1) ORDER BY p.source";
// Three of the same, since each takes another index.
constexpr const char* kEvents =
    "SELECT key, source, time, kind, severity, text, details, acknowledged, acknowledged_by "
    "FROM event WHERE time >= ?1 AND time < ?2 AND (?3 = '' OR kind = ?3) "
    "ORDER BY time DESC, key DESC LIMIT ?4";
constexpr const char* kOpenEvents =
    "SELECT key, source, time, kind, severity, text, details, acknowledged, acknowledged_by "
    "FROM event WHERE time >= ?1 AND time < ?2 AND (?3 = '' OR kind = ?3) "
    "AND acknowledged_by = '' ORDER BY time DESC, key DESC LIMIT ?4";
constexpr const char* kEventsOfSource =
    "SELECT key, source, time, kind, severity, text, details, acknowledged, acknowledged_by "
    "FROM event WHERE time >= ?1 AND time < ?2 AND (?3 = '' OR kind = ?3) "
    "AND source = ?5 AND (NOT ?6 OR acknowledged_by = '') ORDER BY time DESC, key DESC LIMIT ?4";
// Payloads may be large: only those that are wanted are fetched.
constexpr const char* kRawBehind =
    "SELECT key, source, time, topic, CASE WHEN problem = ?3 THEN payload ELSE x'' END, problem "
    "FROM raw WHERE key > ?1 ORDER BY key LIMIT ?2";
constexpr const char* kRaw =
    "SELECT source, time, topic, payload, problem FROM raw WHERE source = ? "
    "ORDER BY key DESC LIMIT ?";

Result<std::optional<SourceRow>> first_of(Result<std::vector<SourceRow>> rows) {
    if (!rows.ok()) return rows.error();
    std::optional<SourceRow> found;
    if (!rows.value().empty()) found = std::move(rows.value().front());
    return found;
}

std::int64_t limit_of(std::size_t limit) {
    return static_cast<std::int64_t>(std::min<std::size_t>(limit, INT64_MAX));
}

// Hands over each row until the sink has enough.
template <typename Row, typename RowOf>
Status feed(SqliteStatement& rows, const RowSink<Row>& sink, RowOf row_of) {
    while (rows.next() && sink(row_of(rows))) {
    }
    return rows.finish();
}

PositionRow position_of(const SqliteStatement& row) {
    PositionRow read;
    read.source = row.integer(0);
    read.position.time = row.integer(1);
    read.position.latitude = row.real(2);
    read.position.longitude = row.real(3);
    read.position.altitude_m = row.real(4);
    read.position.speed_kmh = row.real(5);
    read.position.heading_deg = row.real(6);
    read.position.uncertainty_m = row.real(7);
    return read;
}

EventRow event_of(const SqliteStatement& row) {
    return {.key = row.integer(0),
            .source = row.integer(1),
            .event = {.source = {},
                      .time = row.integer(2),
                      .kind = row.text(3),
                      .severity = severity_of(row.text(4)),
                      .text = row.text(5),
                      .details = row.text(6)},
            .acknowledged = row.integer(7),
            .acknowledged_by = row.text(8)};
}

}  // namespace

Result<std::vector<SourceRow>> SqliteReader::sources() {
    return read_sources(database_->statement(kReadAllSources));
}

Result<std::optional<SourceRow>> SqliteReader::one_source(SourceKey source) {
    return first_of(read_sources(database_->statement(kSourceOfKey).bind(source)));
}

Result<std::optional<SourceRow>> SqliteReader::one_source(const SourceId& source) {
    return first_of(read_sources(database_->statement(kSourceOfId).bind(source.kind, source.id)));
}

Result<std::vector<SeriesRow>> SqliteReader::series(std::optional<SourceKey> source) {
    if (!source) return read_series(database_->statement(kReadAllSeries));
    return read_series(database_->statement(kSeriesOfSource).bind(*source));
}

Result<std::optional<SeriesRow>> SqliteReader::one_series(SeriesKey series) {
    auto& rows = database_->statement(kOneSeries).bind(series);
    std::optional<SeriesRow> found;
    if (rows.next()) found = series_of(rows);
    if (auto done = rows.finish(); !done.ok()) return done.error();
    return found;
}

Status SqliteReader::samples(SeriesKey series, TimeRange range, const RowSink<SampleRow>& sink) {
    auto& rows = database_->statement(kSamples).bind(series, range.from, range.to);
    return feed(rows, sink, [series](const SqliteStatement& row) {
        return SampleRow{.series = series, .time = row.integer(0), .value = row.value(1)};
    });
}

Status SqliteReader::rollups(SeriesKey series, Rollup width, TimeRange range,
                             const RowSink<RollupRow>& sink) {
    auto& rows = database_->statement(kRollupRows);
    rows.bind(rollup_minutes(width), series, range.from, range.to);
    return feed(rows, sink, [=](const SqliteStatement& row) {
        return RollupRow{.series = series,
                         .width = width,
                         .begins = row.integer(0),
                         .count = row.integer(1),
                         .min = row.real(2),
                         .max = row.real(3),
                         .sum = row.real(4),
                         .first_time = row.integer(5),
                         .first = row.real(6),
                         .last_time = row.integer(7),
                         .last = row.real(8),
                         .step = row.real(9)};
    });
}

Status SqliteReader::positions(SourceKey source, TimeRange range,
                               const RowSink<PositionRow>& sink) {
    auto& rows = database_->statement(kPositions).bind(source, range.from, range.to);
    return feed(rows, sink, position_of);
}

Status SqliteReader::last_positions(const RowSink<PositionRow>& sink) {
    return feed(database_->statement(kLastPositions), sink, position_of);
}

Status SqliteReader::events(const EventQuery& query, const RowSink<EventRow>& sink) {
    auto limit = limit_of(query.limit);
    if (query.source) {
        std::int64_t only_open = query.only_unacknowledged ? 1 : 0;
        auto& rows = database_->statement(kEventsOfSource);
        rows.bind(query.range.from, query.range.to, query.kind, limit, *query.source, only_open);
        return feed(rows, sink, event_of);
    }
    auto& rows = database_->statement(query.only_unacknowledged ? kOpenEvents : kEvents);
    rows.bind(query.range.from, query.range.to, query.kind, limit);
    return feed(rows, sink, event_of);
}

Result<std::int64_t> SqliteReader::raw_with_problem(std::string_view problem, std::int64_t after,
                                                    std::size_t limit,
                                                    const RowSink<RawRow>& sink) {
    std::int64_t last = 0;
    auto& rows = database_->statement(kRawBehind).bind(after, limit_of(limit), problem);
    while (rows.next()) {
        last = rows.integer(0);
        RawRow row{.source = rows.integer(1),
                   .time = rows.integer(2),
                   .topic = rows.text(3),
                   .payload = rows.text(4),
                   .problem = rows.text(5),
                   .key = last};
        if (row.problem == problem && !sink(row)) break;
    }
    if (auto done = rows.finish(); !done.ok()) return done.error();
    return last;
}

Status SqliteReader::raw(SourceKey source, std::size_t limit, const RowSink<RawRow>& sink) {
    auto& rows = database_->statement(kRaw).bind(source, limit_of(limit));
    return feed(rows, sink, [](const SqliteStatement& row) {
        return RawRow{.source = row.integer(0),
                      .time = row.integer(1),
                      .topic = row.text(2),
                      .payload = row.text(3),
                      .problem = row.text(4)};
    });
}

}  // namespace martlet::telemetry
