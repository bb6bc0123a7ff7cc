#include "telemetry/store/postgresql_rows.h"

namespace martlet::telemetry {

namespace {

// One statement, so that sources and facts are of one moment.
constexpr const char* kSources =
    "SELECT source.key, source.kind, source.id, source.name, first_seen, last_seen, "
    "silent_since, interval_ms, fact.name, "
    "fact.value FROM source LEFT JOIN fact ON fact.source = source.key "
    "ORDER BY source.key, fact.name COLLATE \"C\"";
constexpr const char* kSourceOfKey =
    "SELECT source.key, source.kind, source.id, source.name, first_seen, last_seen, "
    "silent_since, interval_ms, fact.name, "
    "fact.value FROM source LEFT JOIN fact ON fact.source = source.key WHERE source.key = $1 "
    "ORDER BY fact.name COLLATE \"C\"";
constexpr const char* kSourceOfId =
    "SELECT source.key, source.kind, source.id, source.name, first_seen, last_seen, "
    "silent_since, interval_ms, fact.name, "
    "fact.value FROM source LEFT JOIN fact ON fact.source = source.key "
    "WHERE source.kind = $1 AND source.id = $2 ORDER BY source.key, fact.name COLLATE \"C\"";
constexpr const char* kAllSeries =
    "SELECT key, source, metric, unit, kind, last_time, last_integer, last_real, last_text, total, "
    "unit_source, time_source "
    "FROM series ORDER BY key";
constexpr const char* kSeriesOfSource =
    "SELECT key, source, metric, unit, kind, last_time, last_integer, last_real, last_text, total, "
    "unit_source, time_source "
    "FROM series WHERE source = $1 ORDER BY key";
constexpr const char* kOneSeries =
    "SELECT key, source, metric, unit, kind, last_time, last_integer, last_real, last_text, total, "
    "unit_source, time_source "
    "FROM series WHERE key = $1";
constexpr const char* kApplied = "SELECT tap, number FROM applied ORDER BY tap COLLATE \"C\"";

SourceRow source_of(const PostgresRows& rows, int row) {
    return {.key = rows.integer(row, 0),
            .source = {rows.text(row, 1), rows.text(row, 2)},
            .name = rows.text(row, 3),
            .first_seen = rows.integer(row, 4),
            .last_seen = rows.integer(row, 5),
            .facts = {},
            .silent_since = rows.integer(row, 6),
            .interval_ms = rows.integer(row, 7)};
}

SeriesRow series_of(const PostgresRows& rows, int row) {
    return {.key = rows.integer(row, 0),
            .source = rows.integer(row, 1),
            .metric = rows.text(row, 2),
            .unit = rows.text(row, 3),
            .kind = series_kind_of(rows.text(row, 4)),
            .last_time = rows.integer(row, 5),
            .last_value = rows.value(row, 6),
            .total = rows.real(row, 9),
            .unit_source = unit_source_of(rows.text(row, 10)),
            .time_source = time_source_of(rows.text(row, 11))};
}

std::vector<SourceRow> sources_of(const PostgresRows& found) {
    std::vector<SourceRow> sources;
    for (int row = 0; row < found.count(); ++row) {
        if (sources.empty() || sources.back().key != found.integer(row, 0)) {
            sources.push_back(source_of(found, row));
        }
        if (found.is_null(row, 8)) continue;
        sources.back().facts.emplace_back(found.text(row, 8), found.text(row, 9));
    }
    return sources;
}

Result<std::optional<SourceRow>> first_of(const Result<PostgresRows>& rows) {
    if (!rows.ok()) return rows.error();
    auto sources = sources_of(rows.value());
    std::optional<SourceRow> found;
    if (!sources.empty()) found = std::move(sources.front());
    return found;
}

}  // namespace

Result<std::vector<SourceRow>> read_sources(PostgresDatabase& database) {
    auto rows = database.query(kSources);
    if (!rows.ok()) return rows.error();
    return sources_of(rows.value());
}

Result<std::optional<SourceRow>> read_one_source(PostgresDatabase& database, SourceKey source) {
    return first_of(database.query(kSourceOfKey, source));
}

Result<std::optional<SourceRow>> read_one_source(PostgresDatabase& database,
                                                 const SourceId& source) {
    return first_of(database.query(kSourceOfId, source.kind, source.id));
}

Result<std::vector<SeriesRow>> read_series(PostgresDatabase& database,
                                           std::optional<SourceKey> source) {
    auto rows = source ? database.query(kSeriesOfSource, *source) : database.query(kAllSeries);
    if (!rows.ok()) return rows.error();
    std::vector<SeriesRow> series;
    series.reserve(static_cast<std::size_t>(rows.value().count()));
    for (int row = 0; row < rows.value().count(); ++row) {
        series.push_back(series_of(rows.value(), row));
    }
    return series;
}

Result<std::optional<SeriesRow>> read_one_series(PostgresDatabase& database, SeriesKey series) {
    auto rows = database.query(kOneSeries, series);
    if (!rows.ok()) return rows.error();
    std::optional<SeriesRow> found;
    if (rows.value().count() > 0) found = series_of(rows.value(), 0);
    return found;
}

Result<std::vector<AppliedRow>> read_applied(PostgresDatabase& database) {
    auto rows = database.query(kApplied);
    if (!rows.ok()) return rows.error();
    std::vector<AppliedRow> applied;
    applied.reserve(static_cast<std::size_t>(rows.value().count()));
    for (int row = 0; row < rows.value().count(); ++row) {
        applied.push_back(
            {rows.value().text(row, 0), static_cast<std::uint64_t>(rows.value().integer(row, 1))});
    }
    return applied;
}

}  // namespace martlet::telemetry
