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

// The group's home has to pass on to a third shard that does not come to its turn.
class Parking : public testing::Test {
  protected:
    Parking() {
        for (Client* client : {&publisher_, &member_, &second_}) client->connect();
    }
    void join(Client& client) { client.subscribe(filter_, {.qos = Qos::AtLeastOnce}); }
    void publish(int count) {
        for (int i = 0; i < count; i++)
            publisher_.say_publish("t", std::to_string(i), {.qos = Qos::AtLeastOnce});
    }
    // Shard 2 has no turn.
    void turn_others(int times) {
        for (int i = 0; i < times; i++) {
            table_.turn(0);
            table_.turn(1);
            EXPECT_LE(parked_bytes(), 200u);
        }
    }
    std::uint64_t parked_bytes() {
        return table_.sum([](const auto& c) -> const auto& { return c.parked_bytes; });
    }
    std::uint64_t parked() {
        return table_.sum([](const auto& c) -> const auto& { return c.parked_messages; });
    }

    Table table_{short_of_credit(3)};
    std::string filter_ = "$share/" + table_.group_on(1, "t") + "/t";
    Client publisher_{table_, "p", 0};
    Client member_{table_, "m", 2};
    Client second_{table_, "n", 1};
};

TEST_F(Parking, HoldsThePublisherOfAThirdShard) {
    join(member_);
    publish(100);
    turn_others(20);
    EXPECT_TRUE(publisher_.line().connection().is_held());
    EXPECT_EQ(parked(), 1u);
    EXPECT_LE(table_.post.waiting(2), 2u);
    Strings got = member_.payloads();
    ASSERT_EQ(got.size(), 100u);
    for (int i = 0; i < 100; i++) EXPECT_EQ(got[static_cast<std::size_t>(i)], std::to_string(i));
    EXPECT_EQ(parked_bytes(), 0u);
    EXPECT_EQ(table_.dropped(DropReason::ShardCredit), 0u);
}

TEST_F(Parking, HoldsAPublisherOfTheHome) {
    Client local(table_, "l", 1);
    local.connect();
    join(member_);
    for (int i = 0; i < 50; i++)
        local.say_publish("t", std::to_string(i), {.qos = Qos::AtLeastOnce});
    turn_others(20);
    EXPECT_TRUE(local.line().connection().is_held());
    EXPECT_EQ(parked(), 1u);
    EXPECT_EQ(member_.payloads().size(), 50u);
    EXPECT_EQ(parked_bytes(), 0u);
}

TEST_F(Parking, WhatIsParkedByTwoGroupsIsPaidForUntilBothHaveHandedItOn) {
    std::string group = table_.group_on(1, "+");
    join(member_);
    second_.subscribe("$share/" + group + "/+", {.qos = Qos::AtLeastOnce});
    member_.subscribe("$share/" + group + "/+", {.qos = Qos::AtLeastOnce});
    second_.unsubscribe("$share/" + group + "/+");
    publish(40);
    for (int i = 0; i < 20; i++) {
        table_.turn(0);
        table_.turn(1);
        EXPECT_LE(parked(), 3u);
    }
    EXPECT_TRUE(publisher_.line().connection().is_held());
    EXPECT_EQ(member_.payloads().size(), 80u);
    EXPECT_EQ(parked_bytes(), 0u);
}

TEST_F(Parking, AnotherMemberThatComesGetsWhatWaits) {
    join(member_);
    publish(10);
    turn_others(10);
    ASSERT_EQ(parked(), 1u);
    second_.say(
        subscribe_frame(Version::V5, second_.next_id(), filter_, {.qos = Qos::AtLeastOnce}));
    turn_others(60);
    EXPECT_EQ(parked(), 0u);
    second_.collect();
    EXPECT_GE(second_.payloads().size(), 8u);
    EXPECT_EQ(table_.dropped(DropReason::SessionEnded), 0u);
}

TEST_F(Parking, TheLastMemberThatLeavesGetsWhatWaits) {
    join(second_);
    join(member_);
    // The one in the home goes while what is for the other waits.
    second_.unsubscribe(filter_);
    publish(3);
    turn_others(10);
    ASSERT_EQ(parked(), 1u);
    GroupLetter letter;
    letter.change = GroupLetter::Change::Leave;
    letter.name = filter_.substr(7, filter_.size() - 9);
    letter.filter = "t";
    letter.member.shard = 2;
    Session* session = table_.shards[2]->find_session(member_.id());
    ASSERT_NE(session, nullptr);
    letter.member.session = session->handle;
    auto batch = std::make_unique<LetterBatch>();
    batch->letters.emplace_back(std::make_unique<GroupLetter>(std::move(letter)));
    table_.post.post(1, std::move(batch));
    turn_others(10);
    EXPECT_EQ(parked(), 0u);
    EXPECT_EQ(parked_bytes(), 0u);
    EXPECT_FALSE(publisher_.line().connection().is_held());
    EXPECT_EQ(member_.payloads(), (Strings{"0", "1"}));
    EXPECT_EQ(table_.dropped(DropReason::SessionEnded), 0u);
}

// Each is the home of a group whose members are in the other: what each has to pass on must not
// wait for what the other has to pass on.
TEST(Credit, TwoHomesDoNotWaitForEachOther) {
    Table table(short_of_credit(2));
    std::vector<std::unique_ptr<Client>> clients;
    for (std::uint32_t shard = 0; shard < 2; shard++) {
        std::string topic = "t" + std::to_string(shard);
        std::string filter = "$share/" + table.group_on(1 - shard, topic) + "/" + topic;
        for (const char* name : {"m", "p"}) {
            clients.push_back(std::make_unique<Client>(table, name + std::to_string(shard), shard));
            clients.back()->connect();
        }
        clients[2 * shard]->subscribe(filter, {.qos = Qos::AtLeastOnce});
    }
    // Each publishes to the home in the other shard, from where it comes back.
    for (int i = 0; i < 100; i++) {
        clients[1]->say_publish("t0", "x", {.qos = Qos::AtLeastOnce});
        clients[3]->say_publish("t1", "x", {.qos = Qos::AtLeastOnce});
    }
    // Both are read before either has heard of the other.
    for (std::uint32_t shard : {0u, 1u}) {
        table.begin(shard);
        table.read(clients[2 * shard + 1]->line());
    }
    for (std::uint32_t shard : {0u, 1u}) {
        table.send_letters(shard);
        table.write(shard);
    }
    EXPECT_EQ(clients[0]->messages().size(), 100u);
    EXPECT_EQ(clients[2]->messages().size(), 100u);
}

TEST(Credit, BoundsRetainedMessagesOfQosZero) {
    flood("t/#", 1, {.qos = Qos::AtMostOnce, .retain = true});
}

}  // namespace
}  // namespace martlet::broker
