// What an earlier run left, and what time, limits and other settings make of it.

#include "tests/broker/lasting_table.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace martlet::broker {
namespace {

using std::chrono::hours;
using std::chrono::seconds;
using Texts = std::vector<std::string>;

class Restored : public LastingTable {
  protected:
    // A session that is away.
    void leave(const std::string& name, const std::string& filter, const SubscribeWish& wish,
               std::uint32_t expiry = UINT32_MAX) {
        Client a = client(name);
        a.connect({.clean_start = false, .expiry = expiry});
        a.subscribe(filter, wish);
        a.cut();
    }
    void publish(const std::string& topic, const std::string& payload, const PublishWish& wish) {
        Client publisher = client("publisher");
        publisher.connect();
        publisher.publish(topic, payload, wish);
        publisher.disconnect();
    }
    std::string come_back(const std::string& name) { return client(name).connect(lasting()); }
    bool is_there(const std::string& name) {
        return come_back(name).starts_with("CONNACK present");
    }
    std::uint64_t live_records() { return table_->journal->log().stats().live_records; }
};

INSTANTIATE_TEST_SUITE_P(Shards, Restored, testing::Values(1u, 2u));

TEST_P(Restored, WhatTheQueueHadNoRoomForDoesNotComeLater) {
    broker_.max_queued_messages = 5;
    broker_.max_inflight_messages = 2;
    restart();
    leave("a", "t", kSub1);
    for (int i = 0; i < 8; i++) publish("t", std::to_string(i), kQos1);
    restart();
    EXPECT_EQ(table_->restored.messages, 5u);
    publish("t", "8", kQos1);  // no room
    restart();
    Client a = client("a");
    a.open(lasting());
    EXPECT_EQ(a.payloads(), (Texts{"0", "1", "2", "3", "4"}));
    table_->settle();
    EXPECT_EQ(live_records(), 2u);
}

TEST_P(Restored, MessagesExpireWhileTheBrokerIsAway) {
    leave("a", "t", kSub2);
    publish("t", "short", {.qos = Qos::ExactlyOnce, .expiry = 60});
    publish("t", "long", {.qos = Qos::ExactlyOnce, .expiry = 600});
    restart(seconds(100));
    std::string heard = come_back("a");
    EXPECT_EQ(heard.find("'short'"), std::string::npos) << heard;
    EXPECT_NE(heard.find("'t' 'long' expiry=500"), std::string::npos) << heard;
    table_->settle();
    EXPECT_EQ(live_records(), 2u);
}

TEST_P(Restored, SubscriptionsKeepWhatTheyAskFor) {
    {
        Client a = client("a");
        a.connect(lasting());
        a.subscribe("own/+", {.qos = Qos::AtLeastOnce, .no_local = true});
        a.subscribe("r", {.qos = Qos::AtLeastOnce, .retain_as_published = true, .identifier = 300});
        a.subscribe("low", {.qos = Qos::AtMostOnce});
    }
    restart();
    Client a = client("a");
    a.connect(lasting());
    a.publish("own/1", "mine", kQos1);
    publish("own/2", "theirs", kQos1);
    publish("r", "kept", {.qos = Qos::AtLeastOnce, .retain = true});
    publish("low", "x", kQos2);
    EXPECT_EQ(a.messages(),
              (Texts{"PUBLISH q1 m1 'own/2' 'theirs'",
                     "PUBLISH q1 retain m2 'r' 'kept' subscription=300", "PUBLISH q0 'low' 'x'"}));
}

TEST_P(Restored, ABridgeKeepsWhatItWasGiven) {
    ConnectWish bridge{.version = Version::V311, .clean_start = false, .is_bridge = true};
    {
        Client edge = client("edge");
        edge.connect(bridge);
        edge.subscribe("#", {.qos = Qos::AtLeastOnce});
    }
    restart();
    Client edge = client("edge");
    edge.connect(bridge);
    edge.publish("t", "own", kQos1);
    publish("t", "on", {.qos = Qos::AtLeastOnce, .retain = true});
    EXPECT_EQ(edge.messages(), Texts{"PUBLISH q1 retain m1 't' 'on'"});
}

TEST_P(Restored, AShareGroupHasItsMembers) {
    leave("a", "$share/g/t", kSub1);
    leave("b", "$share/g/t", kSub1);
    restart();
    EXPECT_EQ(table_->restored.subscriptions, 2u);
    for (int i = 0; i < 10; i++) publish("t", std::to_string(i), kQos1);
    restart();
    Client a = client("a"), b = client("b");
    a.open(lasting());
    b.open(lasting());
    EXPECT_EQ(a.payloads().size() + b.payloads().size(), 10u);
    publish("t", "live", kQos1);
    EXPECT_EQ(a.payloads().size() + b.payloads().size(), 1u);
}

TEST_P(Restored, AliasesEndWithTheirConnection) {
    leave("a", "long/topic", kSub1);
    {
        Client publisher = client("publisher");
        publisher.connect();
        publisher.publish("long/topic", "1", {.qos = Qos::AtLeastOnce, .alias = 1});
        publisher.publish("", "2", {.qos = Qos::AtLeastOnce, .alias = 1});
    }
    restart();
    Client a = client("a");
    ConnectWish wish = lasting();
    wish.alias_max = 4;
    a.open(wish);
    Texts heard = a.messages();
    ASSERT_EQ(heard.size(), 2u);
    EXPECT_NE(heard[0].find("'long/topic' '1'"), std::string::npos) << heard[0];
    Client publisher = client("publisher");
    publisher.connect();
    publisher.say_publish("", "3", {.qos = Qos::AtLeastOnce, .alias = 1});
    EXPECT_NE(publisher.heard().find("closed"), std::string::npos);
}

TEST_P(Restored, TheNumberOfShardsMayChange) {
    leave("a", "t/#", kSub2);
    leave("b", "$share/g/t/+", kSub1);
    publish("t/1", "one", kQos2);
    publish("t/r", "kept", {.qos = Qos::AtLeastOnce, .retain = true});
    {
        Client a = client("a");
        a.is_answering = false;
        a.connect(lasting());
    }
    for (std::uint32_t shards : {3u, 1u, 4u, 2u}) {
        shards_ = shards;
        restart();
        EXPECT_EQ(table_->restored.sessions, 2u);
        EXPECT_EQ(table_->restored.subscriptions, 2u);
        EXPECT_EQ(table_->restored.retained, 1u);
        publish("t/n", std::to_string(shards), kQos2);
    }
    std::string heard;
    Client a = client("a");
    a.open(lasting());
    EXPECT_EQ(a.payloads(), (Texts{"one", "kept", "3", "1", "4", "2"}));
    Client b = client("b");
    b.open(lasting());
    EXPECT_EQ(b.payloads().size(), 6u);
}

TEST_P(Restored, ATakeoverAfterTheStartFindsTheSession) {
    leave("a", "t", kSub1);
    publish("t", "x", kQos1);
    restart();
    Client first = client("a"), second = client("a");
    first.is_answering = false;
    first.open(lasting());
    second.open(lasting());
    std::string heard = second.heard();
    EXPECT_TRUE(heard.starts_with("CONNACK present")) << heard;
    EXPECT_NE(heard.find("m1 't' 'x'"), std::string::npos) << heard;
    EXPECT_FALSE(first.is_connected());
}

// What DISCONNECT says of the session's life is written down.
TEST_P(Restored, ALifeThatIsChangedAtTheEndHolds) {
    auto leave_with = [&](const std::string& name, std::uint32_t before, std::uint32_t after) {
        Client a = client(name);
        a.connect({.clean_start = false, .expiry = before});
        mqtt::Disconnect packet;
        packet.properties.mark(mqtt::PropertyId::SessionExpiryInterval);
        packet.properties.session_expiry_interval = after;
        a.say(mqtt::encode_any(packet, Version::V5));
        a.settle();
    };
    leave_with("for ever", 60, UINT32_MAX);
    leave_with("longer", 60, 7200);
    leave_with("shorter", UINT32_MAX, 60);
    leave_with("at once", UINT32_MAX, 0);
    restart(seconds(3600));
    table_->pass(seconds(100));
    EXPECT_FALSE(is_there("at once"));
    EXPECT_FALSE(is_there("shorter"));
    EXPECT_TRUE(is_there("longer"));
    EXPECT_TRUE(is_there("for ever"));
}

TEST_P(Restored, AClockThatIsSetBackLengthensNoLife) {
    leave("a", "t", kSub1, 60);
    restart(-hours(1000));
    EXPECT_EQ(table_->restored.sessions, 1u);
    table_->pass(seconds(62));
    EXPECT_FALSE(is_there("a"));
}

// As on a machine without a battery, which learns the time from the network after a while.
TEST_P(Restored, AClockThatIsSetWhileTheBrokerRunsEndsNoSession) {
    leave("a", "t", kSub1, 3600);
    publish("t", "x", kQos1);
    table_->now.wall += hours(5);
    away_ += hours(5);
    table_->pass(seconds(2));
    restart(seconds(60));
    EXPECT_NE(come_back("a").find("'t' 'x'"), std::string::npos);
}

}  // namespace
}  // namespace martlet::broker
