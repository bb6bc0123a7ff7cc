#pragma once

// The rollups of a batch: minutes are kept sample by sample, quarters, hours and days are made of
// them when the batch is finished, so that each (series, width, begins) is in it once. One thread.

#include "base/hash_map.h"
#include "telemetry/store/rows.h"

#include <array>
#include <cstdint>
#include <vector>

namespace martlet::telemetry {

// Local midnights, remembered: asking the system costs microseconds. Of the time zone that the
// process runs in; days of 23 and 25 hours are days.
class LocalDays {
  public:
    // The last midnight at or before `time`.
    Time begins(Time time);

  private:
    struct Day {
        Time begins = 0;
        Time ends = 0;
    };
    std::array<Day, 64> days_{};
};

// When the rollup that `time` falls in begins.
Time rollup_begins(Rollup width, Time time, LocalDays& days);

// Adds what `from` knows to `into`, which is of the same series and span, or a wider one, or empty
// (a count of 0). Of two samples of one time the one that was added later is the last.
void merge_rollup(RollupRow& into, const RollupRow& from);

// Where the newest minute of a series is: kept beside the series so that no look-up is needed.
struct RollupSlot {
    std::uint32_t batch = 0;
    std::uint32_t index = 0;
};

class Rollups {
  public:
    void add(SeriesKey series, RollupSlot& slot, Time time, double number, double step);
    // Rows of all widths, each once, ordered by series, width and time. May be called again after
    // more was added.
    void finish(std::vector<RollupRow>& out);
    void clear();
    void forget(const HashSet<SeriesKey>& series);

  private:
    void merge_minutes(std::vector<RollupRow>& out) const;
    void widen(const std::vector<RollupRow>& minutes, std::size_t from, std::size_t to,
               std::vector<RollupRow>& out);

    std::vector<RollupRow> minutes_;  // in order of arrival; one span may be there several times
    std::uint32_t batch_ = 1;
    LocalDays days_;
};

}  // namespace martlet::telemetry
