// Busroot's spelling and bounds. The forms are in cases/busroot.txt.

#include "telemetry/decoders/busroot/counting.h"
#include "telemetry/decoders/busroot/signals.h"

#include <gtest/gtest.h>

#include <string>

namespace martlet::telemetry::busroot {
namespace {

TEST(BusrootSpelling, by_letters_words_and_small_mistakes) {
    EXPECT_EQ(meant_signal("productionCountGood"), "production_count_good");
    EXPECT_EQ(meant_signal("ProductionCount"), "production_count_good");
    EXPECT_EQ(meant_signal("PRODUCTION-COMPLETE BAD"), "production_complete_bad");
    EXPECT_EQ(meant_signal("good count production"), "production_count_good");
    EXPECT_EQ(meant_signal("electrical_kWh_intervall"), "electrical_kwh_interval");
    EXPECT_EQ(meant_signal("electricalKwh"), "electrical_kwh");
    EXPECT_EQ(meant_signal("Rssi"), "rssi");
    EXPECT_EQ(meant_signal("rsis"), "rssi");
    EXPECT_EQ(meant_signal("prodcutive"), "productive");
    EXPECT_EQ(meant_signal("line speed"), "line_speed");
}

TEST(BusrootSpelling, other_words_are_none) {
    for (std::string_view key : {"foo", "temperature", "speed", "count", "good", "rpm", "kwh", "",
                                 "_", "production", "wifi_rssi_level", "état"}) {
        EXPECT_EQ(meant_signal(key), "") << key;
    }
    EXPECT_EQ(meant_signal(std::string(10'000, 'p')), "");
}

void add_units(std::string_view station, std::string_view metric, double value, Decoded& out) {
    out.clear();
    out.sender = {"station", std::string(station)};
    Sample& sample = out.samples.emplace_back();
    sample.source = out.sender;
    sample.metric = metric;
    sample.value = value;
}

TEST(BusrootCounting, many_stations_do_not_make_it_forget_the_newest) {
    Counting counting;
    Decoded out;
    for (std::size_t i = 0; i <= kStationsMax; i++) {
        add_units("a/" + std::to_string(i), "production_count_good", 5, out);
        counting.look_at(1'000, out);
    }
    add_units("a/1", "production_complete_good", 1, out);
    counting.look_at(2'000, out);
    EXPECT_EQ(out.events.size(), 1U);
    // Forgotten: what comes first counts again.
    add_units("a/0", "production_complete_good", 1, out);
    counting.look_at(2'000, out);
    EXPECT_EQ(out.events.size(), 0U);
}

TEST(BusrootCounting, tells_once_an_hour) {
    Counting counting;
    Decoded out;
    std::size_t told = 0;
    for (Time minute = 0; minute < 180; minute++) {
        std::string_view metric =
            minute % 2 == 0 ? "production_count_good" : "production_complete_good";
        add_units("a/b", metric, 1, out);
        counting.look_at(minute * 60'000, out);
        told += out.events.size();
    }
    EXPECT_EQ(told, 3U);
}

}  // namespace
}  // namespace martlet::telemetry::busroot
