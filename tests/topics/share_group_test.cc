#include "topics/share_group.h"

#include <gtest/gtest.h>

#include <map>

namespace martlet::topics {
namespace {

GroupMember member(std::uint32_t index, bool is_online = true,
                   mqtt::Qos qos = mqtt::Qos::AtLeastOnce) {
    GroupMember m;
    m.session = {index, 0};
    m.qos = qos;
    m.is_online = is_online;
    return m;
}

void set_online(ShareGroup& group, std::uint32_t shard, std::uint32_t index, bool is_online) {
    GroupMember m = member(index, is_online);
    m.shard = shard;
    group.set_online(m);
}

std::map<std::uint32_t, int> picks(ShareGroup& group, int count) {
    std::map<std::uint32_t, int> picked;
    for (int i = 0; i < count; i++)
        if (const GroupMember* m = group.pick()) picked[m->session.index]++;
    return picked;
}

TEST(ShareGroup, PicksInRotation) {
    ShareGroup group("g");
    EXPECT_EQ(group.pick(), nullptr);
    for (std::uint32_t i = 0; i < 3; i++) group.join(member(i));
    EXPECT_EQ(picks(group, 30), (std::map<std::uint32_t, int>{{0, 10}, {1, 10}, {2, 10}}));
    group.leave(0, {1, 0});
    EXPECT_EQ(picks(group, 30), (std::map<std::uint32_t, int>{{0, 15}, {2, 15}}));
    group.leave(0, {0, 0});
    group.leave(0, {2, 0});
    EXPECT_TRUE(group.empty());
    EXPECT_EQ(group.pick(), nullptr);
}

TEST(ShareGroup, PrefersThoseWhoAreThere) {
    ShareGroup group("g");
    for (std::uint32_t i = 0; i < 3; i++) group.join(member(i));
    set_online(group, 0, 1, false);
    EXPECT_EQ(picks(group, 30), (std::map<std::uint32_t, int>{{0, 15}, {2, 15}}));
    set_online(group, 0, 1, true);
    EXPECT_EQ(picks(group, 30), (std::map<std::uint32_t, int>{{0, 10}, {1, 10}, {2, 10}}));
}

TEST(ShareGroup, WithNobodyThereThoseWhoCanQueueTakeTurns) {
    ShareGroup group("g");
    group.join(member(0, false));
    group.join(member(1, false, mqtt::Qos::AtMostOnce));
    group.join(member(2, false));
    EXPECT_EQ(picks(group, 30), (std::map<std::uint32_t, int>{{0, 15}, {2, 15}}));
    group.leave(0, {0, 0});
    group.leave(0, {2, 0});
    EXPECT_EQ(group.pick(), nullptr);
}

TEST(ShareGroup, KnowsWhetherAMemberLasts) {
    ShareGroup group("g");
    GroupMember m = member(1);
    group.join(m);
    EXPECT_FALSE(group.has_durable());
    m.is_durable = true;
    group.set_online(m);
    group.join(m);
    EXPECT_TRUE(group.has_durable());
    group.join(member(2));
    m.is_durable = false;
    group.set_online(m);
    EXPECT_FALSE(group.has_durable());
    m.is_durable = true;
    group.join(m);
    group.leave(0, {1, 0});
    EXPECT_FALSE(group.has_durable());
}

TEST(ShareGroup, PassesOverBusyShards) {
    ShareGroup group("g");
    for (std::uint32_t shard = 0; shard < 3; shard++) {
        GroupMember m = member(shard);
        m.shard = shard;
        group.join(m);
    }
    EXPECT_EQ(group.pick(0b010)->shard, 2u);
    EXPECT_EQ(group.pick(0b010)->shard, 0u);
    EXPECT_EQ(group.pick(0b111), nullptr);
    EXPECT_TRUE(group.has_takers());
    // Who is there is waited for; only when nobody is, it may be queued for one who is away.
    set_online(group, 2, 2, false);
    EXPECT_EQ(group.pick(0b011), nullptr);
    set_online(group, 0, 0, false);
    set_online(group, 1, 1, false);
    EXPECT_EQ(group.pick(0b011)->shard, 2u);
    EXPECT_EQ(group.pick(0b111), nullptr);
    GroupMember last = member(9, false, mqtt::Qos::AtMostOnce);
    ShareGroup nobody("n");
    nobody.join(last);
    EXPECT_FALSE(nobody.has_takers());
}

TEST(ShareGroup, JoiningAgainReplacesTheOptions) {
    ShareGroup group("g");
    group.join(member(0));
    GroupMember again = member(0);
    again.qos = mqtt::Qos::ExactlyOnce;
    again.subscription_identifier = 7;
    group.join(again);
    EXPECT_EQ(group.pick()->subscription_identifier, 7u);
    group.leave(0, {0, 1});  // another generation is somebody else
    EXPECT_FALSE(group.empty());
    group.leave(1, {0, 0});  // and so is another shard
    EXPECT_FALSE(group.empty());
    group.leave(0, {0, 0});
    EXPECT_TRUE(group.empty());
}

}  // namespace
}  // namespace martlet::topics
