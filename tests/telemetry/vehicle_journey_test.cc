// What follows from a vehicle's observations: distance, trips, harsh driving, limits, zones; M2.8
// and M2.9.

#include "telemetry/decoders/vehicle/journey.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <ctime>
#include <string>
#include <vector>

namespace martlet::telemetry::vehicle {
namespace {

constexpr Time kBegin = 1'767'225'600'000;
constexpr Time kSecond = 1'000;
constexpr Time kMinute = 60'000;
// Due north one kilometre.
constexpr double kKmInDegrees = 360 / (2 * M_PI * 6371);

class JourneyTest : public testing::Test {
  protected:
    Observation at(Time time) {
        Observation now;
        now.time = kBegin + time;
        now.received = now.time;
        now.is_own_time = true;
        return now;
    }

    Observation driving(Time time, double kmh) {
        Observation now = at(time);
        now.speed_kmh = kmh;
        return now;
    }

    // So far north of the depot.
    Observation placed(Time time, double km, std::optional<double> uncertainty_m = 5) {
        Observation now = at(time);
        now.place = {59.3 + km * kKmInDegrees, 18.0, uncertainty_m};
        return now;
    }

    Observation mileage(Time time, double km) {
        Observation now = at(time);
        now.odometer_km = km;
        return now;
    }

    void see(const Observation& now) { journey_.observe(now, rules_, {"vehicle", "v7"}, out_); }

    double sum(std::string_view metric) const {
        double total = 0;
        for (const Sample& sample : out_.samples) {
            if (sample.metric == metric) total += std::get<double>(sample.value);
        }
        return total;
    }

    std::vector<std::string> kinds() const {
        std::vector<std::string> kinds;
        for (const Event& event : out_.events) kinds.push_back(event.kind);
        return kinds;
    }

    std::size_t count(std::string_view kind) const {
        auto all = kinds();
        return static_cast<std::size_t>(std::count(all.begin(), all.end(), kind));
    }

    using Kinds = std::vector<std::string>;

