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
