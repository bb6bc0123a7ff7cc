#include "telemetry/operator_settings.h"

#include <gtest/gtest.h>

namespace martlet::telemetry {
namespace {

TEST(OperatorSettings, WhatWasSetIsAskedFirst) {
    Options configured;
    configured.store = "s";
    configured.rules = {{"a/#", "json"}};
    configured.decoder_options = {{"lowi", "gas_scale", "1"}};
    configured.maps = {{"one", "1"}, {"two", "2"}};
    configured.units = {{"", "", "power", "W", {}}};
    configured.thresholds = {{"lowi", "", "", 1000, 2000}};
    OperatorSettings settings;
    settings.rules = {{"b/#", "none"}};
    settings.decoder_options = {{"lowi", "gas_scale", "2"}};
    settings.maps = {{"two", "our own"}, {"three", "3"}};
    settings.units = {{"", "", "power", "kW", {}}};
    settings.thresholds = {{"lowi", "", "", 3000, 4000}};
    Options both = merged(configured, settings);
    EXPECT_EQ(both.store, "s");
    EXPECT_EQ(both.rules.front().filter, "b/#");
    EXPECT_EQ(both.rules.size(), 2u);
    // The last one of a name counts.
    EXPECT_EQ(both.decoder_options.back().value, "2");
    ASSERT_EQ(both.maps.size(), 3u);
    EXPECT_EQ(find_map(both.maps, "two")->text, "our own");
    EXPECT_EQ(both.maps.back().name, "one");
    EXPECT_EQ(both.units.front().unit, "kW");
    EXPECT_EQ(both.thresholds.front().online_ms, 3000);
    EXPECT_EQ(find_map(both.maps, "four"), nullptr);
}

}  // namespace
}  // namespace martlet::telemetry
