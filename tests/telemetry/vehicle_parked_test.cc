// Distance while a vehicle stands: a receiver wanders, and the vehicle says that it does not move.
// And the other side: trips, trailers and what is known of neither.

#include "base/text.h"
#include "telemetry/decoders/registry.h"

#include <gtest/gtest.h>

#include <cmath>
#include <memory>
#include <string>
#include <vector>

namespace martlet::telemetry {
namespace {

constexpr Time kBegin = 1'767'218'400'000;  // 2025-12-31 22:00
constexpr Time kMinute = 60'000;
constexpr double kKmInDegrees = 360 / (2 * M_PI * 6371);

class VehicleParkedTest : public testing::Test {
  protected:
    VehicleParkedTest() {
        std::string problem;
        decoder_ = find_decoder("vehicle")->make({}, problem);
    }

    void send(const std::string& topic, const std::string& payload) {
        Decoded out;
        decoder_->decode({topic, payload, now_}, out);
        for (const Sample& sample : out.samples) {
            if (sample.metric == "distance") km_ += std::get<double>(sample.value);
            if (sample.metric == "driving_time") driving_s_ += std::get<double>(sample.value);
        }
        for (const Event& event : out.events) events_ += event.kind + " ";
        for (const Position& position : out.positions) uncertainty_m_ = position.uncertainty_m;
    }

    // As Traccar forwards it: an hour of fixes, one a minute, around one place.
    void park_at_traccar(double jitter_degrees, const std::string& accuracy,
                         const std::string& attributes = R"("ignition":false,"motion":false)") {
        for (int i = 0; i <= 60; i++) {
            now_ = kBegin + i * kMinute;
            send("traccar/positions",
                 fmt::format(R"({{"position":{{"attributes":{{{}}},"deviceId":2,"fixTime":{},)"
                             R"("valid":true,"latitude":{:.6f},"longitude":{:.6f},"speed":0.0{}}},)"
                             R"("device":{{"uniqueId":"parked"}}}})",
                             attributes, now_, 59.3293 + sign(i) * jitter_degrees,
                             18.0686 + sign(i / 2) * jitter_degrees * 2, accuracy));
        }
    }

    // In the generic scheme; `state` stands in each message.
    void park(double jitter_degrees, const std::string& state) {
        for (int i = 0; i <= 60; i++) {
            now_ = kBegin + i * kMinute;
            send("vehicles/v1/telemetry", fmt::format(R"({{"lat":{:.6f},"lon":18.0686{}}})",
                                                      59.3293 + sign(i) * jitter_degrees, state));
        }
    }

    void fix(Time after, double km_north, const std::string& state = "") {
        now_ = kBegin + after;
        send("vehicles/v1/telemetry", fmt::format(R"({{"lat":{:.7f},"lon":18.0686{}}})",
                                                  59.3 + km_north * kKmInDegrees, state));
    }

    static int sign(int i) { return i % 2 == 0 ? 1 : -1; }

