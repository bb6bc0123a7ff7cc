#include "telemetry/rules.h"

#include <gtest/gtest.h>

namespace martlet::telemetry {
namespace {

std::string chosen(Rules& rules, std::string_view topic) {
    return std::string(rules.choose(topic).name);
}

TEST(Rules, TheFiveGroupsNeedNone) {
    Rules rules = Rules::make({}).value();
    EXPECT_EQ(chosen(rules, "msh/EU_868/2/e/LongFast/!a1b2c3d4"), "meshtastic");
    EXPECT_EQ(chosen(rules, "apricot/value"), "json");
    EXPECT_EQ(chosen(rules, "vehicles/v7/telemetry"), "vehicle");
    EXPECT_EQ(chosen(rules, "owntracks/anna/phone"), "vehicle");
    EXPECT_EQ(chosen(rules, "34945460a1b2/PUB/CH0"), "lowi");
    EXPECT_EQ(chosen(rules, "busroot/v2/acme/signals/PRESS7"), "busroot");
    EXPECT_EQ(chosen(rules, "spBv1.0/g/NBIRTH/e"), "sparkplug");
    EXPECT_EQ(chosen(rules, "$SYS/broker/uptime"), "");
}

TEST(Rules, ThoseOfTheConfigurationComeFirstInTheirOrder) {
    Options options;
    options.rules = {{"msh/secret/#", "none"}, {"msh/#", "json"}, {"mesh/#", "meshtastic"}};
    Rules rules = Rules::make(options).value();
    EXPECT_EQ(rules.choose("msh/secret/x").decoder, nullptr);
    EXPECT_EQ(chosen(rules, "msh/other"), "json");
    EXPECT_EQ(chosen(rules, "mesh/2/e/LongFast/!a1b2c3d4"), "meshtastic");
    // Asked again, from memory.
    EXPECT_EQ(rules.choose("msh/secret/x").decoder, nullptr);
    EXPECT_EQ(rules.rows().front().filter, "msh/secret/#");
    EXPECT_FALSE(rules.rows().front().is_default);
    EXPECT_TRUE(rules.rows().back().is_default);
}

TEST(Rules, OneDecoderRemembersForAllItsTopics) {
    Options options;
    options.rules = {{"mesh/#", "meshtastic"}};
    Rules rules = Rules::make(options).value();
    EXPECT_EQ(rules.choose("mesh/2/e/A/!a1b2c3d4").decoder,
              rules.choose("msh/2/e/A/!a1b2c3d4").decoder);
}

TEST(Rules, OfOtherOptionsOnlyWhatChangedIsMadeAnew) {
    Options options;
    options.decoder_options = {{"lowi", "gas_scale", "0.01"}};
    Rules rules = Rules::make(options).value();
    Decoder* mesh = rules.choose("msh/2/e/A/!a1b2c3d4").decoder;
    Decoder* lowi = rules.choose("34945460a1b2/PUB/CH0").decoder;
    options.rules = {{"x/#", "lowi"}};
    options.decoder_options = {{"meshtastic", "consent", "hide"}, {"lowi", "gas_scale", "0.01"}};
    auto changed = Rules::make(options, &rules);
    ASSERT_TRUE(changed.ok());
    EXPECT_EQ(changed.value().choose("34945460a1b2/PUB/CH0").decoder, lowi);
    EXPECT_EQ(changed.value().choose("x/y").decoder, lowi);
    EXPECT_NE(changed.value().choose("msh/2/e/A/!a1b2c3d4").decoder, mesh);
}

TEST(Rules, AfterAnErrorTheRunningOnesAreWhole) {
    Options options;
    Rules rules = Rules::make(options).value();
    options.rules = {{"a/#/b", "json"}};
    EXPECT_FALSE(Rules::make(options, &rules).ok());
    EXPECT_NE(rules.choose("msh/2/e/A/!a1b2c3d4").decoder, nullptr);
}

TEST(Rules, TheFilterOfARuleIsToldAndThatOfADecoderIsNot) {
    Options options;
    options.rules = {{"fleet/+/#", "vehicle"}, {"fleet/#", "none"}};
    Rules rules = Rules::make(options).value();
    EXPECT_EQ(rules.choose("fleet/truck5/data").filter, "fleet/+/#");
    EXPECT_EQ(rules.choose("fleet/truck5/data").filter, "fleet/+/#") << "from memory";
    EXPECT_EQ(rules.choose("fleet").filter, "");
    EXPECT_EQ(rules.choose("vehicles/v7/speed").filter, "");
    EXPECT_EQ(rules.choose("vehicles/v7/speed").name, "vehicle");
}

TEST(Rules, WhatIsNotSoundIsNamed) {
    Options options;
    options.rules = {{"a/#/b", "json"}};
    EXPECT_NE(Rules::make(options).error().text.find("a/#/b"), std::string::npos);
    options.rules = {{"a/#", "jsn"}};
    std::string text = Rules::make(options).error().text;
    EXPECT_NE(text.find("'jsn'"), std::string::npos) << text;
    EXPECT_NE(text.find("busroot"), std::string::npos) << text;
    options.rules.clear();
    options.decoder_options = {{"lowi", "colour", "blue"}};
    text = Rules::make(options).error().text;
    EXPECT_NE(text.find("lowi"), std::string::npos) << text;
    EXPECT_NE(text.find("colour"), std::string::npos) << text;
    options.decoder_options = {{"lowy", "gas_scale", "1"}};
    EXPECT_NE(Rules::make(options).error().text.find("lowy"), std::string::npos);
}

}  // namespace
}  // namespace martlet::telemetry
