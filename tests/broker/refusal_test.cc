// Every refusal has a counter of its own, and every counter its topic.

#include "broker/sys.h"
#include "tests/broker/client.h"

#include <gtest/gtest.h>

#include <set>
#include <vector>

namespace martlet::broker {
namespace {

std::uint64_t refused(const Table& table, Refusal refusal) {
    return table.sum([refusal](const auto& c) -> const auto& {
        return c.refused[static_cast<std::size_t>(refusal)];
    });
}

TEST(Refusals, EachIsCountedUnderItsReason) {
    TableOptions options;
    options.broker.max_keepalive = 60;
    options.broker.global_max_clients = 1;
    options.listener.max_qos = Qos::AtLeastOnce;
    options.listener.protocol_versions = 1 << 4 | 1 << 5;
    options.listener.allow_zero_length_clientid = false;
    Table table(options);
    auto come = [&table](const char* name, ConnectWish wish) {
        if (wish.keep_alive == 0) wish.keep_alive = 30;
        Client client(table, name);
        return client.connect(wish);
    };
    EXPECT_EQ(come("a", {.version = Version::V31}), "CONNACK 01 | closed");
    EXPECT_EQ(refused(table, Refusal::ProtocolVersion), 1u);
    EXPECT_EQ(come("a", {.version = Version::V311, .keep_alive = 61}), "CONNACK 02 | closed");
    EXPECT_EQ(refused(table, Refusal::KeepAlive), 1u);
    EXPECT_EQ(refused(table, Refusal::ClientId), 0u);
    EXPECT_EQ(come("$telemetry/", {}), "CONNACK 85 | closed");
    EXPECT_EQ(refused(table, Refusal::ClientId), 1u);
    EXPECT_EQ(come("a", {.will_topic = "w", .will_qos = Qos::ExactlyOnce}), "CONNACK 9B | closed");
    EXPECT_EQ(refused(table, Refusal::Will), 1u);
    EXPECT_TRUE(come("a", {}).starts_with("CONNACK 00"));
    EXPECT_EQ(come("b", {}), "CONNACK 89 | closed");
    EXPECT_EQ(refused(table, Refusal::MaxClients), 1u);
    EXPECT_EQ(table.sum([](const auto& c) -> const auto& { return c.connects_refused; }), 5u);
}

TEST(Refusals, WhatComesInPlaceOfConnectIsOne) {
    Table table;
    std::uint64_t count = 0;
    const std::vector<std::uint8_t> firsts[] = {
        {'G', 'E', 'T', ' ', '/', ' ', 'H', 'T', 'T', 'P'},
        {0xC0, 0},                       // PINGREQ
        {0x10, 0xff, 0xff, 0xff, 0xff},  // no length
        {0x10, 0xff, 0xff, 0xff, 0x7f},  // too long a CONNECT
    };
    for (const auto& first : firsts) {
        Line& line = table.open_line(0);
        line.to_broker = first;
        ASSERT_TRUE(table.settle());
        EXPECT_FALSE(line.is_open());
        EXPECT_EQ(refused(table, Refusal::ConnectMalformed), ++count);
    }
    auto newest = table.shared.refusals.newest(10);
    ASSERT_EQ(newest.size(), count);
    EXPECT_EQ(newest.back().why, "protocol error");
    EXPECT_EQ(newest.front().why, "oversize packet");
}

TEST(Refusals, EveryReasonHasATopicOfItsOwn) {
    TableOptions options;
    options.broker.memory_limit = 1 << 30;
    Table table(options);
    Client watch(table, "watch");
    watch.connect();
    watch.subscribe("$SYS/#");
    Sys sys(*table.shards[0], "version");
    table.begin(0);
    sys.update({});
    std::set<std::string> topics;
    for (const std::string& packet : watch.messages()) {
        std::size_t begin = packet.find('\'') + 1;
        topics.insert(packet.substr(begin, packet.find('\'', begin) - begin));
    }
    for (std::size_t i = 0; i < static_cast<std::size_t>(Refusal::kCount); i++) {
        RefusalName name = refusal_name(static_cast<Refusal>(i));
        EXPECT_EQ(topics.erase(fmt::format("$SYS/broker/refused/{}/{}", name.request, name.reason)),
                  1u)
            << i;
    }
    for (std::size_t i = 0; i < static_cast<std::size_t>(DropReason::kCount); i++) {
        std::string_view name = drop_reason_name(static_cast<DropReason>(i));
        EXPECT_EQ(topics.erase(fmt::format("$SYS/broker/publish/messages/dropped/{}", name)), 1u)
            << i;
    }
    EXPECT_EQ(topics.erase("$SYS/broker/memory/readers_disconnected"), 1u);
    EXPECT_EQ(topics.lower_bound("$SYS/broker/refused"), topics.lower_bound("$SYS/broker/refusee"));
}

}  // namespace
}  // namespace martlet::broker
