#include "telemetry/rollup.h"

#include <algorithm>
#include <ctime>
#include <tuple>

namespace martlet::telemetry {

namespace {

constexpr Time kMinute = 60'000;
constexpr Time kHour = 60 * kMinute;
constexpr Time kDay = 24 * kHour;
// Beyond (the year 128,000) there is no calendar: days are counted in UTC.
constexpr Time kCalendarEnd = 4'000'000'000'000'000;
constexpr SeriesKey kForgotten = 0;

Time floor_to(Time time, Time width) {
    Time rest = time % width;
    return time - rest - (rest < 0 ? width : 0);
}

bool is_same_local_day(const std::tm& day, Time time) {
    auto seconds = static_cast<std::time_t>(floor_to(time, 1000) / 1000);
    std::tm local{};
    localtime_r(&seconds, &local);
    return local.tm_yday == day.tm_yday && local.tm_year == day.tm_year;
}

// Searched for in whole minutes: mktime is not sure of a midnight that comes twice or never.
Time find_midnight(Time time) {
    auto seconds = static_cast<std::time_t>(floor_to(time, 1000) / 1000);
    std::tm day{};
    localtime_r(&seconds, &day);
    Time inside = floor_to(time, kMinute);
    Time before = inside - 27 * kHour;
    while (inside - before > kMinute) {
        Time middle = floor_to(before + (inside - before) / 2, kMinute);
        (is_same_local_day(day, middle) ? inside : before) = middle;
    }
    return inside;
}

}  // namespace

Time LocalDays::begins(Time time) {
    if (time > kCalendarEnd || time < -kCalendarEnd) return time - time % kDay;
    // A day is kept where its first moment in UTC belongs; it may reach into the next place.
    auto number = static_cast<std::uint64_t>(floor_to(time, kDay) / kDay);
    for (std::uint64_t back = 0; back < 2; back++) {
        const Day& day = days_[(number - back) % days_.size()];
        if (time >= day.begins && time < day.ends) return day.begins;
    }
    Day found{find_midnight(time), 0};
    // Noon of the next day, however long this one is.
    found.ends = find_midnight(found.begins + 36 * kHour);
    auto home = static_cast<std::uint64_t>(floor_to(found.begins, kDay) / kDay);
    days_[home % days_.size()] = found;
    return found.begins;
}

Time rollup_begins(Rollup width, Time time, LocalDays& days) {
    switch (width) {
        case Rollup::Minute:
            return floor_to(time, kMinute);
        case Rollup::Quarter:
            return floor_to(time, 15 * kMinute);
        case Rollup::Hour:
            return floor_to(time, kHour);
        case Rollup::Day:
            break;
    }
    return days.begins(time);
}

void merge_rollup(RollupRow& into, const RollupRow& from) {
    if (into.count == 0) {
        into = from;
        return;
    }
    into.count += from.count;
    into.min = std::min(into.min, from.min);
    into.max = std::max(into.max, from.max);
    into.sum += from.sum;
    into.step += from.step;
    if (from.first_time < into.first_time) {
        into.first_time = from.first_time;
        into.first = from.first;
    }
    if (from.last_time >= into.last_time) {
        into.last_time = from.last_time;
        into.last = from.last;
    }
}

void Rollups::add(SeriesKey series, RollupSlot& slot, Time time, double number, double step) {
    RollupRow row{series, Rollup::Minute, 0,      1,    number, number,
                  number, time,           number, time, number, step};
    if (slot.batch == batch_) {
        RollupRow& open = minutes_[slot.index];
        if (time >= open.begins && time - open.begins < kMinute) {
            merge_rollup(open, row);
            return;
        }
    }
    row.begins = floor_to(time, kMinute);
    slot = {batch_, static_cast<std::uint32_t>(minutes_.size())};
    minutes_.push_back(row);
}

void Rollups::merge_minutes(std::vector<RollupRow>& out) const {
    struct Key {
        SeriesKey series;
        Time begins;
        std::size_t index;
        bool operator<(const Key& other) const {
            return std::tie(series, begins, index) <
                   std::tie(other.series, other.begins, other.index);
        }
    };
    std::vector<Key> order;
    order.reserve(minutes_.size());
    for (std::size_t i = 0; i < minutes_.size(); i++) {
        if (minutes_[i].series != kForgotten)
            order.push_back({minutes_[i].series, minutes_[i].begins, i});
    }
    std::sort(order.begin(), order.end());
    out.clear();
    out.reserve(order.size());
    for (const Key& key : order) {
        const RollupRow& row = minutes_[key.index];
        if (!out.empty() && out.back().series == key.series && out.back().begins == key.begins)
            merge_rollup(out.back(), row);
        else
            out.push_back(row);
    }
}

// The minutes of one series, in order, and what is made of them.
void Rollups::widen(const std::vector<RollupRow>& minutes, std::size_t from, std::size_t to,
                    std::vector<RollupRow>& out) {
    for (Rollup width : kRollups) {
        std::size_t first = out.size();
        for (std::size_t i = from; i < to; i++) {
            Time begins = rollup_begins(width, minutes[i].begins, days_);
            if (out.size() > first && out.back().begins == begins) {
                merge_rollup(out.back(), minutes[i]);
                continue;
            }
            out.push_back(minutes[i]);
            out.back().width = width;
            out.back().begins = begins;
        }
    }
}

void Rollups::finish(std::vector<RollupRow>& out) {
    std::vector<RollupRow> minutes;
    merge_minutes(minutes);
    out.clear();
    out.reserve(minutes.size() * kRollups.size());
    for (std::size_t from = 0; from < minutes.size();) {
        std::size_t to = from;
        while (to < minutes.size() && minutes[to].series == minutes[from].series) to++;
        widen(minutes, from, to, out);
        from = to;
    }
}

void Rollups::clear() {
    minutes_.clear();
    batch_++;
}

void Rollups::forget(const HashSet<SeriesKey>& series) {
    // The rows keep their places, which slots point to.
    for (RollupRow& row : minutes_) {
        if (series.contains(row.series)) row.series = kForgotten;
    }
}

}  // namespace martlet::telemetry
