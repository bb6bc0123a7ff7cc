#include "telemetry/store/sqlite_writer.h"

#include "telemetry/store/row_order.h"
#include "telemetry/store/sqlite_rows.h"
#include "telemetry/store/sqlite_transaction.h"

namespace martlet::telemetry {

namespace {

constexpr const char* kPutSource =
    "INSERT INTO source (key, kind, id, name, first_seen, last_seen, silent_since, interval_ms) "
    "VALUES (?, ?, ?, ?, ?, ?, ?, ?) "
    "ON CONFLICT (key) DO UPDATE SET kind = excluded.kind, id = excluded.id, name = excluded.name, "
    "first_seen = excluded.first_seen, last_seen = excluded.last_seen, "
    "silent_since = excluded.silent_since, interval_ms = excluded.interval_ms";
constexpr const char* kRemoveFacts = "DELETE FROM fact WHERE source = ?";
constexpr const char* kPutFact =
    "INSERT OR REPLACE INTO fact (source, name, value) VALUES (?, ?, ?)";

constexpr const char* kPutSeries =
    "INSERT INTO series (key, source, metric, unit, kind, last_time, last_value, total, "
    "unit_source, time_source) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) "
    "ON CONFLICT (key) DO UPDATE SET source = excluded.source, metric = excluded.metric, "
    "unit = excluded.unit, kind = excluded.kind, last_time = excluded.last_time, "
    "last_value = excluded.last_value, total = excluded.total, "
    "unit_source = excluded.unit_source, time_source = excluded.time_source";

constexpr const char* kPutSample =
    "INSERT INTO sample (series, time, value) VALUES (?, ?, ?) "
    "ON CONFLICT (series, time) DO NOTHING";
// Behind those of the same millisecond that are there already.
constexpr const char* kPutSampleAgain =
    "INSERT INTO sample_again (series, time, n, value) VALUES (?1, ?2, "
    "1 + coalesce((SELECT max(n) FROM sample_again WHERE series = ?1 AND time = ?2), 0), ?3)";

// Each expression sees the row as it was. Of equal times the first that came is the first, and the
// last that came the last.
constexpr const char* kMergeRollup =
    "INSERT INTO rollup (width, series, begins, count, min, max, sum, first_time, first, "
    "last_time, last, step) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) "
    "ON CONFLICT (width, series, begins) DO UPDATE SET count = count + excluded.count, "
    "min = min(min, excluded.min), max = max(max, excluded.max), sum = sum + excluded.sum, "
    "first = CASE WHEN excluded.first_time < first_time THEN excluded.first ELSE first END, "
    "first_time = min(first_time, excluded.first_time), "
    "last = CASE WHEN excluded.last_time >= last_time THEN excluded.last ELSE last END, "
    "last_time = max(last_time, excluded.last_time), step = step + excluded.step";

constexpr const char* kPutPosition =
    "INSERT INTO position (source, time, latitude, longitude, altitude_m, speed_kmh, heading_deg, "
    "uncertainty_m) VALUES (?, ?, ?, ?, ?, ?, ?, ?)";
constexpr const char* kPutEvent =
    "INSERT INTO event (source, time, kind, severity, text, details, acknowledged, "
    "acknowledged_by) VALUES (?, ?, ?, ?, ?, ?, ?, ?)";
constexpr const char* kPutRaw =
    "INSERT INTO raw (source, time, topic, payload, problem) VALUES (?, ?, ?, ?, ?)";
constexpr const char* kTrimRaw =
    "DELETE FROM raw WHERE source = ?1 AND key <= "
    "(SELECT key FROM raw WHERE source = ?1 ORDER BY key DESC LIMIT 1 OFFSET ?2)";
constexpr const char* kMendRaw = "UPDATE raw SET problem = ?2 WHERE key = ?1";
constexpr const char* kRemoveRaw = "DELETE FROM raw WHERE key = ?1";
constexpr const char* kPutApplied = "INSERT OR REPLACE INTO applied (tap, number) VALUES (?, ?)";
constexpr const char* kApplied = "SELECT tap, number FROM applied ORDER BY tap";

// The first acknowledgement stays.
constexpr const char* kAcknowledge =
    "UPDATE event SET acknowledged = ?2, acknowledged_by = ?3 WHERE key = ?1 AND "
    "acknowledged_by = ''";
constexpr const char* kHasEvent = "SELECT 1 FROM event WHERE key = ?";

constexpr const char* kSeriesOfSource = "SELECT key FROM series WHERE source = ?";

// Calls `write` for each row until one fails.
template <typename Rows, typename Write>
Status for_each_row(const Rows& rows, Write write) {
    for (const auto& row : rows) {
        if (auto done = write(row); !done.ok()) return done;
    }
    return Done{};
}

Result<std::vector<AppliedRow>> read_applied(SqliteDatabase& database) {
    std::vector<AppliedRow> applied;
    auto& rows = database.statement(kApplied);
    while (rows.next()) {
        applied.push_back({rows.text(0), static_cast<std::uint64_t>(rows.integer(1))});
    }
    if (auto done = rows.finish(); !done.ok()) return done.error();
    return applied;
}

Result<std::vector<SeriesKey>> series_of_source(SqliteDatabase& database, SourceKey source) {
    std::vector<SeriesKey> keys;
    auto& rows = database.statement(kSeriesOfSource).bind(source);
    while (rows.next()) keys.push_back(rows.integer(0));
    if (auto done = rows.finish(); !done.ok()) return done.error();
    return keys;
}

Status remove_series(SqliteDatabase& database, SeriesKey series) {
    Status done = database.run("DELETE FROM sample WHERE series = ?", series);
    for (auto width : kRollups) {
        if (!done.ok()) return done;
        done = database.run("DELETE FROM rollup WHERE width = ? AND series = ?",
                            rollup_minutes(width), series);
    }
    return done.ok() ? database.run("DELETE FROM series WHERE key = ?", series) : done;
}

Status remove_rows_of_source(SqliteDatabase& database, SourceKey source) {
    auto series = series_of_source(database, source);
    if (!series.ok()) return series.error();
    for (auto key : series.value()) {
        if (auto done = remove_series(database, key); !done.ok()) return done;
    }
    for (const char* sql :
         {"DELETE FROM position WHERE source = ?", "DELETE FROM event WHERE source = ?",
          "DELETE FROM raw WHERE source = ?", kRemoveFacts, "DELETE FROM source WHERE key = ?"}) {
        if (auto done = database.run(sql, source); !done.ok()) return done;
    }
    return Done{};
}

}  // namespace

SqliteWriter::SqliteWriter(std::unique_ptr<SqliteDatabase> database)
    : database_(std::move(database)), pruner_(*database_) {}

Result<StoreContents> SqliteWriter::load() {
    auto sources = read_sources(database_->statement(kReadAllSources));
    if (!sources.ok()) return sources.error();
    auto series = read_series(database_->statement(kReadAllSeries));
    if (!series.ok()) return series.error();
    auto applied = read_applied(*database_);
    if (!applied.ok()) return applied.error();
    return StoreContents{std::move(sources).value(), std::move(series).value(),
                         std::move(applied).value()};
}

Status SqliteWriter::write(const WriteBatch& batch) {
    bool is_refused = false;
    leaves_out_ = false;
    auto work = [&] {
        auto done = write_rows(batch);
        is_refused = !done.ok() && database_->was_refused();
        return done;
    };
    auto done = in_transaction(*database_, work);
    if (!is_refused) return done;
    auto before = refusals_;
    leaves_out_ = true;
    done = in_transaction(*database_, work);
    if (!done.ok()) refusals_ = before;
    return done;
}

// Of a row that may be left out.
Status SqliteWriter::leave_out(Status done) {
    if (done.ok() || !leaves_out_ || !database_->was_refused()) return done;
    refusals_.rows++;
    refusals_.why = done.error().text;
    return Done{};
}

Status SqliteWriter::write_rows(const WriteBatch& batch) {
    auto& database = *database_;
    Status done = for_each_row(batch.sources, [&](auto& row) { return write_source(row); });
    if (!done.ok()) return done;
    done = for_each_row(batch.series, [&](auto& row) { return write_series(row); });
    if (done.ok()) done = write_samples(batch.samples);
    if (done.ok()) done = write_rollups(batch.rollups);
    if (!done.ok()) return done;
    done = for_each_row(batch.positions, [&](auto& row) { return leave_out(write_position(row)); });
    if (!done.ok()) return done;
    done = for_each_row(batch.events, [&](auto& row) { return leave_out(write_event(row)); });
    if (!done.ok()) return done;
    done = for_each_row(batch.raw, [&](auto& row) { return leave_out(write_raw(row)); });
    if (!done.ok()) return done;
    done = for_each_row(batch.raw_trims, [&](const RawTrim& trim) {
        return database.run(kTrimRaw, trim.source, trim.keep);
    });
    if (!done.ok()) return done;
    done = for_each_row(batch.raw_mends, [&](const RawMend& mend) {
        if (mend.is_removed) return database.run(kRemoveRaw, mend.key);
        return database.run(kMendRaw, mend.key, mend.problem);
    });
    if (!done.ok()) return done;
    return for_each_row(batch.applied, [&](const AppliedRow& row) {
        return database.run(kPutApplied, row.tap, static_cast<std::int64_t>(row.number));
    });
}

Status SqliteWriter::write_source(const SourceRow& row) {
    auto done = database_->run(kPutSource, row.key, row.source.kind, row.source.id, row.name,
                               row.first_seen, row.last_seen, row.silent_since, row.interval_ms);
    if (done.ok()) done = database_->run(kRemoveFacts, row.key);
    if (!done.ok()) return done;
    return for_each_row(row.facts, [&](const auto& fact) {
        return database_->run(kPutFact, row.key, fact.first, fact.second);
    });
}

Status SqliteWriter::write_series(const SeriesRow& row) {
    return database_->run(kPutSeries, row.key, row.source, row.metric, row.unit, name_of(row.kind),
                          row.last_time, row.last_value, row.total, name_of(row.unit_source),
                          name_of(row.time_source));
}

Status SqliteWriter::write_samples(std::span<const SampleRow> rows) {
    auto& put = database_->statement(kPutSample);
    return put_samples(order_, rows, [&](const SampleRow& row, std::int64_t) {
        auto done = put.bind(row.series, row.time, row.value).run();
        if (done.ok() && database_->changes() == 0)
            done = database_->run(kPutSampleAgain, row.series, row.time, row.value);
        return leave_out(std::move(done));
    });
}

Status SqliteWriter::write_rollups(std::span<const RollupRow> rows) {
    sort_rollups(order_, rows);
    auto& merge = database_->statement(kMergeRollup);
    for (auto number : order_) {
        const auto& row = rows[number];
        merge.bind(rollup_minutes(row.width), row.series, row.begins, row.count, row.min, row.max,
                   row.sum, row.first_time, row.first, row.last_time, row.last, row.step);
        if (auto done = leave_out(merge.run()); !done.ok()) return done;
    }
    return Done{};
}

Status SqliteWriter::write_position(const PositionRow& row) {
    const auto& at = row.position;
    return database_->run(kPutPosition, row.source, at.time, at.latitude, at.longitude,
                          at.altitude_m, at.speed_kmh, at.heading_deg, at.uncertainty_m);
}

Status SqliteWriter::write_event(const EventRow& row) {
    const auto& event = row.event;
    return database_->run(kPutEvent, row.source, event.time, event.kind, name_of(event.severity),
                          event.text, event.details, row.acknowledged, row.acknowledged_by);
}

Status SqliteWriter::write_raw(const RawRow& row) {
    return database_->run(kPutRaw, row.source, row.time, row.topic, SqliteBlob{row.payload},
                          row.problem);
}

Result<bool> SqliteWriter::prune(const Retention& retention) {
    return pruner_.prune(retention);
}

Status SqliteWriter::remove_source(SourceKey source) {
    return in_transaction(*database_, [&] { return remove_rows_of_source(*database_, source); });
}

Result<bool> SqliteWriter::acknowledge_event(std::int64_t event, Time time, std::string_view by) {
    auto done = database_->run(kAcknowledge, event, time, by);
    if (!done.ok()) return done.error();
    if (database_->changes() > 0) return true;
    auto& rows = database_->statement(kHasEvent).bind(event);
    bool is_there = rows.next();
    done = rows.finish();
    if (!done.ok()) return done.error();
    return is_there;
}

}  // namespace martlet::telemetry
