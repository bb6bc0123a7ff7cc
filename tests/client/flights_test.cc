#include "client/flights.h"

#include <gtest/gtest.h>

#include <map>
#include <random>

namespace martlet::client {
namespace {

using Stage = Flight::Stage;

std::uint16_t add(Flights& flights, std::uint64_t tag = 0) {
    std::uint16_t id = 0;
    Flight* flight = flights.add(id);
    EXPECT_NE(flight, nullptr);
    flight->waits_for = Stage::Puback;
    flight->tag = tag;
    return id;
}

TEST(Flights, IdentifiersGoRoundWithoutZero) {
    Flights flights;
    for (int i = 1; i <= 65535; i++) {
        EXPECT_EQ(add(flights), i);
        flights.finish(static_cast<std::uint16_t>(i));
    }
    EXPECT_EQ(add(flights), 1);
}

TEST(Flights, NoMoreThanThereAreIdentifiers) {
    Flights flights;
    for (int i = 0; i < 65535; i++) add(flights);
    std::uint16_t id = 0;
    EXPECT_EQ(flights.add(id), nullptr);
    flights.finish(2);  // not the oldest: its place is not free yet
    EXPECT_EQ(flights.add(id), nullptr);
    flights.finish(1);
    EXPECT_EQ(add(flights), 1);
    EXPECT_EQ(add(flights), 2);
}

TEST(Flights, UnknownIsNotFound) {
    Flights flights;
    EXPECT_EQ(flights.find(0), nullptr);
    EXPECT_EQ(flights.find(1), nullptr);
    add(flights);
    add(flights);
    flights.finish(2);
    EXPECT_NE(flights.find(1), nullptr);
    EXPECT_EQ(flights.find(2), nullptr);
    EXPECT_EQ(flights.find(3), nullptr);
    flights.finish(3);
    EXPECT_EQ(flights.size(), 2u);
}

// Against a map, with acknowledgements in any order.
TEST(Flights, HoldsWhatAMapHolds) {
    std::mt19937 random(7);
    Flights flights;
    std::map<std::uint16_t, std::uint64_t> model;
    for (std::uint64_t i = 0; i < 200000; i++) {
        bool wants_add = model.size() < 5 || (model.size() < 300 && random() % 2 == 0);
        if (wants_add) {
            std::uint16_t id = add(flights, i);
            ASSERT_TRUE(model.emplace(id, i).second);
        } else {
            auto which = model.begin();
            std::advance(which, random() % model.size());
            Flight* flight = flights.find(which->first);
            ASSERT_NE(flight, nullptr);
            ASSERT_EQ(flight->tag, which->second);
            flights.finish(which->first);
            ASSERT_EQ(flights.find(which->first), nullptr);
            model.erase(which);
        }
    }
    std::uint64_t last = 0;
    std::size_t waiting = 0;
    for (std::size_t i = 0; i < flights.size(); i++) {
        if (flights.at(i).waits_for == Stage::Done) continue;
        EXPECT_EQ(model.at(flights.id_at(i)), flights.at(i).tag);
        EXPECT_GE(flights.at(i).tag, last);  // in sending order
        last = flights.at(i).tag;
        waiting++;
    }
    EXPECT_EQ(waiting, model.size());
}

}  // namespace
}  // namespace martlet::client
