// QoS 1 and 2 in both directions: what is in flight when a connection ends, windows, ids.

#include "tests/broker/client.h"

#include <gtest/gtest.h>

#include <random>

namespace martlet::broker {
namespace {

const ConnectWish kDurable{.clean_start = false, .expiry = 1000};

using Strings = std::vector<std::string>;

TEST(Flow, QosZeroGoesThrough) {
    Table table;
    Client a(table, "a"), b(table, "b");
    EXPECT_EQ(a.connect(), "CONNACK 00 receive-maximum=20 alias-maximum=10 packet-maximum=2000000");
    b.connect({.version = Version::V311});
    EXPECT_EQ(a.subscribe("t/#"), "SUBACK m1 00");
    b.publish("t/1", "x");
    EXPECT_EQ(a.heard(), "PUBLISH q0 't/1' 'x'");
}

// [MQTT-4.3.2-1], [MQTT-4.3.3-1]
TEST(Flow, EachStepOfQosOneAndTwo) {
    Table table;
    Client a(table, "a"), b(table, "b");
    a.is_answering = b.is_answering = false;
    a.connect();
    b.connect();
    a.subscribe("t", {.qos = Qos::ExactlyOnce});
    b.publish("t", "one", {.qos = Qos::AtLeastOnce});
    EXPECT_EQ(b.heard(), "PUBACK m1 00");
    EXPECT_EQ(a.heard(), "PUBLISH q1 m1 't' 'one'");
    a.say_ack(PacketType::Puback, 1);
    b.publish("t", "two", {.qos = Qos::ExactlyOnce});
    EXPECT_EQ(b.heard(), "PUBREC m2 00");
    EXPECT_EQ(a.heard(), "PUBLISH q2 m2 't' 'two'");
    a.say_ack(PacketType::Pubrec, 2);
    EXPECT_EQ(a.heard(), "PUBREL m2 00");
    a.say_ack(PacketType::Pubcomp, 2);
    b.say_ack(PacketType::Pubrel, 2);
    EXPECT_EQ(b.heard(), "PUBCOMP m2 00");
    EXPECT_EQ(table.sum([](const auto& c) -> const auto& { return c.queued_messages; }), 0u);
}

// [MQTT-4.4.0-1], [MQTT-3.3.1-1]: same ids, DUP, in order; what had come as far as PUBREC goes on
// with PUBREL.
TEST(Flow, WhatWasInFlightIsSentAgainWithItsIds) {
    Table table;
    Client a(table, "a"), b(table, "b");
    a.is_answering = false;
    a.connect(kDurable);
    b.connect();
    a.subscribe("t", {.qos = Qos::ExactlyOnce});
    b.publish("t", "one", {.qos = Qos::AtLeastOnce});
    b.publish("t", "two", {.qos = Qos::ExactlyOnce});
    b.publish("t", "three", {.qos = Qos::ExactlyOnce});
    b.publish("t", "four", {.qos = Qos::AtLeastOnce});
    a.heard();
    a.say_ack(PacketType::Pubrec, 2);
    a.say_ack(PacketType::Puback, 4);
    EXPECT_EQ(a.heard(), "PUBREL m2 00");
    a.cut();
    b.publish("t", "five", {.qos = Qos::AtLeastOnce});
    std::string connack = a.connect(kDurable);
    EXPECT_TRUE(connack.starts_with("CONNACK present 00")) << connack;
    EXPECT_TRUE(
        connack.ends_with("PUBREL m2 00 | PUBLISH dup q1 m1 't' 'one' | "
                          "PUBLISH dup q2 m3 't' 'three' | PUBLISH q1 m5 't' 'five'"))
        << connack;
}

// [MQTT-3.3.4-9], [MQTT-3.3.4-7]
TEST(Flow, NeverMoreInFlightThanTheClientTakes) {
    Table table;
    Client a(table, "a"), b(table, "b");
    a.is_answering = false;
    ConnectWish wish = kDurable;
    wish.receive_maximum = 2;
    a.connect(wish);
    b.connect();
    a.subscribe("t", {.qos = Qos::AtLeastOnce});
    for (const char* payload : {"1", "2", "3", "4"})
        b.publish("t", payload, {.qos = Qos::AtLeastOnce});
    EXPECT_EQ(a.payloads(), (Strings{"1", "2"}));
    a.say_ack(PacketType::Puback, 2);
    EXPECT_EQ(a.payloads(), (Strings{"3"}));
    a.cut();
    wish.receive_maximum = 1;
    a.connect(wish);
    a.heard();
    a.cut();
    a.is_answering = true;
    a.open(wish);
    EXPECT_EQ(a.payloads(), (Strings{"1", "3", "4"}));
}

TEST(Flow, ANegativePubrecFreesTheId) {
    Table table;
    Client a(table, "a"), b(table, "b");
    a.is_answering = false;
    a.connect({.receive_maximum = 1});
    b.connect();
    a.subscribe("t", {.qos = Qos::ExactlyOnce});
    b.publish("t", "1", {.qos = Qos::ExactlyOnce});
    b.publish("t", "2", {.qos = Qos::ExactlyOnce});
    a.heard();
    a.say_ack(PacketType::Pubrec, 1, ReasonCode::QuotaExceeded);
    EXPECT_EQ(a.heard(), "PUBLISH q2 m2 't' '2'");  // no PUBREL [MQTT-4.3.3-4]
}

// [MQTT-4.3.3-10], [MQTT-4.3.3-12]
TEST(Flow, AQosTwoMessageIsTakenOnce) {
    Table table;
    Client a(table, "a"), b(table, "b");
    b.is_answering = false;
    a.connect();
    b.connect(kDurable);
    a.subscribe("t", {.qos = Qos::ExactlyOnce});
    b.publish("t", "x", {.qos = Qos::ExactlyOnce, .packet_id = 7});
    b.publish("t", "x", {.qos = Qos::ExactlyOnce, .dup = true, .packet_id = 7});
    b.cut();
    b.connect(kDurable);
    b.publish("t", "x", {.qos = Qos::ExactlyOnce, .dup = true, .packet_id = 7});
    EXPECT_EQ(b.heard(), "PUBREC m7 00");
    EXPECT_EQ(a.payloads(), (Strings{"x"}));
    b.say_ack(PacketType::Pubrel, 7);
    EXPECT_EQ(b.heard(), "PUBCOMP m7 00");
    b.publish("t", "y", {.qos = Qos::ExactlyOnce, .packet_id = 7});
    EXPECT_EQ(a.payloads(), (Strings{"y"}));
}

// [MQTT-3.3.4-7], [MQTT-3.3.4-8]
TEST(Flow, APublisherThatExceedsOurReceiveMaximumIsTold) {
    TableOptions options;
    options.broker.max_inflight_messages = 3;
    Table table(options);
    Client b(table, "b");
    b.is_answering = false;
    b.connect();
    for (int i = 0; i < 3; i++) b.publish("t", "x", {.qos = Qos::ExactlyOnce});
    b.heard();
    b.publish("t", "x", {.qos = Qos::ExactlyOnce});
    EXPECT_EQ(b.heard(), "DISCONNECT 93 | closed");
}

// [MQTT-2.2.1-3]: an id is not given out again while it is in use.
TEST(Flow, IdsOfOldMessagesAreNotUsedAgain) {
    TableOptions options;
    options.broker.max_queued_messages = 0;
    Table table(options);
    Client a(table, "a"), b(table, "b");
    a.is_answering = false;
    a.connect({.version = Version::V311, .clean_start = false});
    b.connect();
    a.subscribe("t", {.qos = Qos::AtLeastOnce});
    b.publish("t", "never acknowledged", {.qos = Qos::AtLeastOnce});
    EXPECT_EQ(a.heard(), "PUBLISH q1 m1 't' 'never acknowledged'");
    // All others are acknowledged at once.
    std::uint32_t came = 0;
    for (int i = 0; i < 66'000; i++) {
        b.say_publish("t", "x", {.qos = Qos::AtLeastOnce});
        if (i % 10 != 0) continue;
        for (const std::string& packet : a.messages()) {
            ASSERT_FALSE(packet.starts_with("PUBLISH q1 m1 ")) << "after " << came;
            came++;
            a.say_ack(PacketType::Puback,
                      static_cast<std::uint16_t>(std::stoul(packet.substr(12))));
        }
    }
    a.say_ack(PacketType::Puback, 1);
    a.is_answering = true;
    for (int idle = 0; idle < 3;) {
        std::size_t more = a.messages().size();
        came += static_cast<std::uint32_t>(more);
        idle = more == 0 ? idle + 1 : 0;
    }
    EXPECT_EQ(came, 66'000u);
}

// [MQTT-3.14.4-1]
TEST(Flow, NothingIsSentBehindADisconnect) {
    Table table;
    Client a(table, "a"), b(table, "b");
    a.connect();
    b.connect();
    a.subscribe("t", {.qos = Qos::AtLeastOnce});
    // Both are read in the same turn, a's offence first.
    a.say({0x30, 0x01, 0x00});
    b.say_publish("t", "late", {.qos = Qos::AtMostOnce});
    b.say_publish("t", "late", {.qos = Qos::AtLeastOnce});
    EXPECT_EQ(a.heard(), "DISCONNECT 81 | closed");
}

TEST(Flow, AMessageOfTheTurnInWhichASessionLostItsLineIsNotLost) {
    Table table;
    Client a(table, "a"), b(table, "b");
    a.connect(kDurable);
    b.connect();
    a.subscribe("t", {.qos = Qos::AtLeastOnce});
    a.line().is_cut = true;
    b.say_publish("t", "x", {.qos = Qos::AtLeastOnce});
    b.heard();
    a.open(kDurable);
    EXPECT_EQ(a.payloads(), (Strings{"x"}));
}

TEST(Flow, AcksOutOfPlaceEndTheConnectionOrAreForgiven) {
    for (PacketType type : {PacketType::Puback, PacketType::Pubrec, PacketType::Pubcomp}) {
        Table table;
        Client a(table, "a");
        a.connect();
        a.say_ack(type, 99);
        std::string heard = a.heard();
        EXPECT_TRUE(a.is_connected()) << heard;
    }
}

// A client with a small window and random habits gets all, in order.
TEST(Flow, RandomAcksAndReconnectsLoseNothing) {
    for (std::uint64_t seed = 1; seed <= 20; seed++) {
        SCOPED_TRACE("seed " + std::to_string(seed));
        std::mt19937_64 random(seed);
        Table table;
        Client a(table, "a"), b(table, "b");
        ConnectWish wish = kDurable;
        wish.receive_maximum = static_cast<std::uint16_t>(1 + random() % 5);
        a.connect(wish);
        b.connect();
        a.subscribe("t", {.qos = Qos::AtLeastOnce});
        std::set<std::string> seen;
        std::string last;
        auto note = [&] {
            for (const std::string& payload : a.payloads())
                if (seen.insert(payload).second) {
                    ASSERT_LT(last, payload);
                    last = payload;
                }
        };
        for (int i = 0; i < 300; i++) {
            b.publish("t", std::to_string(1000 + i), {.qos = Qos::AtLeastOnce});
            a.is_answering = random() % 2;
            if (random() % 10 == 0) {
                a.cut();
                a.open(wish);
            }
            note();
        }
        a.is_answering = true;
        a.cut();
        a.open(wish);
        note();
        EXPECT_EQ(seen.size(), 300u);
    }
}

}  // namespace
}  // namespace martlet::broker
