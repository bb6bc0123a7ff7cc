// Shared subscriptions within a shard and across shards.

#include "tests/broker/client.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <set>

namespace martlet::broker {
namespace {

const ConnectWish kDurable{.clean_start = false, .expiry = 1000};
const PublishWish kOnce{.qos = Qos::AtLeastOnce};

class Groups : public testing::TestWithParam<std::uint32_t> {
  protected:
    Groups() : table_({.shards = 3, .broker = {}, .listener = {}}) {
        publisher_.connect();
        filter_ = "$share/" + table_.group_on(GetParam(), "t/#") + "/t/#";
        for (std::uint32_t i = 0; i < 4; i++) {
            members_.push_back(std::make_unique<Client>(table_, "m" + std::to_string(i), i % 3));
            members_.back()->connect(kDurable);
        }
    }
    void join(std::size_t member) {
        members_[member]->subscribe(filter_, {.qos = Qos::AtLeastOnce});
    }
    void publish(int count) {
        for (int i = 0; i < count; i++) publisher_.publish("t/" + std::to_string(i), "x", kOnce);
    }
    std::size_t got(std::size_t member) { return members_[member]->messages().size(); }

    Table table_;
    Client publisher_{table_, "p", 0};
    std::vector<std::unique_ptr<Client>> members_;
    std::string filter_;
};

TEST_P(Groups, EachMessageGoesToOneMemberInTurn) {
    for (std::size_t i = 0; i < 4; i++) join(i);
    publish(40);
    for (std::size_t i = 0; i < 4; i++) EXPECT_EQ(got(i), 10u);
}

TEST_P(Groups, WhoeverIsAwayIsPassedOver) {
    for (std::size_t i = 0; i < 3; i++) join(i);
    members_[1]->cut();
    publish(10);
    EXPECT_EQ(got(0) + got(2), 10u);
    // With nobody there, it waits for those who come back.
    members_[0]->cut();
    members_[2]->cut();
    publish(9);
    for (std::size_t i = 0; i < 3; i++) {
        members_[i]->open(kDurable);
        EXPECT_EQ(got(i), 3u);
    }
}

TEST_P(Groups, WhoeverLeavesGetsNoMore) {
    for (std::size_t i = 0; i < 3; i++) join(i);
    members_[0]->unsubscribe(filter_);
    members_[1]->cut();
    members_[1]->connect({.clean_start = true});  // the old session ends
    publish(10);
    EXPECT_EQ(got(0), 0u);
    EXPECT_EQ(got(1), 0u);
    EXPECT_EQ(got(2), 10u);
    members_[2]->unsubscribe(filter_);
    publisher_.heard();
    publish(1);
    EXPECT_EQ(publisher_.heard(), "PUBACK m11 10");
    EXPECT_EQ(table_.sum([](const auto& c) -> const auto& { return c.shared_subscriptions; }), 0u);
    EXPECT_EQ(table_.shared.interest.match("t/1"), 0u);
}

TEST_P(Groups, AMemberThatIsPickedWhileItLeavesLosesNothing) {
    join(0);
    publisher_.say_publish("t/1", "x", kOnce);
    table_.turn(0);
    members_[0]->line().is_cut = true;
    publisher_.settle();
    members_[0]->open(kDurable);
    EXPECT_EQ(got(0), 1u);
}

TEST_P(Groups, GroupsAndOthersEachGetTheirs) {
    join(0);
    join(1);
    std::string other = "$share/other/t/+";
    members_[2]->subscribe(other, {.qos = Qos::AtLeastOnce, .identifier = 7});
    members_[3]->subscribe("t/#", {.qos = Qos::AtLeastOnce});
    members_[3]->subscribe(filter_, {.qos = Qos::AtLeastOnce});
    publish(30);
    EXPECT_EQ(got(0), 10u);
    EXPECT_EQ(got(1), 10u);
    std::vector<std::string> third = members_[2]->messages();
    EXPECT_EQ(third.size(), 30u);
    EXPECT_TRUE(third[0].ends_with("subscription=7")) << third[0];
    EXPECT_EQ(got(3), 40u);
}

TEST_P(Groups, ASubscribeThatIsRepeatedChangesTheOptions) {
    join(0);
    members_[0]->subscribe(filter_, {.qos = Qos::AtMostOnce, .identifier = 9});
    publish(3);
    for (const std::string& packet : members_[0]->messages()) {
        EXPECT_TRUE(packet.starts_with("PUBLISH q0")) << packet;
        EXPECT_TRUE(packet.ends_with("subscription=9")) << packet;
    }
    EXPECT_EQ(table_.sum([](const auto& c) -> const auto& { return c.shared_subscriptions; }), 1u);
}

// Two members, of which the first answers nothing; four of ten messages wait in its queue.
class GroupsGiveBack : public Groups {
  protected:
    void begin(Qos qos = Qos::AtLeastOnce) {
        for (std::size_t i : {0u, 1u}) {
            members_[i]->cut();
            ConnectWish wish = kDurable;
            wish.receive_maximum = i == 0 ? 1 : 100;
            members_[i]->open(wish);
            members_[i]->is_answering = i != 0;
            members_[i]->subscribe(filter_, {.qos = qos});
        }
        for (int i = 0; i < 10; i++)
            publisher_.publish("t/" + std::to_string(i), std::to_string(i), {.qos = qos});
        first_ = members_[0]->payloads();
        EXPECT_EQ(first_.size(), 1u);
        took_ = members_[1]->payloads();
        EXPECT_EQ(took_.size(), 5u);
    }
    // The other member has all now, what came back in its order.
    void expect_all(std::size_t count = 10) {
        std::vector<std::string> back = members_[1]->payloads();
        EXPECT_TRUE(!is_ordered_ || std::is_sorted(back.begin(), back.end()));
        took_.insert(took_.end(), back.begin(), back.end());
        EXPECT_EQ(std::set<std::string>(took_.begin(), took_.end()).size(), count);
        EXPECT_EQ(took_.size(), count);
        EXPECT_EQ(table_.dropped(DropReason::SessionEnded), 10 - count);
        EXPECT_EQ(table_.sum([](const auto& c) -> const auto& { return c.queued_messages; }), 0u);
    }
    std::vector<std::string> first_;  // sent to the first, and not acknowledged
    std::vector<std::string> took_;
    bool is_ordered_ = true;
};

TEST_P(GroupsGiveBack, WhenASessionExpires) {
    begin();
    members_[0]->cut();
    EXPECT_EQ(got(1), 0u);
    table_.pass(std::chrono::seconds(1001));
    expect_all();
}

TEST_P(GroupsGiveBack, WhenASessionBeginsAnew) {
    begin();
    members_[0]->connect({.clean_start = true});  // takes the line over as well
    expect_all();
    EXPECT_EQ(got(0), 0u);
}

TEST_P(GroupsGiveBack, WhenASessionEndsWithItsConnection) {
    begin();
    members_[0]->connect({.clean_start = true});
    expect_all();
    members_[0]->subscribe(filter_, {.qos = Qos::AtLeastOnce});
    publish(2);
    EXPECT_EQ(got(0) + got(1), 2u);
    members_[0]->disconnect();
    EXPECT_EQ(got(1), 1u);
}

// What it has already is still its own; it is given back with the session.
TEST_P(GroupsGiveBack, AfterAnUnsubscribe) {
    begin();
    members_[0]->unsubscribe(filter_);
    EXPECT_EQ(got(1), 0u);
    members_[0]->say_ack(PacketType::Puback, 1);
    EXPECT_EQ(got(0), 1u);
    members_[0]->connect({.clean_start = true});
    took_.push_back(first_[0]);
    expect_all();
}

// [MQTT-4.8.2-5]: what was sent with QoS 2 goes to nobody else, what was never sent does.
TEST_P(GroupsGiveBack, OfQos2WhatWasNeverSent) {
    begin(Qos::ExactlyOnce);
    members_[0]->connect({.clean_start = true});
    expect_all(9);
}

TEST_P(GroupsGiveBack, ToMembersThatAreAway) {
    begin();
    members_[1]->cut();
    members_[0]->connect({.clean_start = true});
    EXPECT_EQ(table_.dropped(DropReason::SessionEnded), 0u);
    members_[1]->open(kDurable);
    expect_all();
}

// The last of them takes the shared subscription with it.
TEST_P(GroupsGiveBack, ToNobodyIfNobodyIsLeft) {
    begin();
    members_[1]->unsubscribe(filter_);
    members_[0]->connect({.clean_start = true});
    expect_all(5);
}

// Each way of a message from a member to another is one end of a session.
TEST_P(GroupsGiveBack, FromOneToTheNext) {
    begin();
    for (std::size_t i : {2u, 3u}) {
        members_[i]->is_answering = false;
        join(i);
    }
    members_[1]->unsubscribe(filter_);
    for (std::size_t i : {0u, 2u}) members_[i]->connect({.clean_start = true});
    members_[1]->subscribe(filter_, {.qos = Qos::AtLeastOnce});
    members_[3]->connect({.clean_start = true});
    is_ordered_ = false;
    expect_all();
}

// More groups than an entry of the queue has numbers for.
TEST_P(GroupsGiveBack, OfManyGroups) {
    for (std::size_t i : {0u, 1u}) {
        members_[i]->is_answering = i != 0;
        for (int g = 0; g < 80; g++) {
            std::string name = std::to_string(g);
            members_[i]->say(subscribe_frame(Version::V5, members_[i]->next_id(),
                                             "$share/g" + name + "/u/" + name + "/+",
                                             {.qos = Qos::AtLeastOnce}));
        }
        members_[i]->settle();
    }
    for (int g = 0; g < 80; g++)
        for (int i = 0; i < 2; i++)
            publisher_.say_publish("u/" + std::to_string(g) + "/x", "x", kOnce);
    EXPECT_EQ(got(1), 80u);
    members_[0]->connect({.clean_start = true});
    EXPECT_EQ(got(1), 80u);
}

INSTANTIATE_TEST_SUITE_P(Home, GroupsGiveBack, testing::Values(0, 1, 2));

INSTANTIATE_TEST_SUITE_P(Home, Groups, testing::Values(0, 1, 2));

}  // namespace
}  // namespace martlet::broker
