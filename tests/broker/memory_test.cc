// memory_limit: who is refused, who is disconnected, and that it ends.

#include "tests/broker/client.h"

#include <gtest/gtest.h>

#include <numeric>

namespace martlet::broker {
namespace {

constexpr std::uint64_t kLimit = 1'000'000;
const PublishWish kOnce{.qos = Qos::AtLeastOnce};

// Memory in use as the test says it.
class Gauge final : public MemoryMeter {
  public:
    explicit Gauge(Table& table) : table_(table) { table.shared.memory.meter = this; }
    ~Gauge() override { table_.shared.memory.meter = nullptr; }

    // Seen by all shards when their next look is due.
    void begin(std::uint64_t in_use) {
        in_use_ = in_use;
        table_.pass(Milliseconds(1000));
    }
    // And who has not read by the look after that is slow.
    void go_on() { table_.pass(Milliseconds(200)); }
    void set(std::uint64_t in_use) {
        begin(in_use);
        go_on();
    }
    // Those who wait for an outbox give it back; `rest` is what nobody can give back.
    void follow_outboxes(std::uint64_t rest) {
        rest_ = rest;
        set(0);
    }
    std::uint64_t in_use(std::uint32_t, std::uint64_t, bool) override {
        if (rest_ == 0) return in_use_;
        std::uint64_t sum = rest_;
        for (Line* line : table_.lines)
            if (!line->connection().is_closing()) sum += line->connection().outbox.size();
        return sum;
    }

