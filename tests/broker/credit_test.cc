// Pressure between shards: with credit for one byte nothing is lost that must not be, nobody waits
// for ever, and what piles up is bounded.

#include "tests/broker/client.h"

#include <gtest/gtest.h>

namespace martlet::broker {
namespace {

using Strings = std::vector<std::string>;

TableOptions short_of_credit(std::uint32_t shards) {
    TableOptions options;
    options.shards = shards;
    options.broker.shard_credit_bytes = 1;
    options.broker.max_queued_messages = 0;
    return options;
}

TEST(Credit, APublisherIsHeldAndGoesOn) {
    Table table(short_of_credit(2));
    Client p(table, "p", 0), s(table, "s", 1);
    p.connect({.version = Version::V311});  // which knows no Receive Maximum
    s.connect();
    s.subscribe("t", {.qos = Qos::ExactlyOnce});
    for (int i = 0; i < 200; i++)
        p.say_publish("t", std::to_string(i), {.qos = static_cast<Qos>(1 + i % 2)});
    p.is_answering = true;
    table.turn(0);
    EXPECT_TRUE(p.line().connection().is_held());
    EXPECT_LE(table.post.waiting(1), 2u);
    Strings got = s.payloads();
    ASSERT_EQ(got.size(), 200u);
    for (int i = 0; i < 200; i++) EXPECT_EQ(got[static_cast<std::size_t>(i)], std::to_string(i));
}

TEST(Credit, BothDirectionsAtOnce) {
    Table table(short_of_credit(3));
    std::vector<std::unique_ptr<Client>> clients;
    for (std::uint32_t i = 0; i < 6; i++) {
        clients.push_back(std::make_unique<Client>(table, "c" + std::to_string(i), i % 3));
        clients.back()->connect();
        clients.back()->subscribe("#", {.qos = Qos::AtLeastOnce});
    }
    for (int i = 0; i < 100; i++)
        for (auto& client : clients) client->say_publish("t", "x", {.qos = Qos::AtLeastOnce});
    for (auto& client : clients) EXPECT_EQ(client->messages().size(), 600u);
}

TEST(Credit, QosZeroIsDroppedAndCounted) {
    Table table(short_of_credit(2));
    Client p(table, "p", 0), s(table, "s", 1);
    p.connect();
    s.connect();
    s.subscribe("t");
    for (int i = 0; i < 50; i++) p.say_publish("t", "x");
    std::size_t got = s.payloads().size();
    EXPECT_EQ(got + table.dropped(DropReason::ShardCredit), 50u);
    EXPECT_GE(got, 1u);
    EXPECT_FALSE(p.line().connection().is_held());
}

TEST(Credit, AHeldPublisherIsNotBlamedForItsSilence) {
    Table table(short_of_credit(2));
    Client p(table, "p", 0), s(table, "s", 1);
    p.connect({.keep_alive = 2});
    s.connect();
    s.subscribe("t", {.qos = Qos::AtLeastOnce});
    for (int i = 0; i < 3; i++) p.say_publish("t", "x", {.qos = Qos::AtLeastOnce});
    table.turn(0);
    ASSERT_TRUE(p.line().connection().is_held());
    for (int i = 0; i < 20; i++) {
        table.now.steady += Milliseconds(1000);
        table.turn(0);  // the other shard does not come to its turn
    }
    EXPECT_TRUE(p.line().is_open());
    EXPECT_EQ(s.payloads().size(), 3u);
    EXPECT_TRUE(p.is_connected());
}

TEST(Credit, AHeldPublisherThatGoesAwayLeavesNothingBehind) {
    Table table(short_of_credit(2));
    Client p(table, "p", 0), s(table, "s", 1), other(table, "o", 0);
    p.connect();
    other.connect();
    s.connect();
    s.subscribe("t", {.qos = Qos::AtLeastOnce});
    for (int i = 0; i < 3; i++) p.say_publish("t", "x", {.qos = Qos::AtLeastOnce});
    table.turn(0);
    ASSERT_TRUE(p.line().connection().is_held());
    // Taken over while it is held.
    Client again(table, "p", 0);
    again.open();
    table.turn(0);
    again.settle();
    EXPECT_TRUE(again.is_connected());
    EXPECT_FALSE(p.is_connected());
    other.publish("t", "y", {.qos = Qos::AtLeastOnce});
    EXPECT_EQ(s.payloads().back(), "y");
}

// A flood towards a shard that does not come to its turn: what waits for it stays small.
void flood(const std::string& filter, std::uint32_t member_shard, const PublishWish& wish) {
    Table table(short_of_credit(2));
    Client p(table, "p", 0), s(table, "s", member_shard);
    p.connect();
    s.connect();
    s.subscribe(filter, {.qos = Qos::AtLeastOnce});
    for (int i = 0; i < 500; i++) p.say_publish("t/" + std::to_string(i), "x", wish);
    for (int i = 0; i < 5; i++) table.turn(0);
    EXPECT_LE(table.post.waiting(1), 4u) << filter;
    EXPECT_EQ(s.messages().size(), 500u) << filter;
}

TEST(Credit, BoundsWhatWaitsForAShard) {
    flood("t/#", 1, {.qos = Qos::AtLeastOnce});
}

TEST(Credit, BoundsWhatAGroupHandsToAMemberInAnotherShard) {
    Table probe(short_of_credit(2));
    flood("$share/" + probe.group_on(0, "t/#") + "/t/#", 1, {.qos = Qos::AtLeastOnce});
}

TEST(Credit, BoundsRetainedMessagesOfQosZero) {
    flood("t/#", 1, {.qos = Qos::AtMostOnce, .retain = true});
}

}  // namespace
}  // namespace martlet::broker
