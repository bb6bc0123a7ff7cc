#pragma once

// Where telemetry is kept: the narrow interface behind which SQLite and PostgreSQL stand. It knows
// rows, not what they mean. A StoreWriter belongs to one thread; readers belong to one thread each,
// are independent of it and see what is committed.

#include "base/result.h"
#include "telemetry/store/rows.h"

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace martlet::telemetry {

// What a writer begins with.
struct StoreContents {
    std::vector<SourceRow> sources;
    std::vector<SeriesRow> series;
    std::vector<AppliedRow> applied;
};

// What is older than these times is to go; 0: nothing. Raw messages: how many stay for each source.
struct Retention {
    Time samples_before = 0;
    std::array<Time, kRollups.size()> rollups_before{};
    Time positions_before = 0;
    Time events_before = 0;
    std::uint32_t raw_kept = 0;
};

// Rows that a store will never take, so that those behind them need not wait for ever: a rule that
// somebody added to a table, a value that the store has no form for.
struct Refusals {
    std::uint64_t rows = 0;
    std::string why;  // of the last one
};

class StoreWriter {
  public:
    virtual ~StoreWriter() = default;
    virtual Result<StoreContents> load() = 0;
    // One transaction; what it says is on disk when this returns. After an error nothing of it is,
    // or that is not known yet: the next batch must be the same one, which is then stored once.
    // Samples, rollups, positions, events and raw messages that are refused are left out.
    virtual Status write(const WriteBatch& batch) = 0;
    virtual const Refusals& refusals() const = 0;
    // Removes some of what is too old, a bounded piece of work. False: nothing (more) to do.
    virtual Result<bool> prune(const Retention& retention) = 0;
    // With all that is of it.
    virtual Status remove_source(SourceKey source) = 0;
    // False: there is no such event.
    virtual Result<bool> acknowledge_event(std::int64_t event, Time time, std::string_view by) = 0;
};

// Half open: `from` belongs to it, `to` does not.
struct TimeRange {
    Time from = 0;
    Time to = INT64_MAX;
};

struct EventQuery {
    std::optional<SourceKey> source = std::nullopt;
    std::string kind = {};  // empty: all
    TimeRange range = {};
    bool only_unacknowledged = false;
    std::size_t limit = 100;  // the newest come first
};

// Rows are handed over one by one; false from the sink: enough.
template <typename Row>
using RowSink = std::function<bool(const Row&)>;

class StoreReader {
  public:
    virtual ~StoreReader() = default;
    virtual Result<std::vector<SourceRow>> sources() = 0;
    virtual Result<std::optional<SourceRow>> one_source(SourceKey source) = 0;
    virtual Result<std::optional<SourceRow>> one_source(const SourceId& source) = 0;
    // Without a source: all.
    virtual Result<std::vector<SeriesRow>> series(std::optional<SourceKey> source) = 0;
    virtual Result<std::optional<SeriesRow>> one_series(SeriesKey series) = 0;
    // Oldest first.
    virtual Status samples(SeriesKey series, TimeRange range, const RowSink<SampleRow>& sink) = 0;
    virtual Status rollups(SeriesKey series, Rollup width, TimeRange range,
                           const RowSink<RollupRow>& sink) = 0;
    virtual Status positions(SourceKey source, TimeRange range,
                             const RowSink<PositionRow>& sink) = 0;
    // The newest of each source.
    virtual Status last_positions(const RowSink<PositionRow>& sink) = 0;
    virtual Status events(const EventQuery& query, const RowSink<EventRow>& sink) = 0;
    // Newest first.
    virtual Status raw(SourceKey source, std::size_t limit, const RowSink<RawRow>& sink) = 0;
    // Looks at the next `limit` raw messages of all sources behind the key `after` (0: from the
    // oldest on), oldest first, and hands over those with that problem. The key of the last one
    // that was looked at; 0: there was none.
    virtual Result<std::int64_t> raw_with_problem(std::string_view problem, std::int64_t after,
                                                  std::size_t limit,
                                                  const RowSink<RawRow>& sink) = 0;
};

// One store: makes its writer (once) and as many readers as are asked for, from any thread.
class Store {
  public:
    virtual ~Store() = default;
    virtual Result<std::unique_ptr<StoreWriter>> open_writer() = 0;
    virtual Result<std::unique_ptr<StoreReader>> open_reader() = 0;
};

// A file and its -wal beside it. Made with mode 0600 when it is not there; a file that is no
// store of ours, or of a newer version, is an error that says so.
std::unique_ptr<Store> make_sqlite_store(std::string path);
// By libpq's connection string.
std::unique_ptr<Store> make_postgresql_store(std::string conninfo);

}  // namespace martlet::telemetry
