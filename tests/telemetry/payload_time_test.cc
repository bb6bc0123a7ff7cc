#include "telemetry/payload_time.h"

#include <gtest/gtest.h>

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
                                  "2025-11-21T24:00:00Z",
                                  "2025-11-21T10:60:00Z",
                                  "2025-11-21T10:00:61Z",
                                  "2025-11-21T10:00:00.Z",
                                  "2025-11-21T10:00:00+",
                                  "2025-11-21T10:00:00+1:00",
                                  "2025-11-21T10:00:00+16:00",
                                  "2025-11-21T10:00:00+01:60",
                                  "2025-11-21T10:00:00ZZ",
                                  "2025/11/21T10:00:00Z",
                                  "25-11-21T10:00:00Z",
                                  "yesterday"}) {
        EXPECT_EQ(text_time(text), kNever) << text;
    }
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
    for (std::string_view text : {"", "1", "+1", "01:00", "+01:0", "+99", "Stockholm", "+01:00x"}) {
        EXPECT_EQ(zone(text), -9999) << text;
    }
}

}  // namespace
}  // namespace martlet::telemetry
