#include "telemetry/store/postgresql_batch.h"

#include "base/hash_map.h"
#include "telemetry/store/row_order.h"

namespace martlet::telemetry {

namespace {

constexpr const char* kCopySources =
    "COPY stage_source (key, kind, id, name, first_seen, last_seen, silent_since, interval_ms) "
    "FROM STDIN (FORMAT binary)";
constexpr const char* kMergeSources =
    "INSERT INTO source SELECT * FROM stage_source ON CONFLICT (key) DO UPDATE SET "
    "kind = excluded.kind, id = excluded.id, name = excluded.name, "
    "first_seen = excluded.first_seen, last_seen = excluded.last_seen, "
    "silent_since = excluded.silent_since, interval_ms = excluded.interval_ms";
constexpr const char* kRemoveFacts =
    "DELETE FROM fact WHERE source IN (SELECT key FROM stage_source)";
constexpr const char* kCopyFacts =
    "COPY stage_fact (source, name, value) FROM STDIN (FORMAT binary)";
// Names that were mended may have become the same.
constexpr const char* kMergeFacts =
    "INSERT INTO fact SELECT DISTINCT ON (source, name) source, name, value FROM stage_fact "
    "ORDER BY source, name";

constexpr const char* kCopySeries =
    "COPY stage_series (key, source, metric, unit, kind, last_time, last_integer, last_real, "
    "last_text, total, unit_source, time_source) FROM STDIN (FORMAT binary)";
constexpr const char* kMergeSeries =
    "INSERT INTO series SELECT * FROM stage_series ON CONFLICT (key) DO UPDATE SET "
    "source = excluded.source, metric = excluded.metric, unit = excluded.unit, "
    "kind = excluded.kind, last_time = excluded.last_time, last_integer = excluded.last_integer, "
    "last_real = excluded.last_real, last_text = excluded.last_text, total = excluded.total, "
    "unit_source = excluded.unit_source, time_source = excluded.time_source";

constexpr const char* kCopySamples =
    "COPY sample (series, time, n, integer_value, real_value, text_value) "
    "FROM STDIN (FORMAT binary)";
constexpr const char* kStageSamples =
    "COPY stage_sample (series, time, n, integer_value, real_value, text_value) "
    "FROM STDIN (FORMAT binary)";
// Behind those of the same millisecond that are there already.
constexpr const char* kMergeSamples =
    "INSERT INTO sample (series, time, n, integer_value, real_value, text_value) "
    "SELECT series, time, n + coalesce((SELECT max(there.n) + 1 FROM sample AS there "
    "WHERE there.series = stage_sample.series AND there.time = stage_sample.time), 0), "
    "integer_value, real_value, text_value FROM stage_sample ORDER BY series, time, n";

constexpr const char* kCopyRollups =
    "COPY stage_rollup (width, series, begins, count, min, max, sum, first_time, first, last_time, "
    "last, step) FROM STDIN (FORMAT binary)";
// Of equal times the first that came is the first, and the last that came the last.
constexpr const char* kMergeRollups =
    "INSERT INTO rollup AS old SELECT * FROM stage_rollup "
    "ON CONFLICT (width, series, begins) DO UPDATE SET count = old.count + excluded.count, "
    "min = least(old.min, excluded.min), max = greatest(old.max, excluded.max), "
    "sum = old.sum + excluded.sum, "
    "first = CASE WHEN excluded.first_time < old.first_time THEN excluded.first "
    "ELSE old.first END, first_time = least(old.first_time, excluded.first_time), "
    "last = CASE WHEN excluded.last_time >= old.last_time THEN excluded.last ELSE old.last END, "
    "last_time = greatest(old.last_time, excluded.last_time), step = old.step + excluded.step";

constexpr const char* kCopyPositions =
    "COPY position (source, time, latitude, longitude, altitude_m, speed_kmh, heading_deg, "
    "uncertainty_m) FROM STDIN (FORMAT binary)";
constexpr const char* kCopyEvents =
    "COPY event (source, time, kind, severity, text, details, acknowledged, acknowledged_by) "
    "FROM STDIN (FORMAT binary)";
constexpr const char* kCopyRaw =
    "COPY raw (source, time, topic, payload, problem) FROM STDIN (FORMAT binary)";
constexpr const char* kTrimRaw =
    "DELETE FROM raw WHERE source = $1 AND key <= "
    "(SELECT key FROM raw WHERE source = $1 ORDER BY key DESC LIMIT 1 OFFSET $2)";
constexpr const char* kMendRaw = "UPDATE raw SET problem = $2 WHERE key = $1";
constexpr const char* kRemoveRaw = "DELETE FROM raw WHERE key = $1";
constexpr const char* kCopyApplied = "COPY stage_applied (tap, number) FROM STDIN (FORMAT binary)";
constexpr const char* kMergeApplied =
    "INSERT INTO applied SELECT DISTINCT ON (tap) tap, number FROM stage_applied "
    "ORDER BY tap, number DESC ON CONFLICT (tap) DO UPDATE SET number = excluded.number";

// One statement must not touch a row twice: of rows with one key only the last one counts.
template <typename Row>
std::vector<const Row*> last_of_each(std::span<const Row> rows) {
    HashSet<std::int64_t> seen;
    std::vector<const Row*> last;
    for (auto row = rows.rbegin(); row != rows.rend(); ++row) {
        if (seen.insert(row->key).second) last.push_back(&*row);
    }
    return last;
}

void add_row(PostgresCopy& copy, const SourceRow& row) {
    copy.begin_row(8);
    copy.add(row.key);
    copy.add(std::string_view(row.source.kind));
    copy.add(std::string_view(row.source.id));
    copy.add(std::string_view(row.name));
    copy.add(row.first_seen);
    copy.add(row.last_seen);
    copy.add(row.silent_since);
    copy.add(row.interval_ms);
}

void add_row(PostgresCopy& copy, const SeriesRow& row) {
    copy.begin_row(12);
    copy.add(row.key);
    copy.add(row.source);
    copy.add(std::string_view(row.metric));
    copy.add(std::string_view(row.unit));
    copy.add(name_of(row.kind));
    copy.add(row.last_time);
    copy.add(row.last_value);
    copy.add(row.total);
    copy.add(name_of(row.unit_source));
    copy.add(name_of(row.time_source));
}

void add_row(PostgresCopy& copy, const RollupRow& row) {
    copy.begin_row(12);
    copy.add_small(static_cast<std::int32_t>(rollup_minutes(row.width)));
    copy.add(row.series);
    copy.add(row.begins);
    copy.add(row.count);
    copy.add(row.min);
    copy.add(row.max);
    copy.add(row.sum);
    copy.add(row.first_time);
    copy.add(row.first);
    copy.add(row.last_time);
    copy.add(row.last);
    copy.add(row.step);
}

void add_row(PostgresCopy& copy, const PositionRow& row) {
    const auto& at = row.position;
    copy.begin_row(8);
    copy.add(row.source);
    copy.add(at.time);
    for (double value : {at.latitude, at.longitude, at.altitude_m, at.speed_kmh, at.heading_deg,
                         at.uncertainty_m}) {
        copy.add_known(value);
    }
}

void add_row(PostgresCopy& copy, const EventRow& row) {
    copy.begin_row(8);
    copy.add(row.source);
    copy.add(row.event.time);
    copy.add(std::string_view(row.event.kind));
    copy.add(name_of(row.event.severity));
    copy.add(std::string_view(row.event.text));
    copy.add(std::string_view(row.event.details));
    copy.add(row.acknowledged);
    copy.add(std::string_view(row.acknowledged_by));
}

void add_row(PostgresCopy& copy, const RawRow& row) {
    copy.begin_row(5);
    copy.add(row.source);
    copy.add(row.time);
    copy.add(std::string_view(row.topic));
    copy.add(PostgresBytes{row.payload});
    copy.add(std::string_view(row.problem));
}

}  // namespace

Status PostgresBatch::put(const WriteBatch& batch) {
    Status done = put_sources(batch.sources);
    if (done.ok()) done = put_series(batch.series);
    if (done.ok()) done = put_rows<SampleRow>(batch.samples, &PostgresBatch::put_samples_of);
    if (done.ok()) done = put_rows<RollupRow>(batch.rollups, &PostgresBatch::put_rollups);
    if (done.ok()) done = put_rows<PositionRow>(batch.positions, &PostgresBatch::put_positions);
    if (done.ok()) done = put_rows<EventRow>(batch.events, &PostgresBatch::put_events);
    if (done.ok()) done = put_rows<RawRow>(batch.raw, &PostgresBatch::put_raw);
    if (done.ok()) done = trim_raw(batch.raw_trims);
    if (done.ok()) done = mend_raw(batch.raw_mends);
    return done.ok() ? put_applied(batch.applied) : done;
}

Status PostgresBatch::put_what_is_taken(const WriteBatch& batch, Refusals& refusals) {
    auto before = refusals;
    refusals_ = &refusals;
    auto done = put(batch);
    refusals_ = nullptr;
    if (!done.ok()) refusals = before;
    return done;
}

template <typename Row>
Status PostgresBatch::put_rows(std::span<const Row> rows, Put<Row> way) {
    if (refusals_ == nullptr || rows.empty()) return (this->*way)(rows);
    Status done = database_.script("SAVEPOINT part");
    if (!done.ok()) return done;
    done = (this->*way)(rows);
    if (done.ok()) return database_.script("RELEASE part");
    if (!database_.was_refused()) return done;
    auto undone = database_.script("ROLLBACK TO part; RELEASE part");
    if (!undone.ok()) return undone;
    if (rows.size() > 1) return put_halves(rows, way);
    refusals_->rows++;
    refusals_->why = done.error().text;
    return Done{};
}

template <typename Row>
Status PostgresBatch::put_halves(std::span<const Row> rows, Put<Row> way) {
    auto middle = rows.size() / 2;
    auto done = put_rows(rows.first(middle), way);
    return done.ok() ? put_rows(rows.subspan(middle), way) : done;
}

// The commit does it; of parts, each must find it empty.
Status PostgresBatch::empty_stage(const char* sql) {
    return refusals_ == nullptr ? Status(Done{}) : database_.script(sql);
}

Status PostgresBatch::put_sources(std::span<const SourceRow> rows) {
    if (rows.empty()) return Done{};
    auto last = last_of_each(rows);
    copy_.clear();
    for (const auto* row : last) add_row(copy_, *row);
    Status done = database_.copy(kCopySources, copy_);
    if (done.ok()) done = database_.script(kMergeSources);
    if (done.ok()) done = database_.script(kRemoveFacts);
    if (!done.ok()) return done;
    copy_.clear();
    for (const auto* row : last) {
        for (const auto& [name, value] : row->facts) {
            copy_.begin_row(3);
            copy_.add(row->key);
            copy_.add(std::string_view(name));
            copy_.add(std::string_view(value));
        }
    }
    if (copy_.is_empty()) return Done{};
    done = database_.copy(kCopyFacts, copy_);
    return done.ok() ? database_.script(kMergeFacts) : done;
}

Status PostgresBatch::put_series(std::span<const SeriesRow> rows) {
    if (rows.empty()) return Done{};
    copy_.clear();
    for (const auto* row : last_of_each(rows)) add_row(copy_, *row);
    auto done = database_.copy(kCopySeries, copy_);
    return done.ok() ? database_.script(kMergeSeries) : done;
}

Status PostgresBatch::put_samples_of(std::span<const SampleRow> rows) {
    if (rows.empty()) return Done{};
    copy_.clear();
    auto added = put_samples(order_, rows, [this](const SampleRow& row, std::int32_t n) -> Status {
        copy_.begin_row(6);
        copy_.add(row.series);
        copy_.add(row.time);
        copy_.add_small(n);
        copy_.add(row.value);
        return Done{};
    });
    Status done = added.ok() ? database_.script("SAVEPOINT samples") : added;
    if (!done.ok()) return done;
    done = database_.copy(kCopySamples, copy_);
    if (done.ok() || !database_.was_unique_violation()) return done;
    // Rare: an earlier batch has a sample of the same series and millisecond.
    done = database_.script("ROLLBACK TO samples");
    if (done.ok()) done = database_.copy(kStageSamples, copy_);
    if (done.ok()) done = database_.script(kMergeSamples);
    return done.ok() ? empty_stage("DELETE FROM stage_sample") : done;
}

Status PostgresBatch::put_rollups(std::span<const RollupRow> rows) {
    if (rows.empty()) return Done{};
    sort_rollups(order_, rows);
    copy_.clear();
    for (auto number : order_) add_row(copy_, rows[number]);
    auto done = database_.copy(kCopyRollups, copy_);
    if (done.ok()) done = database_.script(kMergeRollups);
    return done.ok() ? empty_stage("DELETE FROM stage_rollup") : done;
}

Status PostgresBatch::put_positions(std::span<const PositionRow> rows) {
    if (rows.empty()) return Done{};
    copy_.clear();
    for (const auto& row : rows) add_row(copy_, row);
    return database_.copy(kCopyPositions, copy_);
}

Status PostgresBatch::put_events(std::span<const EventRow> rows) {
    if (rows.empty()) return Done{};
    copy_.clear();
    for (const auto& row : rows) add_row(copy_, row);
    return database_.copy(kCopyEvents, copy_);
}

Status PostgresBatch::put_raw(std::span<const RawRow> rows) {
    if (rows.empty()) return Done{};
    copy_.clear();
    for (const auto& row : rows) add_row(copy_, row);
    return database_.copy(kCopyRaw, copy_);
}

Status PostgresBatch::trim_raw(std::span<const RawTrim> trims) {
    for (const auto& trim : trims) {
        if (auto done = database_.run(kTrimRaw, trim.source, trim.keep); !done.ok()) return done;
    }
    return Done{};
}

Status PostgresBatch::mend_raw(std::span<const RawMend> mends) {
    for (const auto& mend : mends) {
        auto done = mend.is_removed ? database_.run(kRemoveRaw, mend.key)
                                    : database_.run(kMendRaw, mend.key, mend.problem);
        if (!done.ok()) return done;
    }
    return Done{};
}

Status PostgresBatch::put_applied(std::span<const AppliedRow> rows) {
    if (rows.empty()) return Done{};
    TextSet seen;
    copy_.clear();
    for (auto row = rows.rbegin(); row != rows.rend(); ++row) {
        if (!seen.insert(row->tap).second) continue;
        copy_.begin_row(2);
        copy_.add(std::string_view(row->tap));
        copy_.add(static_cast<std::int64_t>(row->number));
    }
    auto done = database_.copy(kCopyApplied, copy_);
    return done.ok() ? database_.script(kMergeApplied) : done;
}

}  // namespace martlet::telemetry
