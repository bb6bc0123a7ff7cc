#include "telemetry/rollup.h"

#include <algorithm>
#include <cstdlib>
#include <ctime>
#include <map>
#include <random>
#include <string>
#include <tuple>
#include <vector>

namespace martlet::telemetry {
namespace {

constexpr Time kMinute = 60'000;
constexpr Time kHour = 60 * kMinute;
constexpr Time kDay = 24 * kHour;

// The time zone of the process, for the length of a test.
class Zone {
  public:
    explicit Zone(const char* name) {
        if (const char* old = std::getenv("TZ")) old_ = old;
        ::setenv("TZ", name, 1);
        ::tzset();
    }
    ~Zone() {
        if (old_.empty())
            ::unsetenv("TZ");
        else
            ::setenv("TZ", old_.c_str(), 1);
        ::tzset();
    }

  private:
    std::string old_;
};

Time utc(int year, int month, int day, int hour = 0, int minute = 0, int second = 0) {
    std::tm tm{};
    tm.tm_year = year - 1900;
    tm.tm_mon = month - 1;
    tm.tm_mday = day;
    tm.tm_hour = hour;
    tm.tm_min = minute;
    tm.tm_sec = second;
    return static_cast<Time>(timegm(&tm)) * 1000;
}

std::string local_date(Time time) {
    auto seconds = static_cast<std::time_t>(time / 1000);
    std::tm tm{};
    localtime_r(&seconds, &tm);
    char text[32];
    std::strftime(text, sizeof text, "%Y-%m-%d", &tm);
    return text;
}

TEST(RollupBegins, WholeSpansInUtc) {
    LocalDays days;
    Time time = utc(2025, 3, 4, 13, 47, 59) + 999;
    EXPECT_EQ(rollup_begins(Rollup::Minute, time, days), utc(2025, 3, 4, 13, 47));
    EXPECT_EQ(rollup_begins(Rollup::Quarter, time, days), utc(2025, 3, 4, 13, 45));
    EXPECT_EQ(rollup_begins(Rollup::Hour, time, days), utc(2025, 3, 4, 13));
}

TEST(RollupBegins, TimesBefore1970FallIntoTheSpanBefore) {
    Zone zone("UTC");
    LocalDays days;
    EXPECT_EQ(rollup_begins(Rollup::Minute, -1, days), -kMinute);
    EXPECT_EQ(rollup_begins(Rollup::Quarter, -15 * kMinute, days), -15 * kMinute);
    EXPECT_EQ(rollup_begins(Rollup::Day, -1, days), -kDay);
}

TEST(RollupBegins, TimesWithoutCalendarDoNoHarm) {
    LocalDays days;
    for (Time time : {INT64_MAX, INT64_MIN / 2, Time{4'000'000'000'000'001}})
        EXPECT_LE(std::abs(rollup_begins(Rollup::Day, time, days) / kDay - time / kDay), 1);
}

TEST(LocalDays, StockholmHasDaysOf23And25Hours) {
    Zone zone("Europe/Stockholm");
    LocalDays days;
    Time spring = utc(2025, 3, 29, 23);
    EXPECT_EQ(days.begins(utc(2025, 3, 30, 12)), spring);
    EXPECT_EQ(days.begins(spring + 23 * kHour - 1), spring);
    EXPECT_EQ(days.begins(spring + 23 * kHour), spring + 23 * kHour);
    EXPECT_EQ(days.begins(spring - 1), spring - kDay);
    Time autumn = utc(2025, 10, 25, 22);
    EXPECT_EQ(days.begins(utc(2025, 10, 26, 12)), autumn);
    EXPECT_EQ(days.begins(autumn + 25 * kHour - 1), autumn);
    EXPECT_EQ(days.begins(autumn + 25 * kHour), autumn + 25 * kHour);
}

TEST(LocalDays, AMidnightThatNeverComes) {
    // In Beirut the clock goes from 23:59:59 to 01:00.
    Zone zone("Asia/Beirut");
    LocalDays days;
    Time first = utc(2024, 3, 30, 22);
    EXPECT_EQ(days.begins(first), first);
    EXPECT_EQ(days.begins(first - 1), first - kDay);
    EXPECT_EQ(days.begins(first + 23 * kHour), first + 23 * kHour);
}

TEST(LocalDays, AMidnightThatComesTwice) {
    // In Havana the clock goes from 01:00 back to 00:00.
    Zone zone("America/Havana");
    LocalDays days;
    Time first = utc(2024, 11, 3, 4);
    EXPECT_EQ(days.begins(first + 90 * kMinute), first);
    EXPECT_EQ(days.begins(first + 25 * kHour - 1), first);
    EXPECT_EQ(days.begins(first + 25 * kHour), first + 25 * kHour);
}

TEST(LocalDays, EachMomentIsInTheDayOfItsDate) {
    for (const char* name : {"Europe/Stockholm", "America/New_York", "Asia/Kathmandu", "UTC",
                             "Australia/Lord_Howe", "Pacific/Apia", "America/Havana"}) {
        Zone zone(name);
        LocalDays days;
        for (Time time = utc(2024, 1, 1); time < utc(2026, 1, 1); time += 47 * kMinute) {
            Time begins = days.begins(time);
            ASSERT_LE(begins, time);
            ASSERT_EQ(local_date(begins), local_date(time)) << name << ' ' << time;
            ASSERT_NE(local_date(begins - 1), local_date(time)) << name << ' ' << time;
        }
    }
}

RollupRow sample(Time time, double value, double step = 0) {
    return {1, Rollup::Minute, 0, 1, value, value, value, time, value, time, value, step};
}

TEST(MergeRollup, OfTwoAtOneTimeTheLaterIsLast) {
    RollupRow row = sample(1000, 5);
    merge_rollup(row, sample(1000, 3));
    merge_rollup(row, sample(400, 9, 2));
    EXPECT_EQ(row.count, 3);
    EXPECT_EQ(row.first, 9);
    EXPECT_EQ(row.first_time, 400);
    EXPECT_EQ(row.last, 3);
    EXPECT_EQ(row.min, 3);
    EXPECT_EQ(row.max, 9);
    EXPECT_EQ(row.sum, 17);
    EXPECT_EQ(row.step, 2);
}

auto identity(const RollupRow& row) {
    return std::make_tuple(row.series, row.width, row.begins);
}

auto everything(const RollupRow& row) {
    return std::make_tuple(row.series, row.width, row.begins, row.count, row.min, row.max, row.sum,
                           row.first_time, row.first, row.last_time, row.last, row.step);
}

// The slow model: each sample into each width at once, by a map.
class Model {
  public:
    void add(SeriesKey series, Time time, double number, double step) {
        for (Rollup width : kRollups) {
            RollupRow row{series, width, 0,      1,    number, number,
                          number, time,  number, time, number, step};
            row.begins = rollup_begins(width, time, days_);
            auto [at, is_new] = rows_.emplace(identity(row), row);
            if (!is_new) merge_rollup(at->second, row);
        }
    }
    const auto& rows() const { return rows_; }

  private:
    LocalDays days_;
    std::map<std::tuple<SeriesKey, Rollup, Time>, RollupRow> rows_;
};

TEST(Rollups, SameAsTheSlowModel) {
    Zone zone("Europe/Stockholm");
    for (unsigned seed = 1; seed <= 20; seed++) {
        std::mt19937 random(seed);
        auto below = [&](int n) { return static_cast<int>(random() % static_cast<unsigned>(n)); };
        Rollups rollups;
        Model model;
        std::vector<RollupSlot> slots(5);
        std::vector<Time> clocks(5, utc(2025, 10, 25, 12));
        std::vector<RollupRow> rows;
        for (int i = 0; i < 3000; i++) {
            auto which = static_cast<std::size_t>(below(5));
            clocks[which] += below(10) == 0 ? below(3 * 3600) * 1000 : below(20) * 1000;
            Time time = clocks[which] - (below(8) == 0 ? below(5 * 3600) * 1000 : 0);
            double number = below(1000);
            double step = below(10);
            auto series = static_cast<SeriesKey>(which + 1);
            rollups.add(series, slots[which], time, number, step);
            model.add(series, time, number, step);
            // Finishing in between must not change what comes out at the end.
            if (below(500) == 0) rollups.finish(rows);
        }
        rollups.finish(rows);
        ASSERT_EQ(rows.size(), model.rows().size()) << "seed " << seed;
        ASSERT_TRUE(
            std::is_sorted(rows.begin(), rows.end(),
                           [](const auto& a, const auto& b) { return identity(a) < identity(b); }))
            << "seed " << seed;
        for (const RollupRow& row : rows)
            ASSERT_EQ(everything(row), everything(model.rows().at(identity(row)))) << seed;
    }
}

TEST(Rollups, ASlotOfAnEarlierBatchIsNotUsed) {
    Rollups rollups;
    RollupSlot slot;
    std::vector<RollupRow> rows;
    rollups.add(7, slot, 1000, 1, 0);
    rollups.clear();
    rollups.add(7, slot, 2000, 2, 0);
    rollups.finish(rows);
    ASSERT_EQ(rows.size(), kRollups.size());
    EXPECT_EQ(rows[0].count, 1);
    EXPECT_EQ(rows[0].first, 2);
}

TEST(Rollups, AForgottenSeriesIsGoneAndOthersKeepTheirs) {
    Rollups rollups;
    RollupSlot one, two;
    std::vector<RollupRow> rows;
    rollups.add(1, one, 1000, 1, 0);
    rollups.add(2, two, 1000, 5, 0);
    rollups.forget({1});
    rollups.add(2, two, 2000, 6, 0);
    rollups.finish(rows);
    ASSERT_EQ(rows.size(), kRollups.size());
    EXPECT_EQ(rows[0].series, 2);
    EXPECT_EQ(rows[0].count, 2);
}

}  // namespace
}  // namespace martlet::telemetry
