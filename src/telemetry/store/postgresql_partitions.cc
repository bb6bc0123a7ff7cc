#include "telemetry/store/postgresql_partitions.h"

#include "base/text.h"

#include <algorithm>
#include <chrono>

namespace martlet::telemetry {

namespace {

// The months that have partitions of their own; what is outside goes to two fixed ones.
constexpr std::int64_t kFirstMonth = 30 * 12;  // January 2000
constexpr std::int64_t kEndMonth = 130 * 12;   // January 2100
constexpr Time kFirst = 946'684'800'000;
constexpr Time kEnd = 4'102'444'800'000;

std::chrono::year_month year_month_of(std::int64_t month) {
    using namespace std::chrono;
    return year(1970) / January + months(month);
}

std::int64_t month_of(Time time) {
    using namespace std::chrono;
    year_month_day date(floor<days>(sys_time<milliseconds>(milliseconds(time))));
    return (static_cast<int>(date.year()) - 1970) * 12 +
           static_cast<std::int64_t>(static_cast<unsigned>(date.month())) - 1;
}

Time begin_of(std::int64_t month) {
    using namespace std::chrono;
    return duration_cast<milliseconds>(sys_days(year_month_of(month) / 1).time_since_epoch())
        .count();
}

std::string name_of(std::int64_t month) {
    auto date = year_month_of(month);
    return fmt::format("sample_{:04}{:02}", static_cast<int>(date.year()),
                       static_cast<unsigned>(date.month()));
}

// Attached and not made in place: that would wait for all who read samples.
Status make_month(PostgresDatabase& database, std::int64_t month) {
    auto name = name_of(month);
    auto rows = database.query("SELECT 1 WHERE to_regclass($1) IS NOT NULL", name);
    if (!rows.ok()) return rows.error();
    if (rows.value().count() > 0) return Done{};
    auto sql = fmt::format(
        "CREATE TABLE {0} (LIKE sample INCLUDING ALL); "
        "ALTER TABLE sample ATTACH PARTITION {0} FOR VALUES FROM ({1}) TO ({2})",
        name, begin_of(month), begin_of(month + 1));
    return database.script(sql.c_str());
}

}  // namespace

Status PostgresPartitions::make_for(PostgresDatabase& database, std::span<const SampleRow> rows) {
    // The month of the row before: [begins, ends).
    Time begins = 0;
    Time ends = 0;
    for (const auto& row : rows) {
        if (row.time < kFirst || row.time >= kEnd) continue;
        if (row.time >= begins && row.time < ends) continue;
        auto month = month_of(row.time);
        begins = begin_of(month);
        ends = begin_of(month + 1);
        if (known_.contains(month) || std::ranges::count(fresh_, month) > 0) continue;
        if (auto made = make_month(database, month); !made.ok()) return made;
        fresh_.push_back(month);
    }
    return Done{};
}

void PostgresPartitions::committed() {
    known_.insert(fresh_.begin(), fresh_.end());
    fresh_.clear();
}

Result<bool> PostgresPartitions::drop_one_before(PostgresDatabase& database, Time time) {
    auto last = time >= kEnd ? kEndMonth : month_of(std::max(time, kFirst));
    if (last <= kFirstMonth) return false;
    auto end = name_of(last);
    auto rows = database.query(
        "SELECT min(relname::text COLLATE \"C\") FROM pg_inherits JOIN pg_class "
        "ON pg_class.oid = inhrelid WHERE inhparent = 'sample'::regclass AND "
        "relname::text COLLATE \"C\" ~ '^sample_[0-9]{6}$' AND relname::text COLLATE \"C\" < $1",
        end);
    if (!rows.ok()) return rows.error();
    if (rows.value().is_null(0, 0)) return false;
    auto sql = fmt::format("BEGIN; SET LOCAL lock_timeout = '1s'; DROP TABLE {}; COMMIT",
                           rows.value().text(0, 0));
    forget();
    auto dropped = database.script(sql.c_str());
    if (dropped.ok()) return true;
    (void)database.script("ROLLBACK");
    if (database.is_connected()) return false;
    return dropped.error();
}

void PostgresPartitions::forget() {
    known_.clear();
    fresh_.clear();
}

}  // namespace martlet::telemetry
