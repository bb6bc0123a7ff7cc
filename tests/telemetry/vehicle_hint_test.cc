// The line of configuration that is offered for a message which looks like a vehicle's.

#include "telemetry/decoders/vehicle/rule_hint.h"

#include <gtest/gtest.h>

#include <string>

namespace martlet::telemetry::vehicle {
namespace {

std::string hint(std::string_view topic, std::string_view payload) {
    PayloadJson json;
    if (json.read(payload).empty()) return vehicle_rule_hint(topic, json.leaves());
    JsonLeaf leaf;
    leaf.type = LeafType::Text;
    leaf.text = payload;
    return vehicle_rule_hint(topic, {leaf});
}

TEST(VehicleHint, is_the_line_that_makes_it_a_vehicle) {
    constexpr std::string_view kDrive = R"({"Speed":70,"RPM":1900})";
    EXPECT_EQ(hint("car1/data", kDrive), "telemetry_rule car1/# vehicle");
    EXPECT_EQ(hint("car1", kDrive), "telemetry_rule car1/# vehicle");
    EXPECT_EQ(hint("RakTest/vehicle", kDrive), "telemetry_rule RakTest/# vehicle");
    EXPECT_EQ(hint("fleet/truck5/data", kDrive), "telemetry_rule fleet/+/# vehicle");
    EXPECT_EQ(hint("fleet/truck5", kDrive), "telemetry_rule fleet/+/# vehicle");
    EXPECT_EQ(hint("acme/fleet/truck5/gps", kDrive), "telemetry_rule acme/fleet/+/# vehicle");
    EXPECT_EQ(hint("car1/Speed", "70"), "telemetry_rule car1/# vehicle");
    EXPECT_EQ(hint("car1/RPM", "1900"), "telemetry_rule car1/# vehicle");
    EXPECT_EQ(hint("emergency/car1", "SOS"), "telemetry_rule emergency/+/# vehicle");
    EXPECT_EQ(hint("car1/emergency", "SOS"), "telemetry_rule car1/# vehicle");
    EXPECT_EQ(hint("car1/sos", "true"), "telemetry_rule car1/# vehicle");
    for (std::string_view payload :
         {R"({"Speed":70,"RPM":1900,"Location":{"lat":59.3,"lng":18.0}})",
          R"({"speed":70,"lat":59.3,"lon":18.0})", R"({"gps":{"lat":1,"lon":2,"speed":3}})",
          R"({"engine_rpm":900,"coolant_temp":83})", R"({"odometer":1200,"fuel_level":40})",
          R"({"obd":{"rpm":900},"ignition":true})"}) {
        EXPECT_EQ(hint("x7/data", payload), "telemetry_rule x7/# vehicle") << payload;
    }
}

TEST(VehicleHint, other_things_get_none) {
    EXPECT_EQ(hint("fan/rpm", "900"), "");
    EXPECT_EQ(hint("weather/roof", R"({"wind":{"speed":5},"lat":1,"lon":2})"), "");
    EXPECT_EQ(hint("weather/roof", R"({"wind_speed":5,"temperature":2})"), "");
    EXPECT_EQ(hint("ais/data", R"({"mmsi":1,"speed":5,"lat":1,"lon":2})"), "");
    EXPECT_EQ(hint("sensor/1", R"({"temperature":21.5,"humidity":40})"), "");
    EXPECT_EQ(hint("tank/1", R"({"fuel":40})"), "");
    EXPECT_EQ(hint("gate/1", R"({"lat":1,"lon":2})"), "");
    EXPECT_EQ(hint("alarm/house", "SOS"), "");
    EXPECT_EQ(hint("my car/speed", "5"), "");
    EXPECT_EQ(hint("", "5"), "");
    EXPECT_EQ(hint("/", "5"), "");
    EXPECT_EQ(vehicle_rule_hint("car1/Speed", {}), "");
}

}  // namespace
}  // namespace martlet::telemetry::vehicle
