// What an earlier run left, and what time, limits and other settings make of it.

#include "tests/broker/lasting_table.h"

#include <gtest/gtest.h>

#include <set>
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
    // Packet ids do not begin at 1 after a kill.
    static Texts without_ids(Texts packets) {
        for (std::string& packet : packets) {
            std::size_t id = packet.find(" m");
            if (id != std::string::npos) packet.erase(id, packet.find(' ', id + 1) - id);
        }
        return packets;
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
    EXPECT_EQ(without_ids(a.messages()),
              (Texts{"PUBLISH q1 'own/2' 'theirs'", "PUBLISH q1 retain 'r' 'kept' subscription=300",
                     "PUBLISH q0 'low' 'x'"}));
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
    EXPECT_EQ(without_ids(edge.messages()), Texts{"PUBLISH q1 retain 't' 'on'"});
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

// A member's session ends, and the broker is killed at each step of giving its messages back.
class GivenBack : public Restored {
  protected:
    void run(int killed_after, Qos qos) {
        std::string topic = "t" + std::to_string(killed_after);
        std::string filter = "$share/g/" + topic;
        std::set<std::string> took;
        {
            Client a = near("a"), b = far("b");
            ConnectWish wish = lasting();
            wish.receive_maximum = 2;
            a.connect(wish);
            b.connect(lasting());
            a.is_answering = false;
            a.subscribe(filter, {.qos = qos});
            b.subscribe(filter, {.qos = qos});
            Client publisher = client("publisher");
            publisher.connect(lasting());
            for (int i = 0; i < 200; i++) publisher.publish(topic, std::to_string(i), {.qos = qos});
            EXPECT_EQ(a.messages().size(), 2u);
            for (std::string& text : b.payloads()) took.insert(std::move(text));
            EXPECT_EQ(took.size(), 100u);
            end(a, killed_after);
        }
        restart();
        Client a = client_of("a", 0), b = client_of("b", shards_ - 1);
        a.connect({.clean_start = true});
        b.open(lasting());
        std::vector<std::string> back = b.payloads();
        for (std::string& text : back) {
            bool is_new = took.insert(std::move(text)).second;
            EXPECT_TRUE(is_new || qos == Qos::AtLeastOnce) << text;
        }
        std::size_t lost = qos == Qos::ExactlyOnce ? 2 : 0;
        EXPECT_EQ(took.size(), 200u - lost) << "killed after " << killed_after << " turns";
        b.unsubscribe(filter);
        a.disconnect();
        EXPECT_EQ(live_records(), 2u);  // the sessions of b and the publisher
    }
    void end(Client& a, int turns) {
        a.open({.clean_start = true});
        for (int i = 0; i < turns; i++) table_->turn(static_cast<std::uint32_t>(i) % shards_);
    }
    Client client_of(const std::string& name, std::uint32_t shard) {
        return {*table_, name, shard};
    }
};

INSTANTIATE_TEST_SUITE_P(Shards, GivenBack, testing::Values(1u, 2u, 3u));

TEST_P(GivenBack, NothingOfQos1IsLostWheneverTheBrokerDies) {
    for (int turns = 0; turns < 40; turns++) run(turns, Qos::AtLeastOnce);
}

TEST_P(GivenBack, NothingOfQos2ThatWasNeverSentIsLostOrDoubled) {
    for (int turns = 0; turns < 40; turns++) run(turns, Qos::ExactlyOnce);
}

// Its session ends with the process, that of the other does not.
TEST_P(GivenBack, AMemberIsOnlyConnectedWhenTheBrokerDies) {
    {
        Client a = near("a"), b = far("b");
        a.connect();
        b.connect(lasting());
        for (Client* member : {&a, &b}) {
            member->is_answering = false;
            member->subscribe("$share/g/t", kSub1);
        }
        for (int i = 0; i < 10; i++) publish("t", std::to_string(i), kQos1);
        EXPECT_EQ(a.messages().size(), 5u);
    }
    restart();
    Client b = client_of("b", shards_ - 1);
    b.open(lasting());
    EXPECT_EQ(b.payloads().size(), 10u);
    b.unsubscribe("$share/g/t");
    EXPECT_EQ(live_records(), 1u);
}

// Where no member lasts, nothing is written.
TEST_P(GivenBack, WithoutALastingMemberTheJournalHasNothing) {
    Client a = near("a"), b = far("b");
    for (Client* member : {&a, &b}) {
        member->connect();
        member->is_answering = false;
        member->subscribe("$share/g/t", kSub1);
    }
    Client publisher = client("publisher");
    publisher.connect();
    for (int i = 0; i < 10; i++) publisher.publish("t", "x", kQos1);
    EXPECT_EQ(table_->journal->commits(), 0u);
}

TEST_P(GivenBack, AMemberExpiresWhileTheBrokerIsAway) {
    {
        Client a = near("a"), b = far("b");
        a.connect({.clean_start = false, .expiry = 10});
        b.connect(lasting());
        for (Client* member : {&a, &b}) {
            member->is_answering = false;
            member->subscribe("$share/g/t", kSub1);
        }
        for (int i = 0; i < 10; i++) publish("t", std::to_string(i), kQos1);
        a.cut();
    }
    restart(seconds(20));
    Client b = client_of("b", shards_ - 1);
    b.open(lasting());
    EXPECT_EQ(b.payloads().size(), 10u);
    EXPECT_FALSE(is_there("a"));
}

}  // namespace
}  // namespace martlet::broker
