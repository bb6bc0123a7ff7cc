// Retained messages and subscriptions, and what may happen between the two across shards.

#include "tests/broker/client.h"

#include <gtest/gtest.h>

#include <set>

namespace martlet::broker {
namespace {

using Strings = std::vector<std::string>;
using std::chrono::seconds;
const PublishWish kRetained{.qos = Qos::AtLeastOnce, .retain = true};

// [MQTT-3.3.1-5] to [MQTT-3.3.1-13]
TEST(Retained, IsGivenToNewSubscribersUntilItIsRemoved) {
    Table table({.shards = 2, .broker = {}, .listener = {}});
    Client a(table, "a", 0), b(table, "b", 1);
    a.connect();
    b.connect();
    a.publish("t/1", "one", kRetained);
    a.publish("t/2", "two", kRetained);
    EXPECT_EQ(b.subscribe("t/#"),
              "SUBACK m1 00 | PUBLISH q0 retain 't/1' 'one' | PUBLISH q0 retain 't/2' 'two'");
    a.publish("t/1", "new", kRetained);
    EXPECT_EQ(b.heard(), "PUBLISH q0 't/1' 'new'");
    EXPECT_EQ(b.subscribe("t/1", {.retain_as_published = true}),
              "SUBACK m2 00 | PUBLISH q0 retain 't/1' 'new'");
    a.publish("t/1", "", kRetained);
    EXPECT_EQ(b.messages().size(), 2u);
    EXPECT_EQ(b.subscribe("t/1"), "SUBACK m3 00");
    EXPECT_EQ(table.shared.retained.count(), 1u);
}

TEST(Retained, RetainHandlingAsks) {
    Table table;
    Client a(table, "a");
    a.connect();
    a.publish("t", "x", kRetained);
    a.heard();
    EXPECT_EQ(a.subscribe("t", {.retain_handling = 2}), "SUBACK m2 00");
    EXPECT_EQ(a.subscribe("t", {.retain_handling = 1}), "SUBACK m3 00");
    EXPECT_EQ(a.subscribe("t", {.retain_handling = 0}), "SUBACK m4 00 | PUBLISH q0 retain 't' 'x'");
    a.unsubscribe("t");
    EXPECT_EQ(a.subscribe("t", {.retain_handling = 1}), "SUBACK m6 00 | PUBLISH q0 retain 't' 'x'");
}

TEST(Retained, IsNotForSharedSubscriptions) {
    Table table;
    Client a(table, "a");
    a.connect();
    a.publish("t", "x", kRetained);
    a.heard();
    EXPECT_EQ(a.subscribe("$share/g/t"), "SUBACK m2 00");
}

TEST(Retained, ExpiresAndIsForgotten) {
    Table table;
    Client a(table, "a");
    a.connect();
    a.publish("t", "x", {.qos = Qos::AtMostOnce, .retain = true, .expiry = 10});
    table.pass(seconds(11));
    EXPECT_EQ(a.subscribe("t"), "SUBACK m1 00");
    EXPECT_EQ(table.shared.retained.count(), 0u);
    EXPECT_EQ(table.shared.retained.bytes(), 0u);
}

// A large answer waits for the window and the socket, and loses nothing.
TEST(Retained, AThousandThroughASmallWindowAndASlowSocket) {
    Table table;
    Client a(table, "a"), b(table, "b");
    a.connect();
    b.connect({.receive_maximum = 3});
    for (int i = 0; i < 1000; i++)
        a.say_publish("t/" + std::to_string(i), std::string(500, 'x'),
                      {.qos = Qos::AtLeastOnce, .retain = true});
    a.settle();
    b.line().room = 0;
    b.say(subscribe_frame(Version::V5, 1, "t/+", {.qos = Qos::AtLeastOnce}));
    b.say(subscribe_frame(Version::V5, 2, "t/#", {.qos = Qos::AtMostOnce}));
    std::set<std::string> once, never;
    for (int i = 0; i < 4000 && (once.size() < 1000 || never.size() < 1000); i++) {
        b.line().room = 2000;
        for (const std::string& packet : b.messages()) {
            std::string topic = packet.substr(packet.find('\''), 8);
            bool is_new = (packet.starts_with("PUBLISH q1") ? once : never).insert(topic).second;
            ASSERT_TRUE(is_new) << packet.substr(0, 40);
        }
    }
    EXPECT_EQ(once.size(), 1000u);
    EXPECT_EQ(never.size(), 1000u);
    EXPECT_EQ(table.dropped(DropReason::QueueFull), 0u);
}

TEST(Retained, AnUnsubscribeEndsTheAnswer) {
    Table table;
    Client a(table, "a"), b(table, "b");
    a.connect();
    b.connect({.receive_maximum = 1});
    for (int i = 0; i < 200; i++)
        a.say_publish("t/" + std::to_string(i), "x", {.qos = Qos::AtLeastOnce, .retain = true});
    a.settle();
    b.is_answering = false;
    b.subscribe("t/+", {.qos = Qos::AtLeastOnce});
    b.unsubscribe("t/+");
    b.is_answering = true;
    b.say_ack(PacketType::Puback, 1);
    EXPECT_EQ(b.messages().size(), 0u);
}

// The rest of the answer belongs to the session, which told Session Present.
TEST(Retained, TheAnswerGoesOnWhenALastingSessionComesBack) {
    Table table;
    Client a(table, "a"), b(table, "b");
    ConnectWish wish{.clean_start = false, .expiry = 100, .receive_maximum = 2};
    a.connect();
    b.connect(wish);
    for (int i = 0; i < 300; i++)
        a.say_publish("t/" + std::to_string(i), "x", {.qos = Qos::AtLeastOnce, .retain = true});
    a.settle();
    b.is_answering = false;
    b.subscribe("t/+", {.qos = Qos::AtLeastOnce});
    b.cut();
    b.is_answering = true;
    b.open(wish);
    std::set<std::string> topics;
    for (const std::string& packet : b.messages())
        topics.insert(packet.substr(packet.find('\''), 6));
    EXPECT_EQ(topics.size(), 300u);
}

// The answer waits for room: limits of the queue, whatever they are, cost none of it.
TEST(Retained, SmallLimitsDropNothingOfTheAnswer) {
    struct Limits {
        std::uint32_t queued = 1000, in_flight = 20;
        std::uint64_t queued_bytes = 0, in_flight_bytes = 0, total = 0, total_bytes = 0;
        std::uint64_t outbox = 16u << 20;
    };
    const Limits kAll[] = {
        {.queued = 1},
        {.queued = 1, .in_flight = 1},
        {.queued_bytes = 100},
        {.queued_bytes = 2000, .in_flight_bytes = 100},
        {.in_flight = 0, .in_flight_bytes = 3000},
        {.queued = 5, .in_flight = 0},
        {.total = 1, .total_bytes = 10},
        {.in_flight = 3, .outbox = 100},
    };
    for (const Limits& limits : kAll) {
        for (Qos qos : {Qos::AtMostOnce, Qos::AtLeastOnce, Qos::ExactlyOnce}) {
            TableOptions options;
            options.broker.max_queued_messages = limits.queued;
            options.broker.max_inflight_messages = limits.in_flight;
            options.broker.max_queued_bytes = limits.queued_bytes;
            options.broker.max_inflight_bytes = limits.in_flight_bytes;
            options.broker.max_queued_messages_total = limits.total;
            options.broker.max_queued_bytes_total = limits.total_bytes;
            options.broker.outbox_bytes_max = limits.outbox;
            Table table(options);
            Client a(table, "a"), b(table, "b");
            a.connect();
            b.connect();
            for (int i = 0; i < 200; i++)
                a.publish("t/" + std::to_string(i), std::string(1000, 'x'),
                          {.qos = static_cast<Qos>(i % 3), .retain = true});
            b.line().room = 0;
            b.say(subscribe_frame(Version::V5, 1, "t/+", {.qos = qos}));
            std::size_t came = 0;
            for (int i = 0; i < 2000 && came < 200; i++) {
                b.line().room = 500;
                came += b.messages().size();
            }
            EXPECT_EQ(came, 200u) << "limits " << &limits - kAll << " q" << static_cast<int>(qos);
            EXPECT_EQ(table.dropped(DropReason::QueueFull), 0u);
            EXPECT_EQ(table.dropped(DropReason::OutboxFull), 0u);
        }
    }
}

// What is published while the answer waits comes live, and the older value does not follow it.
TEST(Retained, ALiveMessageMayPassAnAnswerThatWaits) {
    Table table;
    Client a(table, "a"), b(table, "b");
    a.connect();
    b.connect({.receive_maximum = 2});
    for (int i = 0; i < 5; i++) a.publish("t/" + std::to_string(i), "old", kRetained);
    b.is_answering = false;
    b.subscribe("t/+", {.qos = Qos::AtLeastOnce});
    a.publish("t/4", "new", {.qos = Qos::AtMostOnce, .retain = true});
    EXPECT_EQ(b.heard(), "PUBLISH q0 't/4' 'new'");
    b.is_answering = true;
    b.say_ack(PacketType::Puback, 1);
    b.say_ack(PacketType::Puback, 2);
    EXPECT_EQ(b.payloads(), (Strings{"old", "old"}));
}

// Shard 0 publishes, shard 1 subscribes; the test decides when letters are handled.
class Race : public testing::Test {
  protected:
    Race() : table_({.shards = 2, .broker = {}, .listener = {}}) {
        publisher_.connect();
        subscriber_.connect();
        publisher_.publish("t", "old", kRetained);
        publisher_.heard();
    }
    // One turn of the publisher's shard: the letter waits at the other.
    void publish(const std::string& payload) {
        publisher_.say_publish("t", payload, kRetained);
        table_.turn(0);
    }
    // The subscriber's bytes are read before the letters that came meanwhile.
    void subscribe(Qos qos = Qos::AtLeastOnce) {
        subscriber_.say(subscribe_frame(Version::V5, subscriber_.next_id(), "t", {.qos = qos}));
        table_.begin(1);
        subscriber_.line().read(SIZE_MAX);
    }
    Table table_;
    Client publisher_{table_, "p", 0}, subscriber_{table_, "s", 1};
};

TEST_F(Race, StoredBeforeSubscribingComesAsRetainedOnly) {
    subscribe();
    subscriber_.heard();
    subscriber_.unsubscribe("t");
    subscriber_.heard();
    publish("new");
    subscribe();
    EXPECT_EQ(subscriber_.payloads(), Strings{"new"});
}

TEST_F(Race, StoredAfterSubscribingComesLive) {
    subscribe();
    publish("new");
    EXPECT_EQ(subscriber_.payloads(), (Strings{"old", "new"}));
}

// The retained value waits for older live messages that are on their way.
TEST_F(Race, ARepeatedSubscribeDoesNotGoBack) {
    subscribe();
    subscriber_.heard();
    publish("1");
    publish("2");
    subscribe();
    EXPECT_EQ(subscriber_.payloads(), (Strings{"1", "2", "2"}));
}

TEST_F(Race, AnOverlappingSubscribeDoesNotGoBack) {
    subscriber_.subscribe("+", {.qos = Qos::AtLeastOnce});
    publish("1");
    publish("2");
    subscribe();
    EXPECT_EQ(subscriber_.payloads(), (Strings{"1", "2", "2"}));
    publish("3");
    subscribe(Qos::AtMostOnce);
    publish("4");
    EXPECT_EQ(subscriber_.payloads(), (Strings{"3", "3", "4", "4"}));
}

// A live message that was on its way to the old subscription is not lost when SUBSCRIBE is
// repeated, even if a newer one took its place in the tree.
TEST_F(Race, ARepeatedSubscribeLosesNoLiveMessage) {
    subscribe();
    subscriber_.heard();
    publish("1");
    publish("2");
    subscribe();
    Strings got = subscriber_.payloads();
    EXPECT_EQ(std::count(got.begin(), got.end(), "1"), 1) << "on its way, and lost";
    EXPECT_EQ(got.back(), "2");
    publish("3");
    publish("");
    subscribe();
    got = subscriber_.payloads();
    EXPECT_EQ(std::count(got.begin(), got.end(), "3"), 1) << "on its way, and lost";
}

TEST_F(Race, ReplacedWhileTheAnswerWaitsIsNotGivenTwiceNorOutOfDate) {
    subscriber_.cut();
    subscriber_.is_answering = false;
    subscriber_.connect({.receive_maximum = 1});
    publisher_.publish("a", "first", kRetained);
    subscriber_.say(subscribe_frame(Version::V5, 1, "a", {.qos = Qos::AtLeastOnce}));
    EXPECT_EQ(subscriber_.payloads(), Strings{"first"});
    subscriber_.say(subscribe_frame(Version::V5, 2, "t", {.qos = Qos::AtLeastOnce}));
    subscriber_.settle();
    publisher_.publish("t", "new", kRetained);
    subscriber_.say_ack(PacketType::Puback, 1);
    subscriber_.is_answering = true;
    EXPECT_EQ(subscriber_.payloads(), Strings{"new"});
}

}  // namespace
}  // namespace martlet::broker
