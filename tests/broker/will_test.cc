// Wills: when they are sent, when not, and when later (3.1.2.5, 3.1.3.2.2).

#include "tests/broker/client.h"

#include <gtest/gtest.h>

namespace martlet::broker {
namespace {

using std::chrono::seconds;

class Wills : public testing::TestWithParam<std::uint32_t> {
  protected:
    // The watcher sits at the other shard when there is one.
    Wills() : table_({.shards = GetParam(), .broker = {}, .listener = {}}) {
        watcher_.connect();
        watcher_.subscribe("w", {.qos = Qos::AtLeastOnce});
    }
    static ConnectWish with_will(std::uint32_t expiry, std::uint32_t delay) {
        ConnectWish wish{.clean_start = false, .expiry = expiry};
        wish.will_topic = "w";
        wish.will_payload = "gone";
        wish.will_qos = Qos::AtLeastOnce;
        if (delay != 0) wish.will_delay = delay;
        return wish;
    }
    bool is_sent() { return watcher_.heard().find("'w' 'gone'") != std::string::npos; }

    Table table_;
    Client watcher_{table_, "watcher", GetParam() - 1};
    Client a_{table_, "a", 0};
};

TEST_P(Wills, IsSentWhenTheLineBreaks) {
    a_.connect(with_will(0, 0));
    a_.cut();
    EXPECT_TRUE(is_sent());
}

TEST_P(Wills, IsNotSentAfterAGoodbye) {
    a_.connect(with_will(100, 5));
    a_.disconnect();
    table_.pass(seconds(200));
    EXPECT_FALSE(is_sent());
}

// [MQTT-3.14.4-3] by its contrary: reason 0x04.
TEST_P(Wills, IsSentAfterAGoodbyeThatAsksForIt) {
    a_.connect(with_will(100, 0));
    a_.disconnect(ReasonCode::DisconnectWithWill);
    EXPECT_TRUE(is_sent());
}

TEST_P(Wills, IsSentWhenKeepAliveRunsOut) {
    ConnectWish wish = with_will(0, 0);
    wish.keep_alive = 2;
    a_.connect(wish);
    table_.pass(seconds(4));
    EXPECT_TRUE(is_sent());
}

TEST_P(Wills, IsSentAfterItsDelay) {
    a_.connect(with_will(100, 10));
    a_.cut();
    table_.pass(seconds(9));
    EXPECT_FALSE(is_sent());
    table_.pass(seconds(2));
    EXPECT_TRUE(is_sent());
    table_.pass(seconds(100));
    EXPECT_FALSE(is_sent()) << "sent twice";
}

// [MQTT-3.1.3-9]
TEST_P(Wills, IsNotSentWhenTheClientIsBackInTime) {
    a_.connect(with_will(100, 10));
    a_.cut();
    table_.pass(seconds(5));
    a_.connect(with_will(100, 10));
    table_.pass(seconds(20));
    EXPECT_FALSE(is_sent());
    a_.disconnect();
    EXPECT_FALSE(is_sent());
}

TEST_P(Wills, IsSentWhenTheSessionEndsBeforeTheDelay) {
    a_.connect(with_will(5, 1000));
    a_.cut();
    table_.pass(seconds(6));
    EXPECT_TRUE(is_sent());
    EXPECT_EQ(table_.shared.sessions.load(), 1);
}

TEST_P(Wills, IsSentAtOnceWhenTheSessionEndsWithItsConnection) {
    a_.connect(with_will(0, 1000));
    a_.cut();
    EXPECT_TRUE(is_sent());
}

TEST_P(Wills, IsSentWhenANewSessionTakesTheWaitingOnesPlace) {
    a_.connect(with_will(100, 1000));
    a_.cut();
    EXPECT_FALSE(is_sent());
    a_.connect({.clean_start = true});
    EXPECT_TRUE(is_sent());
}

TEST_P(Wills, OfASessionThatNeverExpiresIsSentAfterItsDelayOnly) {
    a_.connect(with_will(UINT32_MAX, 10));
    a_.cut();
    table_.pass(seconds(12));
    EXPECT_TRUE(is_sent());
    EXPECT_NE(a_.connect({.clean_start = false}).find("present"), std::string::npos);
}

TEST_P(Wills, IsSentAtATakeoverUnlessItHasADelay) {
    Client second(table_, "a", 0);
    a_.connect(with_will(100, 0));
    second.connect(with_will(100, 30));
    EXPECT_TRUE(is_sent());
    a_.connect(with_will(100, 30));
    table_.pass(seconds(60));
    EXPECT_FALSE(is_sent());
}

TEST_P(Wills, CountsItsExpiryFromWhenItIsSent) {
    ConnectWish wish = with_will(1000, 100);
    wish.will_expiry = 50;
    a_.connect(wish);
    a_.cut();
    table_.pass(seconds(101));
    std::string heard = watcher_.heard();
    EXPECT_NE(heard.find("expiry=50"), std::string::npos) << heard;
}

TEST_P(Wills, IsRetainedWhenItSaysSo) {
    ConnectWish wish = with_will(0, 0);
    wish.will_retain = true;
    a_.connect(wish);
    a_.cut();
    EXPECT_TRUE(is_sent());
    Client late(table_, "late", GetParam() - 1);
    late.connect();
    EXPECT_EQ(late.subscribe("w"), "SUBACK m1 00 | PUBLISH q0 retain 'w' 'gone'");
}

TEST_P(Wills, AreSentWhenTheBrokerStops) {
    a_.connect(with_will(100, 0));
    table_.shards[0]->shut_down();
    table_.turn(0);
    EXPECT_EQ(a_.heard(), "DISCONNECT 8B | closed");
    // A watcher in the same shard was sent away with all others.
    if (GetParam() > 1) {
        EXPECT_TRUE(is_sent());
    }
}

INSTANTIATE_TEST_SUITE_P(Shards, Wills, testing::Values(1, 2));

}  // namespace
}  // namespace martlet::broker
