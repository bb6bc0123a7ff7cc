#include "http/answers/times.h"

#include <cstdlib>
#include <ctime>

namespace martlet::http {
namespace {

constexpr Time kNow = 1'763'740'800'000;  // 2025-11-21T16:00:00Z

class Times : public testing::Test {
  protected:
    Times() {
        setenv("TZ", "Europe/Brussels", 1);
        tzset();
    }
};

TEST_F(Times, AreReadInEveryForm) {
    struct Case {
        const char* text;
        Time time;
    };
    const Case cases[] = {
        {"now", kNow},
        {"-90s", kNow - 90'000},
        {"-15m", kNow - 15 * kMinute},
        {"-24h", kNow - kDay},
        {"-7d", kNow - 7 * kDay},
        {"-2w", kNow - 14 * kDay},
        {"-40000w", INT64_MIN},
        {"0", 0},
        {"1763740800123", kNow + 123},
        {"2025-11-21T16:00:00Z", kNow},
        {"2025-11-21t16:00z", kNow},
        {"2025-11-21 17:00:00+01:00", kNow},
        {"2025-11-21T17:00:00 01:00", kNow},
        {"2025-11-21T10:30:00-0530", kNow},
        {"2025-11-21T16:00:00.25Z", kNow + 250},
        {"2025-11-21T16:00:00.1234567Z", kNow + 123},
        {"2025-11-21T17:00", kNow},
        {"2025-11-21", kNow - 17 * kHour},
        {"2025-07-01", 1'751'320'800'000},
        {"", INT64_MIN},
        {"yesterday", INT64_MIN},
        {"-", INT64_MIN},
        {"-1", INT64_MIN},
        {"-0h", INT64_MIN},
        {"-1y", INT64_MIN},
        {"2025-02-29", INT64_MIN},
        {"2025-13-01", INT64_MIN},
        {"2025-11-21T24:00Z", INT64_MIN},
        {"2025-11-21T16:60Z", INT64_MIN},
        {"2025-11-21T16:00:00.Z", INT64_MIN},
        {"2025-11-21T16:00Zx", INT64_MIN},
        {"2025-11-21T16", INT64_MIN},
        {"1969-12-31", INT64_MIN},
        {"99999999999999999999", INT64_MIN},
        {"253402300800000", INT64_MIN},
    };
    for (const Case& one : cases) {
        auto time = parse_time(one.text, kNow);
        EXPECT_EQ(time.value_or(INT64_MIN), one.time) << one.text;
    }
}

TEST_F(Times, AreWrittenInUtc) {
    EXPECT_EQ(iso_time(kNow + 7), "2025-11-21T16:00:00.007Z");
    EXPECT_EQ(iso_time(0), "1970-01-01T00:00:00.000Z");
    EXPECT_EQ(iso_time(951'782'400'000), "2000-02-29T00:00:00.000Z");
}

TEST_F(Times, PeriodsFollowTheLocalCalendar) {
    auto at = [](const char* text) { return *parse_time(text, 0); };
    EXPECT_EQ(period_begins(kNow, Calendar::Day), at("2025-11-21"));
    EXPECT_EQ(period_begins(kNow, Calendar::Week), at("2025-11-17"));
    EXPECT_EQ(period_begins(kNow, Calendar::Month), at("2025-11-01"));
    EXPECT_EQ(period_begins(kNow, Calendar::Month, 2), at("2026-01-01"));
    EXPECT_EQ(period_begins(kNow, Calendar::Month, -11), at("2024-12-01"));
    EXPECT_EQ(period_begins(kNow, Calendar::Year), at("2025-01-01"));
    // The days on which the clocks change have 23 and 25 hours.
    Time spring = at("2025-03-30");
    EXPECT_EQ(period_begins(spring, Calendar::Day, 1) - spring, 23 * kHour);
    Time autumn = at("2025-10-26");
    EXPECT_EQ(period_begins(autumn, Calendar::Day, 1) - autumn, 25 * kHour);
    EXPECT_EQ(period_begins(autumn + 24 * kHour, Calendar::Day), autumn);
    EXPECT_EQ(period_name(kNow, Calendar::Month), "2025-11");
    EXPECT_EQ(period_name(at("2026-01-01"), Calendar::Year), "2026");
}

}  // namespace
}  // namespace martlet::http