    JourneyRules rules_;
    Journey journey_;
    Decoded out_;
};

TEST(GreatCircle, is_that_of_a_ball_of_6371_km) {
    EXPECT_NEAR(great_circle_km({0, 0, {}}, {0, 180, {}}), M_PI * 6371, 0.001);
    EXPECT_NEAR(great_circle_km({59.3293, 18.0686, {}}, {57.7089, 11.9746, {}}), 397.8, 1);
    EXPECT_EQ(great_circle_km({59, 18, {}}, {59, 18, {}}), 0);
    // Over the date line.
    EXPECT_NEAR(great_circle_km({0, 179.5, {}}, {0, -179.5, {}}), 111.19, 0.01);
}

TEST_F(JourneyTest, distance_adds_up_steps) {
    for (int i = 0; i <= 10; i++) see(placed(i * kMinute, i * 0.5));
    EXPECT_NEAR(sum("distance"), 5, 0.001);
}

TEST_F(JourneyTest, steps_within_the_uncertainty_do_not_count_but_creeping_does) {
    for (int i = 0; i < 20; i++) see(placed(i * kSecond, i % 2 == 0 ? 0 : 0.015, 20));
    EXPECT_EQ(sum("distance"), 0);
    // 100 steps of 4 m.
    for (int i = 1; i <= 100; i++) see(placed(kMinute + i * 2 * kSecond, i * 0.004, 20));
    EXPECT_NEAR(sum("distance"), 0.4, 0.025);
}

TEST_F(JourneyTest, one_wild_place_is_passed_over) {
    see(placed(0, 0));
    see(placed(10 * kSecond, 0.1));
    see(placed(20 * kSecond, 500));
    see(placed(30 * kSecond, 0.3));
    EXPECT_NEAR(sum("distance"), 0.3, 0.001);
}

TEST_F(JourneyTest, two_places_that_agree_are_a_new_beginning) {
    see(placed(0, 0));
    see(placed(10 * kSecond, 500));
    see(placed(20 * kSecond, 500.1));
    see(placed(30 * kSecond, 500.2));
    EXPECT_NEAR(sum("distance"), 0.1, 0.001);
}

TEST_F(JourneyTest, late_and_repeated_observations_tell_nothing) {
    see(placed(0, 0));
    see(placed(kMinute, 1));
    see(placed(30 * kSecond, 0.5));
    see(placed(kMinute, 1));
    see(placed(kMinute, 0));
    EXPECT_NEAR(sum("distance"), 1, 0.001);
    see(placed(2 * kMinute, 2));
    EXPECT_NEAR(sum("distance"), 2, 0.001);
}

TEST_F(JourneyTest, the_odometer_is_preferred) {
    for (int i = 0; i <= 10; i++) {
        Observation now = placed(i * kMinute, i * 0.5);
        now.odometer_km = 1000 + i * 0.6;
        see(now);
    }
    EXPECT_NEAR(sum("distance"), 6, 0.001);
}

TEST_F(JourneyTest, places_bridge_a_silent_odometer_and_count_once) {
    see(mileage(0, 1000));
    see(placed(0, 0));
    for (int i = 1; i <= 30; i++) see(placed(i * kMinute, i));
    see(mileage(31 * kMinute, 1031));
    EXPECT_NEAR(sum("distance"), 31, 0.001);
}

TEST_F(JourneyTest, an_odometer_of_whole_kilometres_counts) {
    for (int i = 0; i <= 600; i++) see(mileage(i * kSecond, 1000 + i / 60));
    EXPECT_NEAR(sum("distance"), 10, 0.001);
}

TEST_F(JourneyTest, an_odometer_that_jumps_or_goes_back_begins_anew) {
    see(mileage(0, 1000));
    see(mileage(kMinute, 1001));
    see(mileage(2 * kMinute, 90'000));
    see(mileage(3 * kMinute, 90'001));
    see(mileage(4 * kMinute, 5));
    see(mileage(5 * kMinute, 6));
    EXPECT_NEAR(sum("distance"), 3, 0.001);
}

TEST_F(JourneyTest, driving_time_is_the_time_of_movement) {
    for (int i = 0; i <= 60; i++) see(driving(i * kSecond, 50));
    EXPECT_DOUBLE_EQ(sum("driving_time"), 60);
    for (int i = 1; i <= 60; i++) see(driving(kMinute + i * kSecond, 0));
    // The second in which it stopped is one of movement.
    EXPECT_DOUBLE_EQ(sum("driving_time"), 61);
    // A silence is not driving.
    see(driving(60 * kMinute, 50));
    EXPECT_DOUBLE_EQ(sum("driving_time"), 61);
}

TEST_F(JourneyTest, driving_time_of_a_tracker_without_speed) {
    for (int i = 0; i <= 6; i++) see(placed(i * 10 * kMinute, i * 10));
    EXPECT_DOUBLE_EQ(sum("driving_time"), 3600);
    for (int i = 7; i <= 12; i++) see(placed(i * 10 * kMinute, 60));
    EXPECT_DOUBLE_EQ(sum("driving_time"), 3600);
}

TEST_F(JourneyTest, a_trip_is_from_movement_to_stillness) {
    see(driving(0, 0));
    EXPECT_TRUE(kinds().empty());
    for (int i = 1; i <= 10; i++) see(driving(i * kMinute, 60));
    for (int i = 11; i <= 14; i++) see(driving(i * kMinute, 0));
    EXPECT_EQ(kinds(), Kinds{"trip_start"});
    see(driving(15 * kMinute + kSecond, 0));
    ASSERT_EQ(kinds(), (Kinds{"trip_start", "trip_end"}));
    EXPECT_EQ(out_.events[0].time, kBegin + kMinute);
    EXPECT_EQ(out_.events[1].time, kBegin + 10 * kMinute);
    EXPECT_EQ(out_.events[1].details, R"({"distance_km":0,"duration_s":540,"speed_max_kmh":60})");
}

TEST_F(JourneyTest, a_trip_is_from_ignition_to_ignition) {
    Observation now = placed(0, 0);
    now.ignition = true;
    see(now);
    for (int i = 1; i <= 10; i++) see(placed(i * kMinute, i));
    now = placed(11 * kMinute, 11);
    now.ignition = false;
    see(now);
    ASSERT_EQ(kinds(), (Kinds{"trip_start", "trip_end"}));
    EXPECT_EQ(out_.events[1].text, "11.0 km in 11 min");
    EXPECT_EQ(out_.events[1].time, kBegin + 11 * kMinute);
    // It rolls on while it is off.
    see(driving(11 * kMinute + kSecond, 6));
    EXPECT_EQ(count("trip_start"), 1U);
}

TEST_F(JourneyTest, a_trip_ends_when_the_vehicle_falls_silent) {
    see(driving(0, 60));
    see(driving(kMinute, 60));
    see(driving(600 * kMinute, 60));
    ASSERT_EQ(kinds(), (Kinds{"trip_start", "trip_end", "trip_start"}));
    EXPECT_EQ(out_.events[1].time, kBegin + kMinute);
}

TEST_F(JourneyTest, a_tracker_that_speaks_every_ten_minutes_makes_one_trip) {
    for (int i = 0; i <= 6; i++) see(placed(i * 10 * kMinute, i * 10));
    for (int i = 7; i <= 9; i++) see(placed(i * 10 * kMinute, 60));
    ASSERT_EQ(kinds(), (Kinds{"trip_start", "trip_end"}));
    EXPECT_EQ(out_.events[1].time, kBegin + 60 * kMinute);
}

TEST_F(JourneyTest, harsh_is_told_once_for_as_long_as_it_lasts) {
    // 4 m/s² is 14.4 km/h in a second.
    for (int i = 0; i <= 5; i++) see(driving(i * kSecond, 80 - i * 14.4));
    EXPECT_EQ(count("harsh_brake"), 1U);
    for (int i = 6; i <= 9; i++) see(driving(i * kSecond, 8));
    for (int i = 10; i <= 13; i++) see(driving(i * kSecond, 8 + (i - 9) * 14.4));
    EXPECT_EQ(count("harsh_acceleration"), 1U);
    EXPECT_EQ(count("harsh_brake"), 1U);
}

TEST_F(JourneyTest, harsh_has_a_threshold_and_needs_samples_of_one_to_two_seconds) {
    see(driving(0, 80));
    see(driving(kSecond, 70));  // 2.8 m/s²
    see(driving(6 * kSecond, 10));
    see(driving(6 * kSecond + 100, 0));
    EXPECT_EQ(count("harsh_brake"), 0U);
    rules_.harsh_ms2 = 2.5;
    see(driving(20 * kSecond, 80));
    see(driving(21 * kSecond, 70));
    EXPECT_EQ(count("harsh_brake"), 1U);
}

TEST_F(JourneyTest, cornering_is_harsh_by_heading_and_speed) {
    Observation now = driving(0, 50);
    now.heading_deg = 350;
    see(now);
    now = driving(kSecond, 50);
    now.heading_deg = 10;  // 20° a second at 13.9 m/s: 4.8 m/s²
    see(now);
    EXPECT_EQ(count("harsh_cornering"), 1U);
    // A receiver that stands points anywhere.
    now = driving(3 * kSecond, 0);
    now.heading_deg = 180;
    see(now);
    now = driving(4 * kSecond, 0);
    now.heading_deg = 0;
    see(now);
    EXPECT_EQ(count("harsh_cornering"), 1U);
}

TEST_F(JourneyTest, over_speed_lasts_more_than_ten_seconds) {
    for (int i = 0; i <= 30; i++) see(driving(i * kSecond, 120));
    EXPECT_EQ(count("over_speed"), 0U) << "without a limit";
    rules_.speed_limit_kmh = 90;
    for (int i = 31; i <= 41; i++) see(driving(i * kSecond, 95));
    EXPECT_EQ(count("over_speed"), 0U);
    for (int i = 42; i <= 60; i++) see(driving(i * kSecond, 95));
    EXPECT_EQ(count("over_speed"), 1U);
    see(driving(61 * kSecond, 90));
    for (int i = 62; i <= 80; i++) see(driving(i * kSecond, 100));
    EXPECT_EQ(count("over_speed"), 2U);
}

TEST_F(JourneyTest, two_fast_moments_far_apart_are_no_over_speed) {
    rules_.speed_limit_kmh = 90;
    see(driving(0, 100));
    see(driving(10 * kMinute, 100));
    EXPECT_EQ(count("over_speed"), 0U);
}

TEST_F(JourneyTest, idling_is_ignition_without_speed_for_three_minutes) {
    Observation now = driving(0, 0);
    now.ignition = true;
    see(now);
    for (int i = 1; i <= 3; i++) see(driving(i * kMinute, 0));
    EXPECT_EQ(count("idling"), 0U);
    see(driving(3 * kMinute + kSecond, 0));
    see(driving(4 * kMinute, 0));
    EXPECT_EQ(count("idling"), 1U);
    now = driving(5 * kMinute, 0);
    now.ignition = false;
    see(now);
    for (int i = 6; i <= 12; i++) see(driving(i * kMinute, 0));
    EXPECT_EQ(count("idling"), 1U);
}

TEST_F(JourneyTest, zones_are_entered_and_left_with_hysteresis) {
    rules_.zones = {{"depot", 59.3, 18.0, 1000}};
    see(placed(0, 5));
    see(placed(10 * kMinute, 0.5));
    see(placed(20 * kMinute, 1.01, 20));
    see(placed(30 * kMinute, 0.99, 20));
    see(placed(40 * kMinute, 2));
    std::vector<std::string> zones;
    for (const Event& event : out_.events) {
        if (event.kind.starts_with("zone")) zones.push_back(event.kind + " " + event.text);
    }
    EXPECT_EQ(zones, (Kinds{"zone_enter depot", "zone_leave depot"}));
    std::vector<std::int64_t> states;
    for (const Sample& sample : out_.samples) {
        if (sample.metric == "zone.depot") states.push_back(std::get<std::int64_t>(sample.value));
    }
    EXPECT_EQ(states, (std::vector<std::int64_t>{0, 1, 0}));
}

TEST_F(JourneyTest, polygons_are_zones_too) {
    // An L, 2 km to the north and 2 km to the east, each leg 1 km wide; its inner corner is
    // outside.
    auto corner = [](double north_km, double east_km) {
        double east = east_km * kKmInDegrees / std::cos(59.3 * M_PI / 180);
        return Place{59.3 + north_km * kKmInDegrees, 18.0 + east, {}};
    };
    Zone yard{"yard",
              0,
              0,
              0,
              {corner(0, 0), corner(2, 0), corner(2, 1), corner(1, 1), corner(1, 2), corner(0, 2)}};
    EXPECT_TRUE(contains(yard, corner(0.5, 0.5), 0));
    EXPECT_TRUE(contains(yard, corner(1.9, 0.1), 0));
    EXPECT_TRUE(contains(yard, corner(0.1, 1.9), 0));
    EXPECT_FALSE(contains(yard, corner(1.5, 1.5), 0));
    EXPECT_FALSE(contains(yard, corner(-0.1, 0.5), 0));
    EXPECT_FALSE(contains(yard, corner(0.5, 2.1), 0));
    EXPECT_FALSE(contains(yard, corner(0.5, -0.1), 0));
    // With what the receiver does not know: 90 m from an edge, 130 m from a corner.
    EXPECT_TRUE(contains(yard, corner(-0.09, 0.5), 100));
    EXPECT_FALSE(contains(yard, corner(-0.09, -0.094), 100));
    EXPECT_TRUE(contains(yard, corner(-0.09, -0.094), 140));

    rules_.zones = {yard};
    see(placed(0, -2));
    see(placed(10 * kMinute, 0.5));
    see(placed(20 * kMinute, 2.01, 20));
    see(placed(30 * kMinute, 3));
    EXPECT_EQ(count("zone_enter"), 1U);
    EXPECT_EQ(count("zone_leave"), 1U);
}

TEST_F(JourneyTest, a_polygon_across_the_date_line) {
    Zone fiji{"fiji", 0, 0, 0, {{-16, 177, {}}, {-16, -179, {}}, {-19, -179, {}}, {-19, 177, {}}}};
    EXPECT_TRUE(contains(fiji, {-17, 179.9, {}}, 0));
    EXPECT_TRUE(contains(fiji, {-17, -179.9, {}}, 0));
    EXPECT_TRUE(contains(fiji, {-17, 180, {}}, 0));
    EXPECT_TRUE(contains(fiji, {-17, -180, {}}, 0));
    EXPECT_FALSE(contains(fiji, {-17, 0, {}}, 0));
    EXPECT_FALSE(contains(fiji, {-17, -178, {}}, 0));
    EXPECT_FALSE(contains(fiji, {-17, 176, {}}, 0));
}

TEST_F(JourneyTest, a_clock_that_jumped_ahead_stops_nothing) {
    see(driving(0, 50));
    Observation ahead = driving(20 * 60 * kMinute, 50);
    ahead.received = kBegin + kSecond;
    see(ahead);
    for (int i = 2; i <= 62; i++) see(driving(i * kSecond, 50));
    EXPECT_DOUBLE_EQ(sum("driving_time"), 60);
    // Late ones of a clock that is right count nothing.
    see(driving(5 * kSecond, 50));
    EXPECT_DOUBLE_EQ(sum("driving_time"), 60);
}

// M2.9: how fast it was driven for how long, at night and above the limit.
TEST_F(JourneyTest, M2_9_speed_profile) {
    rules_.speed_limit_kmh = 70;
    ::setenv("TZ", "UTC", 1);
    ::tzset();
    // kBegin is midnight: two minutes at night, then three from 12 o'clock on.
    Time time = 0;
    auto drive = [&](double kmh, Time duration) {
        for (Time end = time + duration; time < end; time += 10 * kSecond)
            see(driving(time + 10 * kSecond, kmh));
    };
    see(driving(0, 20));
    drive(20, kMinute);
    drive(40, kMinute);
    time = 12 * 60 * kMinute;
    see(driving(time, 75));
    drive(75, kMinute);
    drive(100, kMinute);
    drive(120, kMinute);
    // An interval in which the speed changed counts by its mean.
    EXPECT_DOUBLE_EQ(sum("driving_time.under_30"), 60);
    EXPECT_DOUBLE_EQ(sum("driving_time.30_to_50"), 60);
    EXPECT_DOUBLE_EQ(sum("driving_time.50_to_80"), 60);
    EXPECT_DOUBLE_EQ(sum("driving_time.80_to_110"), 60);
    EXPECT_DOUBLE_EQ(sum("driving_time.over_110"), 60);
    EXPECT_DOUBLE_EQ(sum("driving_time"), 300);
    EXPECT_DOUBLE_EQ(sum("driving_time.night"), 120);
    EXPECT_DOUBLE_EQ(sum("driving_time.over_limit"), 180);
}

TEST_F(JourneyTest, who_is_first_seen_inside_did_not_enter) {
    rules_.zones = {{"depot", 59.3, 18.0, 1000}};
    see(placed(0, 0.1));
    EXPECT_TRUE(kinds().empty());
}

TEST_F(JourneyTest, two_clocks_are_not_mixed) {
    // The vehicle's clock is an hour behind; its ignition comes without a time.
    Observation off = driving(0, 50);
    off.received += 60 * kMinute;
    see(off);
    Observation bare;
    bare.received = bare.time = kBegin + 60 * kMinute + 1;
    bare.ignition = true;
    see(bare);
    for (int i = 1; i <= 60; i++) {
        Observation now = driving(i * kSecond, 50);
        now.received += 60 * kMinute;
        see(now);
    }
    EXPECT_DOUBLE_EQ(sum("driving_time"), 60);
    EXPECT_EQ(count("trip_end"), 0U);
}

TEST_F(JourneyTest, a_clock_that_is_told_no_more_is_given_up) {
    see(driving(0, 50));
    for (int i = 0; i <= 60; i++) {
        Observation bare;
        bare.received = bare.time = kBegin + 20 * kMinute + i * kSecond;
        bare.speed_kmh = 50;
        see(bare);
    }
    EXPECT_DOUBLE_EQ(sum("driving_time"), 60);
}

// M2.9: an hour of insurance data in the figures that a premium is made of.
TEST_F(JourneyTest, M2_9_an_hour_of_driving) {
    rules_.speed_limit_kmh = 70;
    double km = 0;
    for (int i = 0; i <= 3600; i++) {
        double kmh = i == 1800 ? 40 : i > 3000 ? 80 : 60;
        Observation now = placed(i * kSecond, km);
        now.speed_kmh = kmh;
        now.ignition = i < 3600;
        see(now);
        km += kmh / 3600;
    }
    EXPECT_NEAR(sum("distance"), km, 0.05);
    EXPECT_NEAR(sum("driving_time"), 3600, 1);
    EXPECT_EQ(count("harsh_brake"), 1U);
    EXPECT_EQ(count("harsh_acceleration"), 2U);
    EXPECT_EQ(count("over_speed"), 1U);
    EXPECT_EQ(count("trip_start"), 1U);
    EXPECT_EQ(count("trip_end"), 1U);
}

}  // namespace
}  // namespace martlet::telemetry::vehicle
