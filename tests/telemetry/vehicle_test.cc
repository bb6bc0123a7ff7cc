// The vehicle decoder's parts: names, quantities, codes, addresses, and the bound of its memory.
// The forms are in cases/vehicle*.txt, the journey in vehicle_journey_test.cc.

#include "telemetry/decoders/registry.h"
#include "telemetry/decoders/vehicle/address.h"
#include "telemetry/decoders/vehicle/nmea.h"
#include "telemetry/decoders/vehicle/obd.h"
#include "telemetry/decoders/vehicle/quantity.h"
#include "telemetry/decoders/vehicle/signals.h"

#include <gtest/gtest.h>

#include <cmath>
#include <memory>
#include <string>

namespace martlet::telemetry::vehicle {
namespace {

constexpr Time kNow = 1'767'225'600'000;

std::string metric_of(std::string_view path) {
    NamedSignal named = find_signal(path);
    return named.signal == nullptr ? "" : std::string(named.signal->metric);
}

JsonLeaf words(std::string_view text) {
    JsonLeaf leaf;
    leaf.type = LeafType::Text;
    leaf.text = text;
    return leaf;
}

TEST(VehicleSignals, are_known_by_many_names) {
    for (const char* name : {"lat", "latitude", "Latitude", "gps.lat", "location.latitude",
                             "data.gps.lat", "position.coords.latitude"}) {
        EXPECT_EQ(metric_of(name), "lat") << name;
    }
    for (const char* name : {"lon", "lng", "long", "longitude"}) {
        EXPECT_EQ(metric_of(name), "lon") << name;
    }
    for (const char* name : {"speed", "Speed", "vel", "velocity", "speed_kmh", "vehicle_speed",
                             "obd.SPEED", "vehicleSpeed"}) {
        EXPECT_EQ(metric_of(name), "speed") << name;
    }
    for (const char* name : {"rpm", "RPM", "engine_rpm", "engineSpeed", "engine.speed"}) {
        EXPECT_EQ(metric_of(name), "rpm") << name;
    }
    for (const char* name : {"heading", "course", "bearing", "cog", "direction"}) {
        EXPECT_EQ(metric_of(name), "heading") << name;
    }
    for (const char* name : {"ts", "timestamp", "time", "tst", "t", "utc"}) {
        EXPECT_EQ(metric_of(name), "ts") << name;
    }
    for (const char* name : {"dtc", "dtcs", "trouble_codes", "DTCList", "GET_DTC"}) {
        EXPECT_EQ(metric_of(name), "dtc") << name;
    }
    for (const char* name : {"battery", "voltage", "battery_voltage", "battery.voltage"}) {
        EXPECT_EQ(metric_of(name), "battery") << name;
    }
    for (const char* name : {"soc", "battery_level", "state_of_charge", "battery.level"}) {
        EXPECT_EQ(metric_of(name), "soc") << name;
    }
    for (const char* name : {"odometer", "odo", "mileage"}) {
        EXPECT_EQ(metric_of(name), "odometer") << name;
    }
    for (const char* name : {"trailer.speed", "gps", "", ".", "gps.", ".lat", "speeds"}) {
        EXPECT_EQ(metric_of(name), "") << name;
    }
}

TEST(VehicleSignals, have_ranges_whose_edges_are_in) {
    struct Range {
        const char* metric;
        double min, max;
    };
    for (auto [metric, min, max] :
         {Range{"speed", 0, 400}, Range{"rpm", 0, 16000}, Range{"coolant", -40, 215},
          Range{"lat", -90, 90}, Range{"lon", -180, 180}, Range{"battery", 0, 60},
          Range{"alt", -500, 9000}, Range{"heading", 0, 360}}) {
        Reading reading(kNow);
        put_number(signal_of(metric), min, reading);
        put_number(signal_of(metric), max, reading);
        EXPECT_TRUE(reading.implausible.empty()) << metric;
        put_number(signal_of(metric), min - 0.001, reading);
        put_number(signal_of(metric), max + 0.001, reading);
        put_number(signal_of(metric), std::nan(""), reading);
        EXPECT_EQ(reading.implausible.size(), 3U) << metric;
    }
}

TEST(VehicleQuantity, is_a_number_with_a_unit) {
    struct Row {
        const char* text;
        const char* unit;
        double number;
    };
    for (auto [text, unit, number] :
         {Row{"50.0 kph", "km/h", 50}, Row{"50", "km/h", 50}, Row{"100 mph", "km/h", 160.9344},
          Row{"10 m/s", "km/h", 36}, Row{"25knots", "km/h", 46.3}, Row{"212 degF", "°C", 100},
          Row{"12600 mV", "V", 12.6}, Row{"1726.0 revolutions_per_minute", "1/min", 1726},
          Row{"-5.5 degC", "°C", -5.5}, Row{"1500 m", "km", 1.5}, Row{"3e1 percent", "%", 30},
          Row{"100 mile_per_hour", "km/h", 160.9344}, Row{"50 kilometer / hour", "km/h", 50},
          Row{"10 miles", "km", 16.09344}, Row{"300 K", "°C", 26.85}, Row{"1013 hPa", "kPa", 101.3},
          Row{"7 cars", "", 7}}) {
        auto got = as_quantity(words(text), unit);
        ASSERT_TRUE(got) << text;
        EXPECT_NEAR(got->number, number, 1e-6) << text;
    }
    // A unit that does not become the wanted one: a wrong value is worse than none.
    for (auto [text, unit, number] :
         {Row{"45%", "V", 0}, Row{"30 L", "%", 0}, Row{"5 energy", "%", 0},
          Row{"9 furlongs", "km/h", 0}, Row{"50 km", "km/h", 0}, Row{"3 g", "m", 0}}) {
        EXPECT_FALSE(as_quantity(words(text), unit)) << text << number;
    }
    for (const char* text : {"", " ", "fast", "kph 50", "-", ".", "e5", "1e999 kph", "None"}) {
        EXPECT_FALSE(as_quantity(words(text), "km/h")) << text;
    }
}

TEST(Obd, codes_are_two_bytes) {
    EXPECT_EQ(trouble_code(0x0301), "P0301");
    EXPECT_EQ(trouble_code(0xc100), "U0100");
    EXPECT_EQ(trouble_code(0x4234), "C0234");
    EXPECT_EQ(trouble_code(0x9abc), "B1ABC");
    EXPECT_EQ(trouble_code(0xffff), "U3FFF");
}

TEST(Obd, codes_are_found_in_any_text) {
    using Codes = std::vector<std::string>;
    EXPECT_EQ(codes_in("[('P0301', 'Misfire'), ('u0100', '')]"), (Codes{"P0301", "U0100"}));
    EXPECT_EQ(codes_in("P0301"), Codes{"P0301"});
    for (const char* text : {"", "none", "P030", "P03011", "XP0301", "P4301", "A0301", "P03G1"}) {
        EXPECT_TRUE(codes_in(text).empty()) << text;
    }
    std::string many;
    for (int i = 0; i < 1000; i++) many += "P0301 ";
    EXPECT_EQ(codes_in(many).size(), kCodesMax);
}

TEST(Obd, every_answer_that_ends_too_early_says_nothing) {
    for (const char* text : {"41 01", "41 04", "41 0C", "41 0C 1A", "41 5E 01", "41 FF 01 02"}) {
        Reading reading(kNow);
        EXPECT_EQ(read_obd(text, reading), "") << text;
        EXPECT_TRUE(reading.is_empty()) << text;
    }
    for (const char* text : {"", "41", "7F 01 12", "4 10C", "41 0C 1A F", "NO DATA", "41 0C ZZ"}) {
        Reading reading(kNow);
        EXPECT_NE(read_obd(text, reading), "") << text;
    }
}

TEST(Nmea, every_shorter_line_is_read_or_refused) {
    std::string line = "$GPRMC,235950.00,A,5919.7580,N,01804.1160,E,25.0,182.0,311225,,,A*69";
    for (std::size_t size = 0; size <= line.size(); size++) {
        Reading reading(kNow);
        Problem problem = read_nmea(line.substr(0, size), reading);
        if (size == line.size()) {
            EXPECT_EQ(problem, "");
            EXPECT_NEAR(*reading.latitude, 59.3293, 1e-6);
            EXPECT_EQ(*reading.time, kNow - 10'000);
        }
        EXPECT_EQ(reading.latitude.has_value(), reading.longitude.has_value());
    }
}

TEST(Nmea, what_cannot_be_is_no_place_and_no_time) {
    for (const char* line :
         {"$GPRMC,250000,A,9100.0,N,01804.1,E,,,311225", "$GPRMC,006000,A,nan,N,01804.1,E,,,311325",
          "$GPRMC,00000,A,5919.7,X,01804.1,E,,,320125", "$GPRMC,-10000,A,-5919.7,N,inf,E,,,0101",
          "$GPRMC,,A,,,,,,,", "$GPRMC", "$,,,,", "$GPGGA,,,,,,1,,,,"}) {
        Reading reading(kNow);
        read_nmea(line, reading);
        EXPECT_FALSE(reading.latitude && reading.longitude) << line;
        EXPECT_FALSE(reading.time) << line;
    }
}

TEST(Nmea, a_clock_without_a_day_is_the_nearest) {
    // 2026-01-01 00:00:05.
    Reading reading(kNow + 5'000);
    read_nmea("$GPGGA,235959,5919.7580,N,01804.1160,E,1,08,0.9,28.5,M,,,", reading);
    EXPECT_EQ(reading.time, kNow - 1'000);
    // 2025-12-31 23:59:59.
    reading = Reading(kNow - 1'000);
    read_nmea("$GPGGA,000001,5919.7580,N,01804.1160,E,1,08,0.9,28.5,M,,,", reading);
    EXPECT_EQ(reading.time, kNow + 1'000);
}

TEST(VehicleAddress, is_bounded) {
    EXPECT_EQ(address_of("vehicles/" + std::string(kIdBytesMax, 'v') + "/speed", {}).id.size(),
              kIdBytesMax);
    EXPECT_EQ(address_of("vehicles/" + std::string(kIdBytesMax + 1, 'v') + "/speed", {}).id, "");
    EXPECT_EQ(address_of("", {}).id, "");
    EXPECT_EQ(address_of("vehicles/v" + std::string(60'000, '/'), {}).id, "v");
}

class VehicleDecoderTest : public testing::Test {
  protected:
    VehicleDecoderTest() {
        std::string problem;
        decoder_ = find_decoder("vehicle")->make({}, problem);
    }

    Decoded decode(const std::string& topic, const std::string& payload) {
        Decoded out;
        decoder_->decode({topic, payload, kNow}, out);
        return out;
    }

    std::unique_ptr<Decoder> decoder_;
};

TEST_F(VehicleDecoderTest, forgets_the_vehicle_that_was_silent_longest) {
    auto says_online = [&](int i) {
        return decode("vehicles/v" + std::to_string(i) + "/status", "online").events.size();
    };
    for (int i = 0; i < 10'000; i++) ASSERT_EQ(says_online(i), 1U);
    EXPECT_EQ(says_online(0), 0U);
    EXPECT_EQ(says_online(10'000), 1U);
    EXPECT_EQ(says_online(0), 0U);
    EXPECT_EQ(says_online(1), 1U);
}

TEST_F(VehicleDecoderTest, keeps_a_bounded_number_of_unknown_values) {
    std::string payload = "{";
    for (int i = 0; i < 1'000; i++) payload += "\"x" + std::to_string(i) + "\":1,";
    payload += "\"speed\":1}";
    EXPECT_EQ(decode("vehicles/v1/telemetry", payload).samples.size(), kMeasuresMax + 1);
}

TEST_F(VehicleDecoderTest, takes_a_bounded_batch) {
    std::string payload = "[{\"speed\":1}";
    for (int i = 0; i < 5'000; i++) payload += ",{\"speed\":1}";
    payload += "]";
    EXPECT_EQ(decode("vehicles/v1/telemetry", payload).samples.size(), 1'000U);
}

// M2.4, M2.5: an asset without an engine, seldom heard.
TEST_F(VehicleDecoderTest, M2_4_M2_5_trailers_and_containers_fit_in) {
    auto first = decode("vehicles/trailer-9/telemetry", R"({"lat":59.3,"lon":18.0})");
    ASSERT_EQ(first.positions.size(), 1U);
    EXPECT_TRUE(std::isnan(first.positions[0].speed_kmh));
    EXPECT_TRUE(first.samples.empty());
    auto moved = decode("vehicles/trailer-9/telemetry", R"({"lat":59.4,"lon":18.0})");
    EXPECT_EQ(moved.positions.size(), 1U);
}

}  // namespace
}  // namespace martlet::telemetry::vehicle
