#include "telemetry/store/sqlite_rows.h"

namespace martlet::telemetry {

namespace {

SourceRow source_of(const SqliteStatement& row) {
    return {.key = row.integer(0),
            .source = {row.text(1), row.text(2)},
            .name = row.text(3),
            .first_seen = row.integer(4),
            .last_seen = row.integer(5),
            .facts = {},
            .silent_since = row.integer(6),
            .interval_ms = row.integer(7)};
}

}  // namespace

Result<std::vector<SourceRow>> read_sources(SqliteStatement& rows) {
    std::vector<SourceRow> sources;
    while (rows.next()) {
        if (sources.empty() || sources.back().key != rows.integer(0)) {
            sources.push_back(source_of(rows));
        }
        if (!rows.is_null(8)) sources.back().facts.emplace_back(rows.text(8), rows.text(9));
    }
    if (auto done = rows.finish(); !done.ok()) return done.error();
    return sources;
}

SeriesRow series_of(const SqliteStatement& row) {
    return {.key = row.integer(0),
            .source = row.integer(1),
            .metric = row.text(2),
            .unit = row.text(3),
            .kind = series_kind_of(row.text(4)),
            .last_time = row.integer(5),
            .last_value = row.value(6),
            .total = row.real(7),
            .unit_source = unit_source_of(row.text(8)),
            .time_source = time_source_of(row.text(9))};
}

Result<std::vector<SeriesRow>> read_series(SqliteStatement& statement) {
    std::vector<SeriesRow> series;
    while (statement.next()) series.push_back(series_of(statement));
    if (auto done = statement.finish(); !done.ok()) return done.error();
    return series;
}

}  // namespace martlet::telemetry