    std::unique_ptr<Decoder> decoder_;
    Time now_ = kBegin;
    double km_ = 0;
    double driving_s_ = 0;
    double uncertainty_m_ = 0;
    std::string events_;
};

// 7.5 m and 12.7 m between two fixes.
constexpr double kJitters[] = {0.00003, 0.00004};

TEST_F(VehicleParkedTest, a_receiver_that_wanders_drives_nowhere) {
    for (double jitter : kJitters) {
        for (const char* accuracy : {R"(,"accuracy":0.0)", "", R"(,"accuracy":15.0)"}) {
            park_at_traccar(jitter, accuracy);
            EXPECT_EQ(km_, 0) << jitter << accuracy;
            EXPECT_EQ(driving_s_, 0);
            decoder_ = find_decoder("vehicle")->make({}, events_);
        }
    }
}

TEST_F(VehicleParkedTest, an_accuracy_of_0_is_not_told) {
    park_at_traccar(0.00003, R"(,"accuracy":0.0)");
    EXPECT_TRUE(std::isnan(uncertainty_m_));
    park_at_traccar(0.00003, R"(,"accuracy":4.0)");
    EXPECT_EQ(uncertainty_m_, 4);
    for (const char* key : {"acc", "accuracy", "hacc", "uncertainty", "horizontal_accuracy",
                            "gps_accuracy", "HorizontalAccuracy", "accuracy_m"}) {
        send("vehicles/v9/telemetry", fmt::format(R"({{"lat":59,"lon":18,"{}":7}})", key));
        EXPECT_EQ(uncertainty_m_, 7) << key;
        for (const char* zero : {"0", "0.0", "\"0\"", "\"0.0\""}) {
            send("vehicles/v9/telemetry",
                 fmt::format(R"({{"lat":59,"lon":18,"{}":{}}})", key, zero));
            EXPECT_TRUE(std::isnan(uncertainty_m_)) << key << zero;
        }
    }
}

TEST_F(VehicleParkedTest, each_of_ignition_motion_and_speed_tells_that_it_stands) {
    for (const char* state : {R"(,"ignition":false)", R"(,"ign":"off")", R"(,"motion":false)",
                              R"(,"moving":0)", R"(,"isMoving":"false")", R"(,"speed":0)",
                              R"(,"speed":0,"ignition":true)", R"(,"speed":"0 mph")"}) {
        park(0.0002, state);  // 44 m
        EXPECT_EQ(km_, 0) << state;
        decoder_ = find_decoder("vehicle")->make({}, events_);
    }
    park(0.0002, "");
    EXPECT_GT(km_, 2) << "nothing says that it stands";
}

TEST_F(VehicleParkedTest, what_was_told_before_still_stands) {
    send("vehicles/v1/ignition", "off");
    park(0.0002, "");
    EXPECT_EQ(km_, 0);
    fix(61 * kMinute, 5);
    EXPECT_EQ(km_, 0) << "towed";
    send("vehicles/v1/ignition", "on");
    fix(62 * kMinute, 6);
    EXPECT_NEAR(km_, 1, 0.001);
    send("vehicles/v1/motion", "false");
    fix(63 * kMinute, 6.5);
    EXPECT_NEAR(km_, 1.5, 0.001) << "the way to where it stopped";
    fix(64 * kMinute, 6.6);
    fix(65 * kMinute, 6.7);
    EXPECT_NEAR(km_, 1.5, 0.001);
}

TEST_F(VehicleParkedTest, an_odometer_that_counts_jitter_is_not_believed_either) {
    for (int i = 0; i <= 60; i++) {
        now_ = kBegin + i * kMinute;
        send("vehicles/v1/telemetry",
             fmt::format(R"({{"ignition":false,"odometer":{}}})", 100 + i));
    }
    EXPECT_EQ(km_, 0);
    // It was driven between two messages that say it stands.
    send("vehicles/v1/ignition", "on");
    now_ += kMinute;
    send("vehicles/v1/telemetry", R"({"ignition":false,"odometer":163})");
    EXPECT_NEAR(km_, 3, 0.001);
}

TEST_F(VehicleParkedTest, a_trip_with_stops_counts_whole) {
    // Minute by minute; it stands at a light in the minutes 3 and 4.
    const double kms[] = {0, 0.6, 1.2, 1.5, 1.5, 2.1, 2.7, 3.0, 3.0};
    const int speeds[] = {0, 40, 40, 0, 0, 40, 40, 0, 0};
    for (int i = 0; i < 9; i++) {
        fix(i * kMinute, kms[i],
            fmt::format(R"(,"speed":{},"ignition":{})", speeds[i], i == 8 ? "false" : "true"));
    }
    EXPECT_NEAR(km_, 3.0, 0.001);
}

TEST_F(VehicleParkedTest, speed_0_at_both_ends_of_a_drive_is_a_drive) {
    for (int i = 0; i <= 10; i++) fix(i * kMinute, i * 0.6, R"(,"speed":0,"ignition":true)");
    EXPECT_NEAR(km_, 6, 0.001);
}

// M2.4: a trailer travels, but how long it drove nobody knows.
TEST_F(VehicleParkedTest, M2_4_a_trailer_with_places_an_hour_apart) {
    fix(0, 0);
    fix(60 * kMinute, 11.1);
    fix(120 * kMinute, 40);
    EXPECT_NEAR(km_, 40, 0.01);
    EXPECT_EQ(driving_s_, 0);
    EXPECT_EQ(events_, "");
    // One that says that it moves does drive.
    fix(180 * kMinute, 80, R"(,"motion":true)");
    EXPECT_EQ(driving_s_, 3600);
}

}  // namespace
}  // namespace martlet::telemetry
