#include "telemetry/store/postgresql_writer.h"

#include "telemetry/store/postgresql_rows.h"
#include "telemetry/store/postgresql_schema.h"

#include <algorithm>
#include <array>
#include <utility>

namespace martlet::telemetry {

namespace {

// The first acknowledgement stays.
constexpr const char* kAcknowledge =
    "UPDATE event SET acknowledged = $2, acknowledged_by = $3 WHERE key = $1 AND "
    "acknowledged_by = ''";
constexpr const char* kHasEvent = "SELECT 1 FROM event WHERE key = $1";

constexpr std::array kRemoveSource = {
    "DELETE FROM sample WHERE series IN (SELECT key FROM series WHERE source = $1)",
    "DELETE FROM rollup WHERE width IN (1, 15, 60, 1440) AND "
    "series IN (SELECT key FROM series WHERE source = $1)",
    "DELETE FROM series WHERE source = $1",
    "DELETE FROM position WHERE source = $1",
    "DELETE FROM event WHERE source = $1",
    "DELETE FROM raw WHERE source = $1",
    "DELETE FROM fact WHERE source = $1",
    "DELETE FROM source WHERE key = $1",
};

// ?1 is $1 here.
std::string with_dollars(const char* sql) {
    std::string text = sql;
    std::ranges::replace(text, '?', '$');
    return text;
}

PostgresParameters parameters_of(std::span<const std::int64_t> values) {
    PostgresParameters parameters;
    for (auto value : values) parameters.add(value);
    return parameters;
}

}  // namespace

PostgresWriter::PostgresWriter(std::unique_ptr<PostgresDatabase> database)
    : database_(std::move(database)), batch_(*database_) {}

Result<std::unique_ptr<StoreWriter>> PostgresWriter::open(const std::string& conninfo) {
    auto database = PostgresDatabase::open(conninfo);
    if (!database.ok()) return database.error();
    std::unique_ptr<PostgresWriter> writer(new PostgresWriter(std::move(database).value()));
    if (auto prepared = writer->prepare(); !prepared.ok()) return prepared.error();
    return std::unique_ptr<StoreWriter>(std::move(writer));
}

// Of a new connection. A number that is known already is not read again: what the store says is
// compared with it.
Status PostgresWriter::prepare() {
    partitions_.forget();
    auto prepared = prepare_postgresql_to_write(*database_);
    is_prepared_ = prepared.ok();
    if (!is_prepared_ || number_) return prepared;
    auto rows = database_->query("SELECT batch FROM store");
    if (!rows.ok()) return rows.error();
    number_ = rows.value().count() > 0 ? rows.value().integer(0, 0) : 0;
    return Done{};
}

Status PostgresWriter::reconnect() {
    is_prepared_ = false;
    auto connected = database_->reconnect();
    return connected.ok() ? prepare() : connected;
}

Status PostgresWriter::ready() {
    if (!database_->is_alive() || !is_prepared_ || !number_) {
        if (auto connected = reconnect(); !connected.ok()) return connected;
    }
    return is_unsure_ ? learn_outcome() : Status(Done{});
}

// The server holds the writer's lock until the old session is over, so its answer is final.
Status PostgresWriter::learn_outcome() {
    auto rows = database_->query("SELECT 1 FROM store WHERE batch > $1", *number_);
    if (!rows.ok()) return rows.error();
    is_unsure_ = false;
    if (rows.value().count() == 0) return Done{};
    ++*number_;
    is_batch_stored_ = is_batch_stored_ || is_batch_unsure_;
    return Done{};
}

Result<StoreContents> PostgresWriter::load() {
    if (auto done = ready(); !done.ok()) return done.error();
    auto sources = read_sources(*database_);
    if (!sources.ok()) return sources.error();
    auto series = read_series(*database_, std::nullopt);
    if (!series.ok()) return series.error();
    auto applied = read_applied(*database_);
    if (!applied.ok()) return applied.error();
    return StoreContents{std::move(sources).value(), std::move(series).value(),
                         std::move(applied).value()};
}

Status PostgresWriter::write(const WriteBatch& batch) {
    if (auto done = ready(); !done.ok()) return done;
    if (std::exchange(is_batch_stored_, false)) return Done{};
    bool is_refused = false;
    auto done = write_once(batch, false, is_refused);
    return is_refused ? write_once(batch, true, is_refused) : done;
}

Status PostgresWriter::write_once(const WriteBatch& batch, bool leaves_out, bool& is_refused) {
    is_refused = false;
    auto done = in_transaction([&] {
        auto put = partitions_.make_for(*database_, batch.samples);
        if (put.ok()) {
            put = leaves_out ? batch_.put_what_is_taken(batch, refusals_) : batch_.put(batch);
        }
        is_refused = !put.ok() && database_->was_refused();
        return put;
    });
    is_batch_unsure_ = is_unsure_;
    return done;
}

Status PostgresWriter::in_transaction(const std::function<Status()>& work) {
    if (auto done = ready(); !done.ok()) return done;
    Status done = database_->script("BEGIN");
    if (done.ok()) done = work();
    if (done.ok()) done = database_->run("UPDATE store SET batch = $1", *number_ + 1);
    if (done.ok()) {
        done = database_->script("COMMIT");
        is_unsure_ = !done.ok() && !database_->is_connected();
        is_batch_unsure_ = false;
    } else if (database_->is_connected()) {
        (void)database_->script("ROLLBACK");
    }
    if (!done.ok()) {
        partitions_.undone();
        return done;
    }
    ++*number_;
    partitions_.committed();
    return done;
}

Result<bool> PostgresWriter::prune(const Retention& retention) {
    if (auto done = ready(); !done.ok()) return done.error();
    if (retention.samples_before != 0) {
        auto dropped = partitions_.drop_one_before(*database_, retention.samples_before);
        if (!dropped.ok() || dropped.value()) return dropped;
    }
    bool is_more = false;
    auto done = in_transaction([&]() -> Status {
        auto piece = round_.go_on(*this, retention);
        if (!piece.ok()) return piece.error();
        is_more = piece.value();
        return Done{};
    });
    if (done.ok()) return is_more;
    round_.undo();
    return done.error();
}

Result<std::optional<std::int64_t>> PostgresWriter::ask(const char* sql,
                                                        std::span<const std::int64_t> parameters) {
    auto rows = database_->query_with(with_dollars(sql).c_str(), parameters_of(parameters));
    if (!rows.ok()) return rows.error();
    if (rows.value().count() == 0 || rows.value().is_null(0, 0)) {
        return std::optional<std::int64_t>();
    }
    return std::optional(rows.value().integer(0, 0));
}

Result<std::int64_t> PostgresWriter::remove(const char* sql,
                                            std::span<const std::int64_t> parameters) {
    auto rows = database_->query_with(with_dollars(sql).c_str(), parameters_of(parameters));
    if (!rows.ok()) return rows.error();
    return rows.value().changed();
}

Status PostgresWriter::remove_source(SourceKey source) {
    return in_transaction([&]() -> Status {
        for (const char* sql : kRemoveSource) {
            if (auto done = database_->run(sql, source); !done.ok()) return done;
        }
        return Done{};
    });
}

Result<bool> PostgresWriter::acknowledge_event(std::int64_t event, Time time, std::string_view by) {
    bool is_there = false;
    auto done = in_transaction([&]() -> Status {
        auto changed = database_->query(kAcknowledge, event, time, by);
        if (!changed.ok()) return changed.error();
        auto found = database_->query(kHasEvent, event);
        if (!found.ok()) return found.error();
        is_there = found.value().count() > 0;
        return Done{};
    });
    if (!done.ok()) return done.error();
    return is_there;
}

}  // namespace martlet::telemetry
