// Shared subscriptions within a shard and across shards.

#include "tests/broker/client.h"

#include <gtest/gtest.h>

#include <map>
#include <memory>

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

INSTANTIATE_TEST_SUITE_P(Home, Groups, testing::Values(0, 1, 2));

}  // namespace
}  // namespace martlet::broker
