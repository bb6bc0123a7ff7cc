#include "http/figures/state_time.h"

#include "http/answers/rows_json.h"

#include <algorithm>

namespace martlet::http {

using telemetry::RollupRow;
using telemetry::SampleRow;
using telemetry::TimeRange;

namespace {

// Adds up what holds from one value to the next, within the range.
class Clock {
  public:
    explicit Clock(TimeRange range) : range_(range) {}

    void value(Time time, bool is_on) {
        advance(time);
        is_known_ = true;
        is_on_ = is_on;
    }
    StateTime end() {
        advance(range_.to);
        return sum_;
    }

  private:
    void advance(Time time) {
        Time from = std::max(at_, range_.from);
        Time to = std::min(time, range_.to);
        at_ = std::max(at_, time);
        if (!is_known_ || to <= from) return;
        sum_.known_ms += to - from;
        if (is_on_) sum_.on_ms += to - from;
    }

    TimeRange range_;
    Time at_ = 0;
    bool is_known_ = false;
    bool is_on_ = false;
    StateTime sum_;
};

}  // namespace

Result<StateTime> state_time(telemetry::StoreReader& reader, const telemetry::SeriesRow* series,
                             TimeRange range) {
    if (!series || range.from >= range.to) return StateTime{};
    Clock clock(range);
    // What held when the range began was said on an earlier day, or earlier on its first day.
    Time first_day = period_begins(range.from, Calendar::Day);
    Status read = reader.rollups(series->key, telemetry::Rollup::Day, {0, first_day},
                                 [&](const RollupRow& row) {
                                     clock.value(row.last_time, row.last != 0);
                                     return true;
                                 });
    if (!read) return read.error();
    read = reader.samples(series->key, {first_day, range.to}, [&](const SampleRow& row) {
        double number = 0;
        if (as_number(row.value, number)) clock.value(row.time, number != 0);
        return true;
    });
    if (!read) return read.error();
    return clock.end();
}

}  // namespace martlet::http
