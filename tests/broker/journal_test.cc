// What is acknowledged, when, and what is there after a restart (ARCHITECTURE.md, "Journal").

#include "tests/broker/lasting_table.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace martlet::broker {
namespace {

using std::chrono::seconds;

using Journal = LastingTable;

INSTANTIATE_TEST_SUITE_P(Shards, Journal, testing::Values(1u, 2u));

TEST_P(Journal, PubackWaitsForTheCopyOfWhoIsAway) {
    Client subscriber = far("subscriber");
    subscriber.connect(lasting());
    subscriber.subscribe("t", kSub1);
    subscriber.cut();
    Client publisher = near("publisher");
    publisher.connect();
    table_->journal->is_paused = true;
    publisher.say_publish("t", "x", kQos1);
    EXPECT_EQ(publisher.heard(), "");
    table_->journal->is_paused = false;
    EXPECT_EQ(publisher.heard(), "PUBACK m1 00");
}

TEST_P(Journal, PubackDoesNotWaitWhereTheReceiverHasAnswered) {
    Client subscriber = far("subscriber");
    subscriber.connect(lasting());
    subscriber.subscribe("t", kSub1);
    Client publisher = near("publisher");
    publisher.connect();
    table_->journal->is_paused = true;
    publisher.say_publish("t", "x", kQos1);
    EXPECT_EQ(publisher.heard(), "");
    subscriber.heard();
    EXPECT_EQ(publisher.heard(), "PUBACK m1 00");
}

TEST_P(Journal, Qos2LeavesWhenItIsWritten) {
    Client subscriber = far("subscriber");
    subscriber.connect(lasting());
    subscriber.subscribe("t", kSub2);
    Client publisher = near("publisher");
    publisher.connect(lasting());
    table_->journal->is_paused = true;
    publisher.say_publish("t", "x", kQos2);
    EXPECT_EQ(publisher.heard(), "");
    EXPECT_EQ(subscriber.heard(), "");
    table_->journal->is_paused = false;
    EXPECT_EQ(publisher.heard(), "PUBREC m1 00 | PUBCOMP m1 00");
    EXPECT_EQ(subscriber.payloads(), std::vector<std::string>{"x"});
}

TEST_P(Journal, ConnackAndSubackWait) {
    table_->journal->is_paused = true;
    Client subscriber = far("subscriber");
    subscriber.open(lasting());
    EXPECT_EQ(subscriber.heard(), "");
    table_->journal->is_paused = false;
    EXPECT_TRUE(subscriber.heard().starts_with("CONNACK"));
    table_->journal->is_paused = true;
    EXPECT_EQ(subscriber.subscribe("t", kSub1), "");
    table_->journal->is_paused = false;
    EXPECT_EQ(subscriber.heard(), "SUBACK m1 01");
}

TEST_P(Journal, ASessionThatEndsWithItsLineWaitsForNothing) {
    table_->journal->is_paused = true;
    Client a = far("a");
    EXPECT_TRUE(a.connect().starts_with("CONNACK"));
    EXPECT_EQ(a.subscribe("t", kSub2), "SUBACK m1 02");
    a.publish("t", "x", kQos1);
    EXPECT_NE(a.heard().find("'x'"), std::string::npos);
}

TEST_P(Journal, SessionsQueuesAndRetainedAreThereAfterAKill) {
    {
        Client subscriber = client("subscriber");
        subscriber.connect(lasting());
        subscriber.subscribe("a/#", {.qos = Qos::ExactlyOnce, .identifier = 7});
        subscriber.cut();
        Client publisher = client("publisher");
        publisher.connect();
        publisher.publish("a/1", "one",
                          {.qos = Qos::AtLeastOnce, .user_name = "k", .user_value = "v"});
        publisher.publish("a/2", "two", kQos2);
        publisher.publish("r", "kept", {.qos = Qos::AtLeastOnce, .retain = true});
        publisher.publish("gone", "kept", {.qos = Qos::AtLeastOnce, .retain = true});
        publisher.publish("gone", "", {.qos = Qos::AtLeastOnce, .retain = true});
        publisher.heard();
    }
    restart();
    EXPECT_EQ(table_->restored.sessions, 1u);
    EXPECT_EQ(table_->restored.strays, 0u);
    Client subscriber = client("subscriber");
    std::string heard = subscriber.connect(lasting());
    EXPECT_NE(heard.find("'a/1' 'one'"), std::string::npos) << heard;
    EXPECT_LT(heard.find("'one'"), heard.find("'two'")) << heard;
    EXPECT_NE(heard.find("user='k''v'"), std::string::npos) << heard;
    Client eyes = client("eyes");
    eyes.connect();
    EXPECT_EQ(eyes.subscribe("#"), "SUBACK m1 00 | PUBLISH q0 retain 'r' 'kept'");
}

TEST_P(Journal, WhatWasDeliveredDoesNotComeAgain) {
    {
        Client subscriber = client("subscriber");
        subscriber.connect(lasting());
        subscriber.subscribe("t", kSub2);
        Client publisher = client("publisher");
        publisher.connect(lasting());
        for (int i = 0; i < 10; i++)
            publisher.publish("t", std::to_string(i), i % 2 ? kQos1 : kQos2);
        EXPECT_EQ(subscriber.payloads().size(), 10u);
        publisher.heard();
    }
    restart();
    Client subscriber = client("subscriber");
    EXPECT_EQ(subscriber.connect(lasting()).find("PUBLISH"), std::string::npos);
    EXPECT_EQ(table_->journal->log().stats().live_records, 3u);  // two sessions, one subscription
}

// Far more than is kept in memory.
TEST_P(Journal, ALongQueueComesBackInOrder) {
    broker_.max_queued_messages = 0;
    restart();
    Client subscriber = client("subscriber");
    subscriber.connect(lasting());
    subscriber.subscribe("t", kSub2);
    subscriber.cut();
    std::vector<std::string> all;
    Client publisher = client("publisher");
    publisher.connect();
    for (int i = 0; i < 1000; i++) {
        all.push_back(std::to_string(i));
        publisher.publish("t", all.back(), kQos2);
    }
    publisher.heard();
    subscriber.open(lasting());
    EXPECT_EQ(subscriber.payloads(), all);
    subscriber.cut();
    auto bytes = [](const auto& c) -> const auto& {
        return c.queued_bytes;
    };
    EXPECT_EQ(table_->sum(bytes), 0u);
    for (const std::string& text : all) publisher.publish("t", text, kQos1);
    restart();
    Client again = client("subscriber");
    again.open(lasting());
    EXPECT_EQ(again.payloads(), all);
    EXPECT_EQ(table_->sum(bytes), 0u);
}

TEST_P(Journal, AWillSurvivesAndItsDelayCountsFromTheRestart) {
    {
        Client a = client("a");
        ConnectWish wish = lasting();
        wish.will_topic = "w";
        wish.will_payload = "gone";
        wish.will_delay = 10;
        a.connect(wish);
    }
    restart(seconds(3600));
    Client watcher = client("watcher");
    watcher.connect();
    watcher.subscribe("w");
    EXPECT_TRUE(watcher.payloads().empty());
    table_->pass(seconds(12));
    EXPECT_EQ(watcher.payloads(), std::vector<std::string>{"gone"});
    restart();
    Client later = client("watcher");
    later.connect();
    later.subscribe("w");
    table_->pass(seconds(20));
    EXPECT_TRUE(later.payloads().empty()) << "sent twice";
}

// Killed after so many turns of the client's return: the will of the connection before was due.
TEST_P(Journal, AClientThatComesBackAtOnceDoesNotPreventItsWill) {
    auto with_will = [](const std::string& payload) {
        ConnectWish wish = lasting();
        wish.will_topic = "w";
        wish.will_payload = payload;
        wish.will_qos = Qos::AtLeastOnce;
        return wish;
    };
    {
        Client watcher = far("watcher");
        watcher.connect(lasting());
        watcher.subscribe("w", kSub1);
    }
    for (int turns = 0; turns < 12; turns++) {
        std::string first = "first" + std::to_string(turns),
                    second = "second" + std::to_string(turns);
        {
            Client a = near("a");
            a.connect(with_will(first));
        }
        restart();
        bool is_acknowledged = false;
        {
            Client a = near("a");
            a.open(with_will(second));
            for (int i = 0; i < turns; i++) {
                for (std::uint32_t shard = 0; shard < GetParam(); shard++) table_->turn(shard);
            }
            is_acknowledged = !a.line().from_broker.empty();
        }
        restart();
        table_->pass(seconds(1));
        Client watcher = far("watcher");
        watcher.open(lasting());
        std::vector<std::string> seen = watcher.payloads();
        // QoS 1: at least once.
        EXPECT_GE(std::count(seen.begin(), seen.end(), first), 1) << turns;
        auto count = std::count(seen.begin(), seen.end(), second);
        EXPECT_TRUE(count >= 1 || !is_acknowledged) << turns;
        watcher.cut();
    }
}

TEST_P(Journal, ASessionExpiresWhileTheBrokerIsAway) {
    {
        Client a = client("a");
        a.connect({.clean_start = false, .expiry = 60});
        a.subscribe("t", kSub1);
        a.cut();
    }
    restart(seconds(30));
    EXPECT_EQ(table_->restored.sessions, 1u);
    table_->pass(seconds(5));
    restart(seconds(120));
    table_->pass(seconds(2));
    auto sessions = [](const auto& c) -> const auto& {
        return c.sessions;
    };
    EXPECT_EQ(table_->sum(sessions), 0u);
    table_->settle();
    EXPECT_EQ(table_->journal->log().stats().live_records, 0u);
}

// Each of the homes hands a message of the other's publisher to a member in the other's shard.
TEST_P(Journal, TheHomesOfTwoGroupsDoNotWaitForEachOther) {
    std::uint32_t last = shards_ - 1;
    std::string here = "$share/" + table_->group_on(0, "t") + "/t";
    std::string there = "$share/" + table_->group_on(last, "+") + "/+";
    for (const PublishWish& wish : {kQos1, kQos2}) {
        Client of_there = near("of there"), of_here = far("of here");
        of_there.connect(lasting());
        of_here.connect(lasting());
        of_there.subscribe(there, kSub2);
        of_here.subscribe(here, kSub2);
        Client a = near("a"), b = far("b");
        a.connect(lasting());
        b.connect(lasting());
        a.say_publish("t", "of a", wish);
        b.say_publish("t", "of b", wish);
        table_->settle();
        for (Client* member : {&of_there, &of_here}) {
            auto got = member->payloads();
            std::sort(got.begin(), got.end());
            EXPECT_EQ(got, (std::vector<std::string>{"of a", "of b"}));
        }
        bool is_exact = wish.qos == Qos::ExactlyOnce;
        for (Client* publisher : {&a, &b})
            EXPECT_TRUE(publisher->heard().starts_with(is_exact ? "PUBREC" : "PUBACK"));
    }
}

// QoS 1 and QoS 2 alike, and whatever the number of shards.
TEST_P(Journal, APayloadIsWrittenOnceForManySubscribers) {
    constexpr std::uint64_t kPayload = 100'000;
    for (int i = 0; i < 40; i++) {
        Client subscriber = client("subscriber" + std::to_string(i));
        subscriber.connect(lasting());
        subscriber.subscribe("t", kSub2);
        subscriber.cut();
    }
    Client publisher = client("publisher");
    publisher.connect(lasting());
    for (const PublishWish& wish : {kQos2, kQos1}) {
        std::uint64_t before = table_->journal->log().stats().live_bytes;
        publisher.publish("t", std::string(kPayload, 'x'), wish);
        std::uint64_t written = table_->journal->log().stats().live_bytes - before;
        EXPECT_LT(written, (wish.qos == Qos::ExactlyOnce ? 1 : shards_) * kPayload + 10'000);
    }
    restart();
    for (int i = 0; i < 40; i++) {
        Client subscriber = client("subscriber" + std::to_string(i));
        subscriber.open(lasting());
        EXPECT_EQ(subscriber.payloads().size(), 2u);
    }
    table_->settle();
    EXPECT_LT(table_->journal->log().stats().live_bytes, 40'000u);
}

}  // namespace
}  // namespace martlet::broker
