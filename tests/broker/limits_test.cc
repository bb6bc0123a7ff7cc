// Bounds and what happens at them: sizes, aliases, queues, expiry.

#include "tests/broker/client.h"

#include <gtest/gtest.h>

namespace martlet::broker {
namespace {

using std::chrono::seconds;
using Strings = std::vector<std::string>;
const ConnectWish kDurable{.clean_start = false, .expiry = 100'000};
const PublishWish kOnce{.qos = Qos::AtLeastOnce};

// [MQTT-3.1.2-24], [MQTT-3.1.2-25]
TEST(Limits, APacketLargerThanTheClientTakesIsNotSentAndDoesNotStopTheOthers) {
    Table table({.shards = 2, .broker = {}, .listener = {}});
    Client a(table, "a", 1), b(table, "b");
    a.connect({.packet_size_max = 100});
    b.connect();
    a.subscribe("t", {.qos = Qos::ExactlyOnce});
    for (std::size_t size : {10u, 200u, 11u, 5000u, 12u})
        for (int qos = 0; qos < 3; qos++)
            b.publish("t", std::string(size, 'x'), {.qos = static_cast<Qos>(qos)});
    EXPECT_EQ(a.messages().size(), 9u);
    EXPECT_EQ(table.dropped(DropReason::PacketTooLarge), 6u);
    EXPECT_EQ(table.sum([](const auto& c) -> const auto& { return c.queued_messages; }), 0u);
}

TEST(Limits, ExactlyTheMaximumIsSent) {
    for (std::optional<std::uint16_t> aliases : {std::optional<std::uint16_t>(), {10}}) {
        Table table;
        Client a(table, "a"), b(table, "b");
        a.connect({.packet_size_max = 40, .alias_max = aliases});
        b.connect();
        a.subscribe("t");
        // Two bytes of head, three of topic, one of properties.
        b.publish("t", std::string(34, 'x'));
        b.publish("t", std::string(35, 'x'));
        EXPECT_EQ(a.payloads(), Strings{std::string(34, 'x')}) << "an alias must not cost it";
    }
}

TEST(Limits, ClientsPacketsAreBoundToo) {
    TableOptions options;
    options.broker.max_packet_size = 1000;
    Table table(options);
    Client a(table, "a");
    a.connect();
    a.publish("t", std::string(2000, 'x'));
    EXPECT_EQ(a.heard(), "DISCONNECT 95 | closed");
    // The first packet is bound in any case, whatever it is.
    Line& line = table.open_line(0);
    line.to_broker = {0x10, 0xFF, 0xFF, 0xFF, 0x7F};
    table.settle();
    EXPECT_FALSE(line.is_open());
}

// [MQTT-3.3.2-7] to [MQTT-3.3.2-12]
TEST(Limits, AliasesOfAPublisher) {
    Table table;
    Client a(table, "a"), b(table, "b");
    a.connect();
    b.connect();
    a.subscribe("#");
    b.publish("one", "1", {.alias = 1});
    b.publish("", "2", {.alias = 1});
    b.publish("two", "3", {.alias = 1});
    b.publish("", "4", {.alias = 1});
    EXPECT_EQ(a.heard(),
              "PUBLISH q0 'one' '1' | PUBLISH q0 'one' '2' | PUBLISH q0 'two' '3' | "
              "PUBLISH q0 'two' '4'");
    b.publish("", "5", {.alias = 2});
    EXPECT_EQ(b.heard(), "DISCONNECT 82 | closed");
    b.connect();
    b.publish("", "6", {.alias = 1});  // not kept from the last connection
    EXPECT_EQ(b.heard(), "DISCONNECT 82 | closed");
    b.connect();
    b.publish("t", "7", {.alias = 11});
    EXPECT_EQ(b.heard(), "DISCONNECT 94 | closed");
}

// [MQTT-3.1.2-26], [MQTT-3.1.2-27]
TEST(Limits, AliasesTowardsASubscriber) {
    Table table;
    Client a(table, "a"), b(table, "b");
    a.connect({.alias_max = 2});
    b.connect();
    a.subscribe("#", {.qos = Qos::AtLeastOnce});
    for (const char* topic : {"one", "two", "three", "one", "two", "three"}) b.publish(topic, "x");
    EXPECT_EQ(a.heard(),
              "PUBLISH q0 'one' 'x' alias=1 | PUBLISH q0 'two' 'x' alias=2 | PUBLISH q0 'three' 'x'"
              " | PUBLISH q0 '' 'x' alias=1 | PUBLISH q0 '' 'x' alias=2 | PUBLISH q0 'three' 'x'");
    a.connect({.clean_start = true, .alias_max = 2});
    a.subscribe("#");
    b.publish("two", "x");
    EXPECT_EQ(a.heard(), "PUBLISH q0 'two' 'x' alias=1");
}

TEST(Limits, TheQueueOfASessionIsBoundByCount) {
    TableOptions options;
    options.broker.max_queued_messages = 5;
    Table table(options);
    Client a(table, "a"), b(table, "b");
    a.connect(kDurable);
    b.connect();
    a.subscribe("t", {.qos = Qos::AtLeastOnce});
    a.cut();
    for (int i = 0; i < 8; i++) b.publish("t", std::to_string(i), kOnce);
    EXPECT_EQ(table.dropped(DropReason::QueueFull), 3u);
    a.open(kDurable);
    EXPECT_EQ(a.payloads(), (Strings{"0", "1", "2", "3", "4"}));
}

TEST(Limits, TheQueueOfASessionIsBoundByBytes) {
    TableOptions options;
    options.broker.max_queued_messages = 0;
    options.broker.max_queued_bytes = 10'000;
    Table table(options);
    Client a(table, "a"), b(table, "b");
    a.connect(kDurable);
    b.connect();
    a.subscribe("t", {.qos = Qos::AtLeastOnce});
    a.cut();
    for (int i = 0; i < 8; i++) b.publish("t", std::string(3000, 'x'), kOnce);
    EXPECT_EQ(table.dropped(DropReason::QueueFull), 5u);
    // What is no payload takes room as well.
    PublishWish large = kOnce;
    large.user_name = "n";
    large.user_value = std::string(60'000, 'v');
    for (int i = 0; i < 8; i++) b.publish("t", "", large);
    EXPECT_EQ(table.dropped(DropReason::QueueFull), 13u);
    a.open(kDurable);
    EXPECT_EQ(a.payloads().size(), 3u);
    EXPECT_EQ(table.sum([](const auto& c) -> const auto& { return c.queued_bytes; }), 0u);
}

TEST(Limits, AllQueuesTogetherAreBound) {
    for (std::uint32_t shards : {1u, 2u}) {
        TableOptions options;
        options.shards = shards;
        options.broker.max_queued_messages_total = 5;
        Table table(options);
        Client a(table, "a", 0), c(table, "c", shards - 1), b(table, "b");
        a.connect(kDurable);
        c.connect(kDurable);
        b.connect();
        a.subscribe("t/#", {.qos = Qos::AtLeastOnce});
        c.subscribe("t/c", {.qos = Qos::AtLeastOnce});
        a.cut();
        c.cut();
        for (int i = 0; i < 4; i++) b.publish("t/a", std::to_string(i), kOnce);
        for (int i = 4; i < 8; i++) b.publish("t/c", std::to_string(i), kOnce);
        EXPECT_EQ(table.dropped(DropReason::QueueFull), 12u - 5u);
        // There is room again as it is taken.
        a.open(kDurable);
        EXPECT_GE(a.payloads().size(), 4u);
        a.cut();
        b.publish("t/a", "later", kOnce);
        a.open(kDurable);
        EXPECT_EQ(a.payloads(), Strings{"later"});
    }
}

TEST(Limits, AllQueuesTogetherAreBoundByBytes) {
    TableOptions options;
    options.broker.max_queued_bytes_total = 10'000;
    Table table(options);
    Client a(table, "a"), b(table, "b");
    a.connect(kDurable);
    b.connect();
    a.subscribe("t", {.qos = Qos::AtLeastOnce});
    a.cut();
    for (int i = 0; i < 8; i++) b.publish("t", std::string(3000, 'x'), kOnce);
    EXPECT_EQ(table.dropped(DropReason::QueueFull), 5u);
}

TEST(Limits, WhatIsInFlightIsBoundByBytes) {
    TableOptions options;
    options.broker.max_inflight_bytes = 2500;
    Table table(options);
    Client a(table, "a"), b(table, "b");
    a.is_answering = false;
    a.connect(kDurable);
    b.connect();
    a.subscribe("t", {.qos = Qos::AtLeastOnce});
    for (int i = 0; i < 6; i++) b.publish("t", std::string(1000, 'x'), kOnce);
    EXPECT_EQ(a.messages().size(), 3u);
    a.say_ack(PacketType::Puback, 1);
    EXPECT_EQ(a.messages().size(), 1u);
    // One that is larger than the bound goes alone, and after a break the bound holds as well.
    b.publish("t", std::string(9000, 'x'), kOnce);
    a.cut();
    a.open(kDurable);
    EXPECT_EQ(a.messages().size(), 3u);
    a.cut();
    a.is_answering = true;
    a.open(kDurable);
    EXPECT_EQ(a.messages().size(), 6u);
}

TEST(Limits, QosZeroForASessionThatIsAwayIsDroppedOrQueued) {
    for (bool is_queued : {false, true}) {
        TableOptions options;
        options.broker.queue_qos0_messages = is_queued;
        Table table(options);
        Client a(table, "a"), b(table, "b");
        a.connect(kDurable);
        b.connect();
        a.subscribe("t");
        a.cut();
        b.publish("t", "1");
        EXPECT_EQ(table.dropped(DropReason::Offline), is_queued ? 0u : 1u);
        a.open(kDurable);
        EXPECT_EQ(a.payloads(), is_queued ? Strings{"1"} : Strings{});
    }
}

TEST(Limits, ASocketThatDoesNotReadCostsOnlyItsOutbox) {
    TableOptions options;
    options.broker.outbox_bytes_max = 10'000;
    Table table(options);
    Client a(table, "a"), b(table, "b");
    a.connect();
    b.connect();
    a.subscribe("t", {.qos = Qos::AtLeastOnce});
    a.line().room = 0;
    for (int i = 0; i < 100; i++) b.publish("t", std::string(1000, 'x'));
    b.publish("t", "waits", kOnce);
    EXPECT_LE(a.line().connection().outbox.size(), 12'000u);
    EXPECT_GE(table.dropped(DropReason::OutboxFull), 85u);
    a.line().room = SIZE_MAX;
    Strings got = a.payloads();
    EXPECT_EQ(got.back(), "waits");
}

// [MQTT-3.3.2-5], [MQTT-3.3.2-6]
TEST(Limits, MessagesExpireInTheQueueAndTellWhatIsLeft) {
    Table table({.shards = 2, .broker = {}, .listener = {}});
    Client a(table, "a", 1), b(table, "b");
    a.connect(kDurable);
    b.connect();
    a.subscribe("t", {.qos = Qos::AtLeastOnce});
    a.cut();
    b.publish("t", "short", {.qos = Qos::AtLeastOnce, .expiry = 10});
    b.publish("t", "long", {.qos = Qos::AtLeastOnce, .expiry = 100});
    b.publish("t", "ever", kOnce);
    table.pass(seconds(40));
    a.open(kDurable);
    std::vector<std::string> got = a.messages();
    ASSERT_EQ(got.size(), 2u);
    EXPECT_NE(got[0].find("'long' expiry=60"), std::string::npos) << got[0];
    EXPECT_EQ(got[1].find("expiry"), std::string::npos) << got[1];
    EXPECT_EQ(table.dropped(DropReason::Expired), 1u);
}

TEST(Limits, MessageSizeLimitIsForPayloads) {
    TableOptions options;
    options.broker.message_size_limit = 10;
    Table table(options);
    Client b(table, "b");
    b.connect();
    b.publish("t", std::string(11, 'x'), kOnce);
    EXPECT_EQ(b.heard(), "PUBACK m1 83");
    EXPECT_EQ(table.dropped(DropReason::PayloadTooLarge), 1u);
}

TEST(Limits, GlobalMaxClientsCountsSessions) {
    TableOptions options;
    options.shards = 2;
    options.broker.global_max_clients = 2;
    Table table(options);
    Client a(table, "a", 0), b(table, "b", 1), c(table, "c", 0);
    a.connect(kDurable);
    a.cut();
    b.connect();
    EXPECT_EQ(c.connect(), "CONNACK 89 | closed");
    EXPECT_TRUE(a.connect(kDurable).starts_with("CONNACK present 00"));
}

}  // namespace
}  // namespace martlet::broker