  private:
    Table& table_;
    std::uint64_t in_use_ = 0, rest_ = 0;
};

TableOptions limited(std::uint32_t shards = 1) {
    TableOptions options;
    options.shards = shards;
    options.broker.memory_limit = kLimit;
    return options;
}

TEST(Memory, PastTheLimitMessagesAndNewSessionsAreRefused) {
    Table table(limited());
    Gauge gauge(table);
    Client b(table, "b"), c(table, "c"), old(table, "old");
    b.connect();
    c.connect({.version = Version::V311});
    old.connect({.clean_start = false, .expiry = 1000});
    old.cut();
    gauge.set(kLimit + 1);
    b.publish("t", "x", kOnce);
    EXPECT_EQ(b.heard(), "PUBACK m1 97");
    b.publish("t", "x");
    EXPECT_EQ(table.dropped(DropReason::MemoryLimit), 2u);
    c.publish("t", "x", kOnce);
    EXPECT_EQ(c.heard(), "") << "it cannot be told, and must not take it for delivered";
    Client d(table, "d"), e(table, "e");
    EXPECT_EQ(d.connect(), "CONNACK 89 | closed");
    EXPECT_EQ(e.connect({.version = Version::V311}), "CONNACK 03 | closed");
    EXPECT_TRUE(old.connect({.clean_start = false, .expiry = 1000}).starts_with("CONNACK present"))
        << "whoever comes back for a session can only make room";

    gauge.set(kLimit / 2);
    EXPECT_EQ(c.heard(), "PUBACK m1 00");
    b.publish("t", "x", kOnce);
    EXPECT_EQ(b.heard(), "PUBACK m2 10");
    EXPECT_TRUE(d.connect().starts_with("CONNACK 00"));
}

TEST(Memory, NearTheLimitNoNewSubscriptionsAndRetainedMessages) {
    Table table(limited(2));
    Gauge gauge(table);
    Client a(table, "a"), b(table, "b", 1), c(table, "c");
    a.connect();
    b.connect({.version = Version::V311});
    a.subscribe("there/#");
    a.subscribe("$share/g/there");
    a.publish("kept", "1", {.qos = Qos::AtLeastOnce, .retain = true});
    a.heard();
    gauge.set(kLimit - kLimit / 16);
    EXPECT_EQ(a.subscribe("new/+"), "SUBACK m4 97");
    EXPECT_EQ(a.subscribe("$share/g/new"), "SUBACK m5 97");
    EXPECT_EQ(b.subscribe("new"), "SUBACK m1 80");
    EXPECT_EQ(a.subscribe("there/#", {.qos = Qos::AtLeastOnce}), "SUBACK m6 01") << "is replaced";
    EXPECT_EQ(a.subscribe("$share/g/there"), "SUBACK m7 00");
    a.publish("new", "1", {.qos = Qos::AtLeastOnce, .retain = true});
    EXPECT_EQ(a.heard(), "PUBACK m8 97");
    a.publish("kept", "2", {.qos = Qos::AtLeastOnce, .retain = true});
    EXPECT_EQ(a.heard(), "PUBACK m9 10") << "an old topic has its newest value";
    a.publish("there/x", "live", kOnce);
    EXPECT_EQ(a.payloads(), std::vector<std::string>{"live"});
    EXPECT_TRUE(c.connect().starts_with("CONNACK 00"));

    gauge.set(kLimit + 1);
    a.publish("kept", "3", {.qos = Qos::AtLeastOnce, .retain = true});
    EXPECT_EQ(a.heard(), "PUBACK m11 97");
    a.publish("kept", "", {.qos = Qos::AtLeastOnce, .retain = true});
    EXPECT_EQ(a.heard(), "PUBACK m12 10") << "what makes room is taken";
    EXPECT_EQ(table.shared.retained.count(), 0u);
    EXPECT_EQ(a.unsubscribe("there/#"), "UNSUBACK m13 00");
}

TEST(Memory, TheReaderForWhomMostWaitsIsDisconnectedFirstInWhicheverShard) {
    TableOptions options = limited(2);
    Table table(options);
    Gauge gauge(table);
    Client sender(table, "sender"), fast(table, "fast");
    Client small(table, "small"), large(table, "large", 1);
    sender.connect();
    fast.connect();
    fast.subscribe("#");
    small.connect();
    large.connect();
    small.subscribe("s");
    large.subscribe("l");
    small.line().room = 0;
    large.line().room = 7;  // it is in the middle of a packet
    for (int i = 0; i < 20; i++) sender.publish("l", std::string(1000, 'x'));
    for (int i = 0; i < 8; i++) sender.publish("s", std::string(1000, 'x'));
    ASSERT_GT(large.line().connection().outbox.size(), 19'000u);
    gauge.follow_outboxes(low_mark(kLimit) - 9'000);
    EXPECT_EQ(table.sum([](const auto& c) -> const auto& { return c.memory_disconnects; }), 0u);
    gauge.follow_outboxes(kLimit - 20'000);
    EXPECT_EQ(table.sum([](const auto& c) -> const auto& { return c.memory_disconnects; }), 1u);
    EXPECT_FALSE(large.line().is_open());
    EXPECT_TRUE(small.is_connected());
    EXPECT_TRUE(fast.is_connected());
    EXPECT_EQ(fast.payloads().size(), 28u);
}

TEST(Memory, WhoIsDisconnectedIsToldAfterThePacketThatHadBegun) {
    Table table(limited());
    Gauge gauge(table);
    Client sender(table, "sender"), slow(table, "slow");
    sender.connect();
    slow.connect();
    slow.subscribe("l");
    slow.heard();
    slow.line().room = 7;
    for (int i = 0; i < 100; i++) sender.publish("l", std::string(5000, 'x'));
    gauge.begin(kLimit + 1);
    slow.line().room = SIZE_MAX;  // it reads again, too late
    gauge.go_on();
    std::string heard = slow.heard();
    EXPECT_TRUE(heard.ends_with("DISCONNECT 97 | closed")) << heard.substr(heard.size() - 60);
    EXPECT_LT(heard.size(), 6000u) << "one message";
}

TEST(Memory, TheQueueOfASessionThatEndsWithItsConnectionCountsAsWaiting) {
    Table table(limited());
    Gauge gauge(table);
    Client sender(table, "sender"), slow(table, "slow"), away(table, "away");
    sender.connect();
    slow.connect();
    away.connect({.clean_start = false, .expiry = 1000});
    slow.is_answering = away.is_answering = false;
    slow.subscribe("t", {.qos = Qos::AtLeastOnce});
    away.subscribe("t", {.qos = Qos::AtLeastOnce});
    for (int i = 0; i < 100; i++) sender.publish("t", std::string(1000, 'x'), kOnce);
    gauge.set(kLimit + 1);
    EXPECT_FALSE(slow.is_connected());
    EXPECT_TRUE(away.is_connected()) << "its queue would stay";
}

TEST(Memory, WhoReadsIsSparedAndSoAreAllWhenTheyHoldTooLittleToMatter) {
    Table table(limited());
    Gauge gauge(table);
    Client sender(table, "sender"), reads(table, "reads"), waits(table, "waits");
    sender.connect();
    reads.connect();
    waits.connect();
    reads.subscribe("r");
    waits.subscribe("w");
    reads.line().room = waits.line().room = 0;
    for (int i = 0; i < 100; i++) sender.publish("r", std::string(1000, 'x'));
    sender.publish("w", std::string(1000, 'x'));
    reads.line().room = 10'000;
    gauge.begin(kLimit + 1);
    for (int i = 0; i < 5; i++) {
        reads.line().room = 10'000;
        gauge.go_on();
    }
    EXPECT_TRUE(reads.is_connected());
    EXPECT_TRUE(waits.is_connected());
    gauge.go_on();
    gauge.go_on();
    EXPECT_FALSE(reads.is_connected()) << "it has stopped";
    EXPECT_TRUE(waits.is_connected());
}

TEST(Memory, ABurstIsSeenBeforeTheNextTimedLook) {
    Table table(limited());
    Gauge gauge(table);
    Client hog(table, "hog");
    hog.connect();
    gauge.follow_outboxes(1000);
    // As if each subscription took a thousand bytes.
    class Growing final : public MemoryMeter {
      public:
        explicit Growing(Table& table) : table_(table) {}
        std::uint64_t in_use(std::uint32_t, std::uint64_t, bool) override {
            return 1000 * table_.sum([](const auto& c) -> const auto& { return c.subscriptions; });
        }

      private:
        Table& table_;
    } growing(table);
    table.shared.memory.meter = &growing;
    for (int i = 0; i < 5000; i++)
        hog.say(subscribe_frame(Version::V5, 1, "f/" + std::to_string(i), {}));
    hog.settle();
    auto taken = table.sum([](const auto& c) -> const auto& { return c.subscriptions; });
    EXPECT_GE(taken, 875u);
    EXPECT_LT(taken, 1000u);
    table.shared.memory.meter = &gauge;
}

TEST(Memory, WithoutALimitNobodyLooks) {
    Table table;
    Gauge gauge(table);
    Client b(table, "b");
    b.connect();
    gauge.set(UINT64_MAX);
    b.publish("t", "x", kOnce);
    EXPECT_EQ(b.heard(), "PUBACK m1 10");
    EXPECT_EQ(table.shared.memory.in_use.load(), 0u);
}

}  // namespace
}  // namespace martlet::broker
