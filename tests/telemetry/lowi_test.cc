// LOWI's tables and bounds. The forms are in cases/lowi.txt.

#include "telemetry/decoders/lowi/current.h"
#include "telemetry/decoders/lowi/fields.h"
#include "telemetry/decoders/lowi/gateways.h"
#include "telemetry/decoders/lowi/recognise.h"
#include "telemetry/decoders/lowi/scales.h"

#include <gtest/gtest.h>

#include <string>

namespace martlet::telemetry::lowi {
namespace {

TEST(LowiMeaning, every_metric_has_one) {
    for (const Field& field : fields()) {
        EXPECT_FALSE(lowi_meaning(field.metric).empty()) << field.metric;
    }
    EXPECT_EQ(lowi_meaning("CH0/power_import"), "Power taken from the grid");
    EXPECT_EQ(lowi_meaning("CH12/power_net"), "Power taken from the grid less power fed in");
    EXPECT_EQ(lowi_meaning("CH0/tariff_name"), "Tariff in words: night or day");
    EXPECT_EQ(lowi_meaning("CH0/speed"), "");
    EXPECT_EQ(lowi_meaning(""), "");
}

TEST(LowiFields, places_are_those_of_the_table) {
    EXPECT_EQ(fields()[Voltage].key, "U");
    EXPECT_EQ(fields()[ImportHigh].key, "CIH");
    EXPECT_EQ(fields()[EnergyLow].key, "CL");
    EXPECT_EQ(fields()[Rssi].key, "RSSI");
}

TEST(LowiUnits, names_of_real_units_only) {
    EXPECT_EQ(stated_units("kWh").unit, "kWh");
    EXPECT_EQ(stated_units("KWH").unit, "kWh");
    EXPECT_EQ(stated_units("m3").unit, "m³");
    EXPECT_EQ(stated_units("Various").unit, "");
    EXPECT_EQ(stated_units("").unit, "");
    EXPECT_EQ(stated_units("watt and more").unit, "");
}

bool looks_like(std::string_view payload) {
    PayloadJson json;
    json.read(payload);
    return looks_like_lowi(json);
}

TEST(LowiScales, divide_as_decimals) {
    EXPECT_EQ(scaled(1830.112, 1000), Value(1.830112));
    EXPECT_EQ(scaled(-0.7, 100), Value(-0.007));
    EXPECT_EQ(scaled(1.5e300, 1000), Value(1.5e297));
    EXPECT_EQ(scaled(5123456, 1000), Value(5123.456));
    EXPECT_EQ(scaled(7, 1), Value(std::int64_t{7}));
    EXPECT_EQ(scaled(7.5, 3), Value(2.5));
}

TEST(LowiRecognise, by_its_keys) {
    EXPECT_TRUE(looks_like(R"({"ident":"a","device_CH":"0","PI":"503"})"));
    EXPECT_TRUE(looks_like(R"({"ident":7,"device_CH":12,"U":null,"P":0})"));
    EXPECT_FALSE(looks_like(R"({"ident":"a","PI":"503"})"));
    EXPECT_FALSE(looks_like(R"({"ident":"","device_CH":"0","PI":"503"})"));
    EXPECT_FALSE(looks_like(R"({"ident":"a","device_CH":"0","power":503})"));
    EXPECT_FALSE(looks_like(R"({"ident":"a","device_CH":"attic","PI":503})"));
    EXPECT_FALSE(looks_like(R"([{"ident":"a","device_CH":"0","PI":503}])"));
    EXPECT_FALSE(looks_like("503"));
    EXPECT_FALSE(looks_like("{"));
}

TEST(LowiCurrent, learns_against_at_most_ten) {
    CurrentScale scale;
    CurrentReading hundredths{200, 230, 460, false, false};
    CurrentReading milliamperes{2000, 230, 460, false, false};
    for (int i = 0; i < 100; i++) scale.learn(hundredths);
    for (int i = 0; i < 10; i++) scale.learn(milliamperes);
    EXPECT_FALSE(scale.is_milliampere());
    scale.learn(milliamperes);
    EXPECT_TRUE(scale.is_milliampere());
    EXPECT_EQ(scale.divisor(), 1000);
    scale.learn(hundredths);
    EXPECT_TRUE(scale.is_milliampere()) << "as many say the one as the other";
}

TEST(LowiGateways, channels_have_a_bound) {
    Gateways gateways;
    CurrentReading milliamperes{2000, 230, 460, false, false};
    for (std::size_t i = 0; i < kChannelsMax + 5; i++) {
        gateways.channel("a", "CH" + std::to_string(i)).current.learn(milliamperes);
    }
    EXPECT_TRUE(gateways.channel("a", "CH0").current.is_milliampere());
    EXPECT_TRUE(gateways.channel("a", "CH63").current.is_milliampere());
    EXPECT_FALSE(gateways.channel("a", "CH64").current.is_milliampere());
    EXPECT_FALSE(gateways.channel("b", "CH0").current.is_milliampere());
}

TEST(LowiGateways, those_silent_longest_are_forgotten) {
    Gateways gateways;
    for (std::size_t i = 0; i <= kGatewaysMax; i++) {
        std::string topic = "house" + std::to_string(i) + "/x";
        gateways.id_of({topic, "CH0", false}, "gateway" + std::to_string(i));
    }
    EXPECT_EQ(gateways.id_of({"house1/x", "CH0", false}, ""), "gateway1");
    EXPECT_EQ(gateways.id_of({"house0/x", "CH0", false}, ""), "house0/x");
    std::string longest(300, 'x');
    EXPECT_EQ(gateways.id_of({longest, "CH0", false}, "a"), "a");
    EXPECT_EQ(gateways.id_of({longest, "CH0", false}, ""), longest);
}

}  // namespace
}  // namespace martlet::telemetry::lowi
