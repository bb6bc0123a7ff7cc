#include "telemetry/payload_time.h"

#include <gtest/gtest.h>

#include <string>

namespace martlet::telemetry {
namespace {

constexpr Time kNever = -1;

Time text_time(std::string_view text, std::optional<int> zone = std::nullopt) {
    Time time = 0;
    return time_from_text(text, zone, time) ? time : kNever;
}

Time number_time(double number) {
    Time time = 0;
    return time_from_number(number, time) ? time : kNever;
}

TEST(PayloadTime, iso_8601_with_a_zone) {
    constexpr Time kTime = 1'763'719'200'000;  // 2025-11-21T10:00:00Z
    EXPECT_EQ(text_time("2025-11-21T10:00:00Z"), kTime);
    EXPECT_EQ(text_time("2025-11-21t10:00Z"), kTime);
    EXPECT_EQ(text_time("2025-11-21 10:00:00.250Z"), kTime + 250);
    EXPECT_EQ(text_time("2025-11-21T10:00:00.123456789Z"), kTime + 123);
    EXPECT_EQ(text_time("2025-11-21T11:00:00+01:00"), kTime);
    EXPECT_EQ(text_time("2025-11-21T06:30:00-0330"), kTime);
    EXPECT_EQ(text_time("2025-11-21T11:00:00+01"), kTime);
    EXPECT_EQ(text_time("1970-01-01T00:00:00Z"), 0);
    EXPECT_EQ(text_time("2024-02-29T00:00:00Z"), 1'709'164'800'000);
    EXPECT_EQ(text_time("1969-12-31T23:59:59Z"), -1000);
}

TEST(PayloadTime, without_a_zone_it_must_be_told) {
    EXPECT_EQ(text_time("2025-11-21T10:00:00"), kNever);
    EXPECT_EQ(text_time("2025-11-21T10:00:00", 0), 1'763'719'200'000);
    EXPECT_EQ(text_time("2025-11-21T10:00:00", 60), 1'763'715'600'000);
    // The payload knows better.
    EXPECT_EQ(text_time("2025-11-21T10:00:00Z", 60), 1'763'719'200'000);
}

TEST(PayloadTime, other_texts_are_no_time) {
    for (std::string_view text : {"",
                                  "2025",
                                  "2025-11-21",
                                  "2025-11-21T",
                                  "2025-11-21T10",
                                  "2025-11-21T10:00:0Z",
                                  "2025-13-01T00:00:00Z",
                                  "2025-02-29T00:00:00Z",
                                  "2025-00-10T00:00:00Z",
                                  "2025-11-21T24:00:01Z",
                                  "2025-11-21T25:00:00Z",
                                  "2025-11-21T10:60:00Z",
                                  "2025-11-21T10:00:61Z",
                                  "2025-11-21T10:00:00.Z",
                                  "2025-11-21T10:00:00+",
                                  "2025-11-21T10:00:00+1:00",
                                  "2025-11-21T10:00:00+16:00",
                                  "2025-11-21T10:00:00+01:60",
                                  "2025-11-21T10:00:00ZZ",
                                  "2025/11-21T10:00:00Z",
                                  "25-11-21T10:00:00Z",
                                  "yesterday"}) {
        EXPECT_EQ(text_time(text), kNever) << text;
    }
}

TEST(PayloadTime, other_ways_to_write_it) {
    constexpr Time kTime = 1'767'218'400'000;  // 2025-12-31T22:00:00Z
    EXPECT_EQ(text_time("20251231T220000Z"), kTime);
    EXPECT_EQ(text_time("20251231T2200Z"), kTime);
    EXPECT_EQ(text_time("20251231T220000.250Z"), kTime + 250);
    EXPECT_EQ(text_time("20251231T230000+0100"), kTime);
    EXPECT_EQ(text_time("2025-12-31T220000Z"), kTime);
    EXPECT_EQ(text_time("20251231220000Z"), kTime);
    EXPECT_EQ(text_time("20251231220000"), kNever);
    EXPECT_EQ(text_time("20251231220000", 0), kTime);
    EXPECT_EQ(text_time("20251231220000123", 0), kTime + 123);
    EXPECT_EQ(text_time("202512312200", 0), kTime);
    EXPECT_EQ(text_time("20251231 22:00:00", 0), kTime);
    EXPECT_EQ(text_time("2025-12-31_22:00:00", 0), kTime);
    EXPECT_EQ(text_time("2025-12-31 22:00:00 UTC"), kTime);
    EXPECT_EQ(text_time("2025-12-31 22:00:00 GMT"), kTime);
    EXPECT_EQ(text_time("2025-12-31 22:00:00 +0000"), kTime);
    EXPECT_EQ(text_time("2025-12-31 22:00:00.5 +00:00"), kTime + 500);
    EXPECT_EQ(text_time("2025-12-31t22:00:00z"), kTime);
    EXPECT_EQ(text_time(" 2025-12-31T22:00:00Z\r\n"), kTime);
    EXPECT_EQ(text_time("2025-12-31T23:00:00+01:00[Europe/Stockholm]"), kTime);
    EXPECT_EQ(text_time("Wed, 31 Dec 2025 22:00:00 GMT"), kTime);
    EXPECT_EQ(text_time("Wed, 31 Dec 2025 23:00:00 +0100"), kTime);
    EXPECT_EQ(text_time("31 Dec 2025 22:00:00 UTC"), kTime);
    EXPECT_EQ(text_time("Wednesday, 31-Dec-2025 22:00:00 GMT"), kTime);
    EXPECT_EQ(text_time("Wed Dec 31 22:00:00 2025", 0), kTime);
    EXPECT_EQ(text_time("Wed Dec 31 22:00:00 UTC 2025"), kTime);
    EXPECT_EQ(text_time("Thu Jan  1 22:00:00 2026", 0), kTime + 86'400'000);
    EXPECT_EQ(text_time("31.12.2025 22:00:00", 0), kTime);
    EXPECT_EQ(text_time("31.12.2025, 22:00", 0), kTime);
    EXPECT_EQ(text_time("2025-12-31T22:00:00UTC+00:00"), kTime);
    EXPECT_EQ(text_time("2025/12/31 22:00:00", 0), kTime);
    EXPECT_EQ(text_time("2025/12/31T22:00:00Z"), kTime);
    EXPECT_EQ(text_time("2025/12/31 23:00 +01:00"), kTime);
    EXPECT_EQ(text_time("2025-12-31T24:00:00Z"), kTime + 7'200'000);
    EXPECT_EQ(text_time("/Date(1767218400000)/"), kTime);
    EXPECT_EQ(text_time("/Date(1767218400000+0100)/"), kTime);
    for (std::string_view text : {"/Date()/", "/Date(x)/", "/Date(1767218400000", "Date(1)",
                                  "/Date(1767218400000 5)/", "/Date(1767218400000000000)/"})
        EXPECT_EQ(text_time(text), kNever) << text;
    for (std::string_view text :
         {"20251231T220000X", "20251331T220000Z", "2025-12-31 22:00:00 CET", "20251231220",
          "2025123122", "Wed, 31 Foo 2025 22:00:00 GMT", "Wed", "Dec", "12/31/2025 22:00:00",
          "31.12.25 22:00:00", "2025-12-31T22:00:00Z trailing", "2025-12-31 Z", "22:00:00", "now",
          "Wed Dec 31 22:00:00 CET 2025", "2025-W01-1T00:00:00Z"}) {
        EXPECT_EQ(text_time(text, 0), kNever) << text;
    }
}

TEST(PayloadTime, names_of_zones_hold_once_the_zone_is_told) {
    constexpr Time kTime = 1'767'218'400'000;  // 2025-12-31T22:00:00Z
    Time time = 0;
    for (std::string_view text : {"2025-12-31 23:00:00 CET", "2025-12-31T17:00:00 EST",
                                  "Wed Dec 31 23:00:00 CET 2025", "Wed, 31 Dec 2025 17:00:00 EST"})
        EXPECT_EQ(read_time_text(text, std::nullopt, time), TimeValue::NoZone) << text;
    EXPECT_EQ(text_time("2025-12-31 23:00:00 CET", 60), kTime);
    EXPECT_EQ(text_time("2025-12-31 23:00:00 CET", 120), kTime);
    EXPECT_EQ(text_time("2026-01-01 00:00:00 cest", 60), kTime);
    EXPECT_EQ(text_time("2025-12-31 17:00:00 EST", -300), kTime);
    EXPECT_EQ(read_time_text("2025-12-31 23:00:00 EST", 60, time), TimeValue::NoZone);
    EXPECT_EQ(read_time_text("2025-12-31 23:00:00 PM", 60, time), TimeValue::WrongClock);
    EXPECT_EQ(read_time_text("2025-12-31 23:00:00 XYZ", 60, time), TimeValue::WrongClock);
}

TEST(PayloadTime, times_of_dsmr_meters) {
    constexpr Time kTime = 1'767'218'400'000;  // 2025-12-31T22:00:00Z
    Time time = 0;
    EXPECT_EQ(read_time_text("251231230000W", std::nullopt, time), TimeValue::NoZone);
    EXPECT_EQ(text_time("251231230000W", 60), kTime);
    EXPECT_EQ(text_time("260101000000S", 60), kTime);
    for (std::string_view text : {"251331230000W", "251231250000W", "251231230000X",
                                  "251231230000w", "25123123000W", "2512312300000W"})
        EXPECT_EQ(text_time(text, 60), kNever) << text;
}

TEST(PayloadTime, halves_of_a_time) {
    Time time = 0;
    EXPECT_EQ(read_time_text("2026-01-01", std::nullopt, time), TimeValue::DateOnly);
    EXPECT_EQ(read_time_text("20260101", std::nullopt, time), TimeValue::DateOnly);
    EXPECT_EQ(read_time_text("01.01.2026", std::nullopt, time), TimeValue::DateOnly);
    EXPECT_EQ(read_time_text("10:00:00", std::nullopt, time), TimeValue::ClockOnly);
    EXPECT_EQ(read_time_text("10:00Z", std::nullopt, time), TimeValue::ClockOnly);
    EXPECT_EQ(read_time_text("2026-01-01T10:00:00", std::nullopt, time), TimeValue::NoZone);
    EXPECT_EQ(read_time_text("2026-13-01", std::nullopt, time), TimeValue::WrongClock);
    auto joined = [](std::string_view date, std::string_view clock, std::optional<int> zone) {
        Time told = 0;
        return time_from_date_and_clock(date, clock, zone, told) ? told : kNever;
    };
    constexpr Time kTime = 1'767'261'600'000;  // 2026-01-01T10:00:00Z
    EXPECT_EQ(joined("2026-01-01", "10:00:00", 0), kTime);
    EXPECT_EQ(joined("2026-01-01", "10:00:00", 60), kTime - 3'600'000);
    EXPECT_EQ(joined("2026-01-01", "10:00:00", std::nullopt), kNever);
    EXPECT_EQ(joined("2026-01-01", "10:00:00Z", std::nullopt), kTime);
    EXPECT_EQ(joined("2026-01-01", "11:00:00+01:00", std::nullopt), kTime);
    EXPECT_EQ(joined("20260101", "100000", 0), kTime);
    EXPECT_EQ(joined("01.01.2026", "10:00", 0), kTime);
    EXPECT_EQ(joined("10:00:00", "2026-01-01", 0), kNever);
    EXPECT_EQ(joined("2026-01-01T10:00:00Z", "10:00:00", 0), kNever);
    EXPECT_EQ(joined("", "", 0), kNever);
}

// What a member says, as a time or in a word.
std::string member(std::string_view json, std::optional<int> zone = std::nullopt) {
    constexpr Time kReceived = 1'767'225'600'000;  // 2026-01-01T00:00:00Z
    PayloadJson reader;
    EXPECT_EQ(reader.read(json), "");
    const JsonLeaf& leaf = reader.leaves().front();
    Time time = kNever;
    switch (time_of_member(time_key(leaf.key()), leaf, zone, kReceived, time)) {
        case TimeValue::NotTime:
            return "value";
        case TimeValue::Told:
            return std::to_string(time);
        case TimeValue::WrongClock:
            return "wrong";
        case TimeValue::Unclear:
            return "unclear";
        case TimeValue::NoZone:
            return "no zone";
        case TimeValue::DateOnly:
            return "date";
        case TimeValue::ClockOnly:
            return "clock";
    }
    return "?";
}

TEST(PayloadTime, members_that_tell_the_time) {
    for (std::string_view json :
         {R"({"timestamp_ms":1767220000000})", R"({"_timestamp":1767220000})",
          R"({"t":1767220000})", R"({"ts":"1767220000"})", R"({"time":1767220000.0})",
          R"({"time":1767220000000000})", R"({"time":1767220000000000000})",
          R"({"a":{"b":[{"ts":1767220000}]}})", R"({"received_at":"2025-12-31T22:26:40Z"})",
          R"({"time":"20251231T222640Z"})", R"({"time":"2025-12-31 22:26:40 UTC"})",
          R"({"time":"20251231222640Z"})", R"({"date":"2025-12-31T22:26:40Z"})",
          R"({"last_seen":1767220000000})", R"({"boot_time":1767220000})", R"({"dt":1767220000})",
          R"({"time_ns":1767220000000000000})", R"({"timestamp_us":"1767220000000000"})"}) {
        EXPECT_EQ(member(json), "1767220000000") << json;
    }
    EXPECT_EQ(member(R"({"time":20251231222640})", 0), "1767220000000");
    EXPECT_EQ(member(R"({"time":"20251231222640"})", 0), "1767220000000");
    EXPECT_EQ(member(R"({"time":20251231222640})"), "no zone");
    EXPECT_EQ(member(R"({"time":"2025-12-31T22:26:40"})"), "no zone");
    EXPECT_EQ(member(R"({"time":"22:26:40"})"), "clock");
    EXPECT_EQ(member(R"({"date":"2025-12-31"})"), "date");
    EXPECT_EQ(member(R"({"date":"20251231"})"), "date");
}

TEST(PayloadTime, clocks_that_were_never_set_are_no_value) {
    for (std::string_view json :
         {R"({"ts":12})", R"({"ts":0})", R"({"ts":-1})", R"({"ts":12.4})", R"({"time":0})",
          R"({"timestamp":946684805})", R"({"time":946684805})", R"({"time":200000})",
          R"({"time":"1970-01-01T00:00:12Z"})", R"({"time":"2000-01-01 00:00:12 UTC"})",
          R"({"ts":1767400000})", R"({"timestamp_ms":1767220000})",
          R"({"t":"1970-01-01T00:00:00Z"})", R"({"ts":1e300})"}) {
        EXPECT_EQ(member(json), "wrong") << json;
    }
}

TEST(PayloadTime, texts_that_are_meant_as_a_time_but_not_understood) {
    for (std::string_view json :
         {R"({"timestamp":"never 5"})", R"({"timestamp":"12 ms"})",
          R"({"timestamp":"12/31/2025 10:00:00 PM"})", R"({"t":"12/31/2025 22:00"})",
          R"({"clock":"2025-13-31 22:00:00"})", R"({"ts":"2025-12-31 22:00:00 XYZ"})",
          R"({"date":"31/12/2025"})", R"({"starts_at":"1/2/26 10:00"})"}) {
        EXPECT_EQ(member(json, 0), "unclear") << json;
    }
    for (std::string_view json : {R"({"t":"1.2.3"})", R"({"t":"never"})", R"({"clock":"5 s"})"})
        EXPECT_EQ(member(json, 0), "value") << json;
}

TEST(PayloadTime, a_key_can_tell_the_zone) {
    for (std::string_view json :
         {R"({"datetime_utc":"2025-12-31 22:26:40"})", R"({"UTC":"2025-12-31T22:26:40"})",
          R"({"time_utc":"2025-12-31T22:26:40"})", R"({"timeUTC":"2025/12/31 22:26:40"})",
          R"({"utctime":"20251231222640"})", R"({"gps_utc":"2025-12-31T22:26:40"})",
          R"({"time_gmt":"2025-12-31T22:26:40"})", R"({"time_utc_ms":1767220000000})",
          R"({"time_utc":"2025-12-31T23:26:40+01:00"})"}) {
        EXPECT_EQ(member(json), "1767220000000") << json;
        EXPECT_EQ(member(json, 120), "1767220000000") << json;
    }
    EXPECT_EQ(member(R"({"localtime":"2025-12-31T22:26:40"})"), "no zone");
}

TEST(PayloadTime, more_members_that_tell_the_time) {
    for (std::string_view json :
         {R"({"SourceTimestamp":"2025-12-31T22:26:40Z"})", R"({"source_timestamp":1767220000})",
          R"({"ServerTimestamp":"2025-12-31T22:26:40Z"})", R"({"dateObserved":1767220000})",
          R"({"horodatage":"2025-12-31T22:26:40Z"})", R"({"startsAt":"2025-12-31T22:26:40Z"})",
          R"({"start_timestamp":1767220000000})", R"({"validFrom":1767220000})",
          R"({"next_update":1767220000})", R"({"on_time":1767220000})", R"({"tmst":1767220000})",
          R"({"ts":"/Date(1767220000000)/"})"}) {
        EXPECT_EQ(member(json), "1767220000000") << json;
    }
    for (std::string_view json :
         {R"({"on_time":12})", R"({"tmst":4123456789})", R"({"next_update":300})"})
        EXPECT_EQ(member(json), "value") << json;
    EXPECT_EQ(member(R"({"DT":"251231232640W"})", 60), "1767220000000");
    EXPECT_EQ(member(R"({"DT":"251231232640W"})"), "no zone");
}

TEST(PayloadTime, values_that_cannot_be_a_clock_are_values) {
    for (std::string_view json :
         {R"({"time":12.4})", R"({"time":14})", R"({"time":"12.4"})", R"({"time":"12.4 ms"})",
          R"({"time_ms":12})", R"({"time":-3})", R"({"t":21.5})", R"({"t":"21.5"})", R"({"t":0})",
          R"({"epoch":5})", R"({"time":"morning"})", R"({"time":null})", R"({"time":true})",
          R"({"time":{}})", R"({"last_seen":5})", R"({"boot_time":12})", R"({"uptime":1767220000})",
          R"({"lifetime":"2025-12-31T22:26:40Z"})", R"({"received":1234})"}) {
        EXPECT_EQ(member(json), "value") << json;
    }
}

TEST(PayloadTime, a_scale_that_is_told_decides) {
    Time time = 0;
    ASSERT_TRUE(time_from_number(1'767'220'000, time, TimeScale::Milliseconds));
    EXPECT_EQ(time, 1'767'220'000);
    ASSERT_TRUE(time_from_number(1'767'220'000, time, TimeScale::Seconds));
    EXPECT_EQ(time, 1'767'220'000'000);
    ASSERT_TRUE(time_from_number(5e12, time, TimeScale::Nanoseconds));
    EXPECT_EQ(time, 5'000'000);
    EXPECT_FALSE(time_from_number(1e18, time, TimeScale::Seconds));
}

TEST(PayloadTime, numbers_are_told_apart_by_their_size) {
    EXPECT_EQ(number_time(1'763'719'200), 1'763'719'200'000);
    EXPECT_EQ(number_time(1'763'719'200.25), 1'763'719'200'250);
    EXPECT_EQ(number_time(1'763'719'200'123), 1'763'719'200'123);
    EXPECT_EQ(number_time(1'763'719'200'123'000), 1'763'719'200'123);
    EXPECT_EQ(number_time(1'763'719'200'123e6), 1'763'719'200'123);
    EXPECT_EQ(number_time(0), 0);
    EXPECT_EQ(number_time(-1), kNever);
    EXPECT_EQ(number_time(1e300), kNever);
}

TEST(PayloadTime, only_a_sane_time_counts) {
    constexpr Time kReceived = 1'763'719'200'000;
    constexpr Time kDay = 86'400'000;
    auto read = [](double seconds) {
        JsonLeaf leaf;
        leaf.type = LeafType::Real;
        leaf.number = seconds;
        Time time = kNever;
        bool is_told = payload_time(leaf, std::nullopt, kReceived, time);
        EXPECT_EQ(is_told, time != kNever);
        return time;
    };
    EXPECT_EQ(read((kReceived + kDay) / 1000.0), kReceived + kDay);
    EXPECT_EQ(read((kReceived + kDay) / 1000.0 + 1), kNever);
    EXPECT_EQ(read(978'307'200), 978'307'200'000);
    EXPECT_EQ(read(978'307'199), kNever);
    EXPECT_EQ(read(946'684'805), kNever) << "with a battery, but never set";
    EXPECT_EQ(read(0), kNever);
}

TEST(PayloadTime, zones) {
    auto zone = [](std::string_view text) {
        int minutes = -9999;
        return zone_from_text(text, minutes) ? minutes : -9999;
    };
    EXPECT_EQ(zone("Z"), 0);
    EXPECT_EQ(zone("utc"), 0);
    EXPECT_EQ(zone("+05:45"), 345);
    EXPECT_EQ(zone("-0330"), -210);
    EXPECT_EQ(zone("+01"), 60);
    EXPECT_EQ(zone("GMT"), 0);
    EXPECT_EQ(zone("UTC+01:00"), 60);
    for (std::string_view text : {"", "1", "+1", "01:00", "+01:0", "+99", "Stockholm", "+01:00x"}) {
        EXPECT_EQ(zone(text), -9999) << text;
    }
}

}  // namespace
}  // namespace martlet::telemetry
