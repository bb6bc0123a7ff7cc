#include "telemetry/store/prune_round.h"

namespace martlet::telemetry {

namespace {

// What one call may cost, in removed rows; looking at a series or source costs as much as a few.
constexpr std::int64_t kBudget = 5000;
constexpr std::int64_t kLook = 5;

// A table is walked by whose rows they are: `next_owner` after ?1, then `remove` of ?1 what is
// older than ?2 (of raw messages: all but the newest ?2), at most about ?3 rows. ?4 and, of owners,
// ?2 is the width of rollups.
struct Step {
    const char* next_owner;
    const char* remove;
    std::optional<Rollup> width;
};

constexpr const char* kNextOfRollups =
    "SELECT min(series) FROM rollup WHERE width = ?2 AND series > ?1";
constexpr const char* kRemoveRollups =
    "DELETE FROM rollup WHERE width = ?4 AND series = ?1 AND begins < ?2 AND begins <= "
    "coalesce((SELECT begins FROM rollup WHERE width = ?4 AND series = ?1 AND begins < ?2 "
    "ORDER BY begins LIMIT 1 OFFSET ?3 - 1), ?2)";

constexpr std::array kSteps = {
    Step{"SELECT min(series) FROM sample WHERE series > ?1",
         "DELETE FROM sample WHERE series = ?1 AND time < ?2 AND time <= "
         "coalesce((SELECT time FROM sample WHERE series = ?1 AND time < ?2 "
         "ORDER BY time LIMIT 1 OFFSET ?3 - 1), ?2)",
         std::nullopt},
    Step{kNextOfRollups, kRemoveRollups, Rollup::Minute},
    Step{kNextOfRollups, kRemoveRollups, Rollup::Quarter},
    Step{kNextOfRollups, kRemoveRollups, Rollup::Hour},
    Step{kNextOfRollups, kRemoveRollups, Rollup::Day},
    Step{"SELECT min(source) FROM position WHERE source > ?1",
         "DELETE FROM position WHERE key IN (SELECT key FROM position WHERE source = ?1 AND "
         "time < ?2 ORDER BY time LIMIT ?3)",
         std::nullopt},
    // All events have one owner, 0.
    Step{"SELECT CASE WHEN ?1 < 0 THEN CAST(0 AS BIGINT) END",
         "DELETE FROM event WHERE ?1 = 0 AND key IN (SELECT key FROM event WHERE time < ?2 "
         "ORDER BY time LIMIT ?3)",
         std::nullopt},
    Step{"SELECT min(source) FROM raw WHERE source > ?1",
         "DELETE FROM raw WHERE key IN (SELECT key FROM raw WHERE source = ?1 AND key <= "
         "(SELECT key FROM raw WHERE source = ?1 ORDER BY key DESC LIMIT 1 OFFSET ?2) "
         "ORDER BY key LIMIT ?3)",
         std::nullopt},
};
constexpr std::size_t kPositions = 5;
constexpr std::size_t kEvents = 6;
constexpr std::size_t kRaw = 7;
static_assert(kSteps.size() == kRaw + 1);

// Nothing: all of it stays.
std::optional<std::int64_t> limit_of(std::size_t step, const Retention& retention) {
    if (step == kRaw) return retention.raw_kept;
    Time before = 0;
    if (auto width = kSteps[step].width) {
        before = retention.rollups_before[static_cast<std::size_t>(*width)];
    } else if (step == kPositions) {
        before = retention.positions_before;
    } else if (step == kEvents) {
        before = retention.events_before;
    } else {
        before = retention.samples_before;
    }
    return before == 0 ? std::optional<std::int64_t>() : before;
}

}  // namespace

Result<bool> PruneRound::go_on(PruneDoor& door, const Retention& retention) {
    before_ = place_;
    for (std::int64_t budget = kBudget; budget > 0 && place_.step < kSteps.size();) {
        auto limit = limit_of(place_.step, retention);
        if (!limit) {
            next_step();
            continue;
        }
        auto cost = prune_owner(door, *limit, budget);
        if (!cost.ok()) return cost.error();
        budget -= cost.value();
    }
    if (place_.step < kSteps.size()) return true;
    place_ = {};
    return false;
}

// Returns what it cost.
Result<std::int64_t> PruneRound::prune_owner(PruneDoor& door, std::int64_t limit,
                                             std::int64_t rows_max) {
    const auto& step = kSteps[place_.step];
    auto minutes = step.width ? rollup_minutes(*step.width) : 0;
    std::array<std::int64_t, 2> owners = {place_.after, minutes};
    auto owner = door.ask(step.next_owner, std::span(owners).first(step.width ? 2 : 1));
    if (!owner.ok()) return owner.error();
    if (!owner.value()) {
        next_step();
        return kLook;
    }
    std::array<std::int64_t, 4> limits = {*owner.value(), limit, rows_max, minutes};
    auto removed = door.remove(step.remove, std::span(limits).first(step.width ? 4 : 3));
    if (!removed.ok()) return removed.error();
    // As many as it could: there may be more of this owner.
    if (removed.value() < rows_max) place_.after = *owner.value();
    return removed.value() + kLook;
}

}  // namespace martlet::telemetry
