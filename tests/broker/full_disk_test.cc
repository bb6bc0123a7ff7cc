// A disk without room: who is told, who goes on, and what is there afterwards.

#include "tests/broker/lasting_table.h"

#include <gtest/gtest.h>

namespace martlet::broker {
namespace {

using std::chrono::seconds;

class FullDisk : public LastingTable {
  protected:
    // Somebody publishes to "t" until there is no room.
    void fill() {
        Client publisher = near("filler");
        publisher.connect();
        publisher.publish("t", "first", kQos1);
        disk_.limit(disk_.used());
        for (int i = 0; i < 20 && !table_->journal->is_full(); i++)
            publisher.publish("t", std::string(3000, 'x'), kQos1);
        ASSERT_TRUE(table_->journal->is_full());
        publisher.disconnect();
    }
};

INSTANTIATE_TEST_SUITE_P(Shards, FullDisk, testing::Values(1u, 2u));

TEST_P(FullDisk, IsToldAndHarmsNobodyWhoReceives) {
    Client subscriber = far("subscriber");
    subscriber.connect(lasting());
    subscriber.subscribe("t", kSub2);
    subscriber.is_answering = false;
    Client publisher = near("publisher");
    publisher.connect();
    Client old = near("old");
    old.connect({.version = Version::V311});
    publisher.publish("t", "before", kQos2);
    disk_.limit(disk_.used());
    std::string large(3000, 'x');
    std::string heard;
    for (int i = 0; i < 20 && heard.find("97") == std::string::npos; i++) {
        publisher.say_publish("t", large, kQos1);
        heard += publisher.heard() + "\n";
    }
    EXPECT_NE(heard.find("97"), std::string::npos) << heard;
    old.say_publish("t", "from the old one", kQos1);
    EXPECT_EQ(old.heard(), "");
    // What the receiver says goes on: PUBREC, PUBREL, PUBCOMP.
    subscriber.is_answering = true;
    subscriber.say_ack(PacketType::Pubrec, 1);
    EXPECT_NE(subscriber.heard().find("PUBREL m1"), std::string::npos);
    disk_.limit(UINT64_MAX);
    for (int i = 0; i < 5; i++) table_->turn(0);
    EXPECT_EQ(old.heard(), "PUBACK m1 00");
    publisher.publish("t", "after", kQos1);
    EXPECT_NE(publisher.heard().find("PUBACK"), std::string::npos);
}

// Its new value waits for room while its removal is written.
TEST_P(FullDisk, ASubscriptionThatEndsThenDoesNotComeBack) {
    Client subscriber = far("subscriber");
    subscriber.connect(lasting());
    subscriber.subscribe("t", kSub1);
    subscriber.heard();
    Client publisher = far("publisher");
    publisher.connect();
    table_->journal->is_paused = true;
    for (int i = 0; i < 6; i++) publisher.say_publish("t", std::string(3000, 'x'), kQos1);
    table_->now.steady += Milliseconds(10);
    for (int i = 0; i < 3; i++) table_->turn(GetParam() - 1);
    subscriber.say(subscribe_frame(Version::V5, 7, "t", kSub2));
    table_->turn(GetParam() - 1);
    disk_.limit(disk_.used());
    table_->journal->is_paused = false;
    table_->settle();
    ASSERT_TRUE(table_->journal->is_full());
    subscriber.say(unsubscribe_frame(Version::V5, 8, "t"));
    table_->settle();
    disk_.limit(UINT64_MAX);
    for (int i = 0; i < 5; i++) table_->turn(GetParam() - 1);
    table_->settle();
    EXPECT_NE(subscriber.heard().find("UNSUBACK m8 00"), std::string::npos);
    restart();
    EXPECT_EQ(table_->restored.sessions, 1u);
    EXPECT_EQ(table_->restored.subscriptions, 0u);
}

// More than its window holds.
TEST_P(FullDisk, AQueueOfQos2IsTakenToItsEnd) {
    Client a = far("a");
    a.connect(lasting());
    a.subscribe("q", kSub2);
    a.cut();
    Client publisher = near("publisher");
    publisher.connect();
    std::vector<std::string> all;
    for (int i = 0; i < 50; i++) {
        all.push_back(std::to_string(i));
        publisher.publish("q", all.back(), kQos2);
    }
    Client other = near("other");
    other.connect(lasting());
    other.subscribe("t", kSub2);
    other.is_answering = false;
    fill();
    a.open(lasting());
    EXPECT_EQ(a.payloads(), all);
    ASSERT_TRUE(table_->journal->is_full());
    restart();
    EXPECT_EQ(client(a.id()).connect(lasting()).find("PUBLISH"), std::string::npos);
}

// Who comes back takes what waits, which makes room: whatever its session's record says that would
// have to be written.
TEST_P(FullDisk, AReceiverThatComesBackIsServed) {
    ConnectWish limited{.clean_start = false, .expiry = 3600};
    ConnectWish with_will = lasting();
    with_will.will_topic = "w";
    with_will.will_payload = "gone";
    {
        Client a = far("a"), b = near("b");
        a.connect(limited);
        a.subscribe("t", kSub1);
        b.connect(with_will);
        b.subscribe("t", kSub1);
        a.cut();
        b.disconnect();
    }
    fill();
    Client a = far("a"), b = near("b");
    EXPECT_NE(a.connect(limited).find("'t' 'first'"), std::string::npos);
    EXPECT_NE(b.connect(with_will).find("'t' 'first'"), std::string::npos);
    EXPECT_EQ(a.subscribe("more"), "SUBACK m1 97");
    a.unsubscribe("t");
    table_->pass(seconds(1));
    EXPECT_EQ(a.heard(), "UNSUBACK m2 00");
    // What was said meanwhile holds after a kill.
    restart();
    EXPECT_EQ(table_->restored.sessions, 2u);
    EXPECT_EQ(table_->restored.subscriptions, 1u);
    table_->pass(seconds(3000));
    Client again = far("a");
    EXPECT_NE(again.connect(limited).find("CONNACK present"), std::string::npos);
}

}  // namespace
}  // namespace martlet::broker
