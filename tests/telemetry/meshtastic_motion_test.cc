// Heading and speed: the same two fields of three senders.

#include "telemetry/decoders/meshtastic/motion.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <limits>
#include <optional>

namespace martlet::telemetry::meshtastic {
namespace {

using enum LocationSource;

struct HeadingCase {
    LocationSource source;
    std::uint32_t track;
    std::optional<double> degrees;
};

TEST(MeshtasticMotion, HeadingBySource) {
    constexpr std::uint32_t kMax = std::numeric_limits<std::uint32_t>::max();
    const HeadingCase cases[] = {
        {Internal, 0, 0.0},
        {Internal, 1'000, 0.01},
        {Internal, 30'000, 0.3},
        {Internal, 35'000, 0.35},
        {Internal, 36'000, 0.36},
        {Internal, 37'000, 0.37},
        {Internal, 9'000'000, 90.0},
        {Internal, 18'234'000, 182.34},
        {Internal, 18'234'567, 182.34567},
        {Internal, 35'999'000, 359.99},
        {Internal, 36'000'000, 360.0},
        {Internal, 36'000'001, {}},
        {Internal, kMax, {}},
        {Manual, 35'000, 0.35},
        {Manual, 27'000'000, 270.0},
        // No multiple of 1,000: not the firmware's own, but as the protocol defines it.
        {Internal, 18'234, 182.34},
        {Internal, 35'999, 359.99},
        {Internal, 182, {}},
        {External, 0, 0.0},
        {External, 182, 182.0},
        {External, 360, 360.0},
        {External, 361, {}},
        {External, 18'234, {}},
        {External, 35'000, {}},
        {External, 18'234'000, 182.34},
        {External, 36'000'001, {}},
        {External, kMax, {}},
        {Unset, 0, 0.0},
        {Unset, 182, 182.0},
        {Unset, 361, 3.61},
        {Unset, 18'234, 182.34},
        {Unset, 35'000, {}},
        {Unset, 36'000, {}},
        {Unset, 36'001, 0.36001},
        {Unset, 18'234'000, 182.34},
        {Unset, 36'000'001, {}},
    };
    for (const HeadingCase& each : cases) {
        SCOPED_TRACE(std::to_string(static_cast<unsigned>(each.source)) + " " +
                     std::to_string(each.track));
        EXPECT_EQ(heading_deg(each.track, each.source), each.degrees);
    }
}

TEST(MeshtasticMotion, HeadingIsNeverMoreThanAFullTurn) {
    std::uint32_t track = 1;
    for (int i = 0; i < 200'000; i++) {
        track = track * 1'664'525 + 1'013'904'223;
        for (LocationSource source : {Unset, Manual, Internal, External}) {
            for (std::uint32_t each : {track, track >> 7, track >> 16, track >> 23}) {
                auto degrees = heading_deg(each, source);
                EXPECT_TRUE(!degrees || (*degrees >= 0 && *degrees <= 360)) << each;
            }
        }
    }
}

TEST(MeshtasticMotion, SpeedBySource) {
    EXPECT_EQ(speed_kmh(48, 18'234'000, Internal), 48.0);
    EXPECT_EQ(speed_kmh(48, 182, Internal), 48.0);
    EXPECT_EQ(speed_kmh(0, {}, Manual), 0.0);
    EXPECT_EQ(speed_kmh(13, 182, External), 46.8);
    EXPECT_EQ(speed_kmh(13, {}, External), 46.8);
    // JSON: the heading tells the sender.
    EXPECT_EQ(speed_kmh(13, 182, Unset), 46.8);
    EXPECT_EQ(speed_kmh(48, 18'234'000, Unset), 48.0);
    EXPECT_EQ(speed_kmh(48, 0, Unset), 48.0);
    EXPECT_EQ(speed_kmh(48, {}, Unset), 48.0);
    EXPECT_EQ(speed_kmh(0xffffffff, {}, External), std::nullopt) << "-1, not known";
    EXPECT_EQ(speed_kmh(0xffffffff, {}, Internal), std::nullopt);
}

}  // namespace
}  // namespace martlet::telemetry::meshtastic
