// What telemetry is given, and what leaves the journal when it has stored it (broker/tap.h).

#include "broker/message.h"
#include "tests/broker/client.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>

namespace martlet::broker {
namespace {

using std::chrono::hours;

// Keeps what it was given until the test says that it is stored.
class Shelf final : public Tap {
  public:
    journal::Key stored_up_to(std::string_view) const override { return stored; }
    void take(std::unique_ptr<TapBatch> batch) override { batches.push_back(std::move(batch)); }

    // "topic=payload" of each message, in the order of coming, and what marks it.
    std::string seen() {
        std::string text;
        for (const auto& batch : batches) {
            for (const TapMessage& message : batch->messages) text += describe(message);
        }
        return text;
    }
    void store_all(Table& table) {
        for (auto& batch : batches) {
            auto letters = std::make_unique<LetterBatch>();
            std::uint32_t shard = batch->shard;
            letters->letters.emplace_back(TapLetter{std::move(batch)});
            table.post.post(shard, std::move(letters));
        }
        batches.clear();
        table.settle();
    }

    std::vector<std::unique_ptr<TapBatch>> batches;
    journal::Key stored = 0;

  private:
    static std::string describe(const TapMessage& message) {
        MessageView view(message.message.get());
        std::string text(view.topic());
        text += '=';
        text.append(reinterpret_cast<const char*>(view.payload().data()), view.payload().size());
        if (message.retain) text += " retain";
        if (message.key != 0) text += " kept";
        return text + '\n';
    }
};

class TapTest : public testing::TestWithParam<std::uint32_t> {
  protected:
    void start(std::uint32_t shards, bool lasts = true) {
        TableOptions options;
        options.shards = shards;
        options.broker = broker_;
        options.disk = lasts ? &disk_ : nullptr;
        options.tap = is_on_ ? &shelf_ : nullptr;
        options.now.wall += away_;
        table_ = std::make_unique<Table>(options);
        table_->settle();
    }
    void restart(std::uint32_t shards, Milliseconds away = Milliseconds(0)) {
        away_ += away;
        table_.reset();
        shelf_.batches.clear();
        disk_.kill();
        start(shards);
    }
    Client client(const std::string& name) { return {*table_, name, table_->shared.home_of(name)}; }

    static inline const PublishWish kQos1{.qos = Qos::AtLeastOnce};
    static inline const PublishWish kQos2{.qos = Qos::ExactlyOnce};

    bool is_on_ = true;
    Options broker_;
    Milliseconds away_{0};
    journal::MemoryDisk disk_;
    Shelf shelf_;
    std::unique_ptr<Table> table_;
};

INSTANTIATE_TEST_SUITE_P(Shards, TapTest, testing::Values(1u, 2u));

TEST_P(TapTest, IsGivenEveryMessageOnce) {
    start(GetParam());
    Client a = client("a"), b = client("b");
    a.connect();
    b.connect();
    b.subscribe("#", {.qos = Qos::AtLeastOnce});
    a.publish("t/0", "x");
    a.publish("t/1", "y", kQos1);
    a.publish("t/2", "z", kQos2);
    EXPECT_EQ(shelf_.seen(), "t/0=x\nt/1=y kept\nt/2=z kept\n");
}

TEST_P(TapTest, IsNoSubscriber) {
    start(GetParam());
    Client a = client("a");
    a.connect();
    a.say_publish("nobody/listens", "x", kQos1);
    EXPECT_EQ(a.heard(), "PUBACK m1 10");
}

TEST_P(TapTest, IsNotGivenTheBrokersOwnValues) {
    start(GetParam());
    Publication publication;
    publication.topic = "$SYS/broker/x";
    table_->shards[0]->publish(publication, nullptr);
    table_->settle();
    EXPECT_EQ(shelf_.seen(), "");
}

TEST_P(TapTest, PubackWaitsForItsCopyOnDisk) {
    start(GetParam());
    Client a = client("a");
    a.connect();
    table_->journal->is_paused = true;
    a.say_publish("t", "x", kQos1);
    EXPECT_EQ(a.heard(), "");
    EXPECT_EQ(shelf_.seen(), "t=x kept\n");
    table_->journal->is_paused = false;
    EXPECT_EQ(a.heard(), "PUBACK m1 10");
}

// Else a kill between would let its publisher repeat what is stored already.
TEST_P(TapTest, IsGivenQos2WhenItIsWritten) {
    start(GetParam());
    Client a = client("a");
    a.connect({.clean_start = false, .expiry = UINT32_MAX});
    table_->journal->is_paused = true;
    a.say_publish("t", "x", kQos2);
    a.say_publish("t", "y", kQos1);
    EXPECT_EQ(a.heard(), "");
    EXPECT_EQ(shelf_.seen(), "");
    table_->journal->is_paused = false;
    EXPECT_TRUE(a.heard().starts_with("PUBREC m1"));
    EXPECT_EQ(shelf_.seen(), "t=x kept\nt=y kept\n");
}

TEST_P(TapTest, WhatWasNotStoredComesAgainWithItsKeyAndTime) {
    start(GetParam());
    std::int64_t then = table_->now.wall.count();
    {
        Client a = client("a");
        a.connect();
        a.publish("t", "1", kQos1);
        a.publish("t", "2", kQos2);
        shelf_.store_all(*table_);
        a.publish("t", "3", kQos2);
        a.publish("t", "4", kQos1);
    }
    ASSERT_EQ(shelf_.seen(), "t=3 kept\nt=4 kept\n");
    journal::Key key = shelf_.batches.front()->messages.front().key;
    std::string name = *shelf_.batches.front()->name;
    // Another number of shards, days later.
    restart(3, hours(24 * 40));
    EXPECT_EQ(table_->sum([](const auto& c) -> const auto& { return c.queued_messages; }), 0u);
    EXPECT_EQ(table_->sum([](const auto& c) -> const auto& { return c.queued_bytes; }), 0u);
    EXPECT_EQ(table_->shared.sessions, 0);
    ASSERT_EQ(shelf_.seen(), "t=3 kept\nt=4 kept\n");
    EXPECT_EQ(shelf_.batches.front()->messages.front().key, key);
    EXPECT_EQ(*shelf_.batches.front()->name, name);
    EXPECT_NEAR(
        static_cast<double>(shelf_.batches.front()->messages.front().received.count() - then), 0,
        100);
    shelf_.store_all(*table_);
    restart(1);
    EXPECT_EQ(shelf_.seen(), "");
}

// A machine without a battery begins again in the past.
TEST_P(TapTest, TheTimeOfReceiptIsRightWhenTheClockWasSetBack) {
    start(GetParam());
    std::int64_t then = table_->now.wall.count();
    {
        Client a = client("a");
        a.connect();
        a.publish("t", "1", kQos1);
    }
    restart(GetParam(), -hours(3));
    ASSERT_EQ(shelf_.seen(), "t=1 kept\n");
    EXPECT_NEAR(
        static_cast<double>(shelf_.batches.front()->messages.front().received.count() - then), 0,
        100);
}

TEST_P(TapTest, KeysGrow) {
    start(GetParam());
    Client a = client("a");
    a.connect();
    journal::Key last = 0;
    for (int round = 0; round < 3; round++) {
        for (int i = 0; i < 40; i++) a.publish("t", "x", i % 3 == 0 ? kQos2 : kQos1);
        for (const auto& batch : shelf_.batches) {
            for (const TapMessage& message : batch->messages) {
                EXPECT_GT(message.key, last);
                last = message.key;
            }
        }
        shelf_.store_all(*table_);
    }
}

// Stored, given back and struck out before it was ever written: after a crash the journal does not
// know that the key was used.
TEST_P(TapTest, NewKeysAreGreaterThanThoseThatAreStored) {
    start(GetParam());
    shelf_.stored = 1'000'000;
    restart(GetParam());
    Client a = client("a");
    a.connect();
    a.publish("t", "x", kQos1);
    ASSERT_EQ(shelf_.batches.size(), 1u);
    EXPECT_GT(shelf_.batches.front()->messages.front().key, 1'000'000u);
    a.publish("t", "y", kQos1);
    EXPECT_GT(shelf_.batches.back()->messages.front().key,
              shelf_.batches.front()->messages.front().key);
}

TEST_P(TapTest, WithoutCreditQos0IsDroppedAndQos1WaitsInTheJournal) {
    broker_.telemetry_credit_bytes = 1000;
    start(GetParam());
    Client a = client("a");
    a.connect();
    for (int i = 0; i < 200; i++) a.publish("t", std::to_string(i), kQos1);
    std::string first = shelf_.seen();
    EXPECT_LT(std::count(first.begin(), first.end(), '\n'), 20);
    a.publish("t", "lost");
    EXPECT_EQ(table_->dropped(DropReason::TelemetryFull), 1u);
    std::string all;
    for (int round = 0; round < 200 && !shelf_.batches.empty(); round++) {
        all += shelf_.seen();
        shelf_.store_all(*table_);
    }
    std::string expected;
    for (int i = 0; i < 200; i++) expected += "t=" + std::to_string(i) + " kept\n";
    EXPECT_EQ(all, expected);
}

TEST_P(TapTest, WithoutJournalPublishersAreHeld) {
    broker_.telemetry_credit_bytes = 1000;
    start(GetParam(), false);
    Client a = client("a");
    a.connect();
    for (int i = 0; i < 50; i++) a.say_publish("t", std::to_string(i), kQos1);
    table_->settle();
    std::string first = shelf_.seen();
    EXPECT_LT(std::count(first.begin(), first.end(), '\n'), 20);
    std::string all;
    for (int round = 0; round < 50 && !shelf_.batches.empty(); round++) {
        all += shelf_.seen();
        shelf_.store_all(*table_);
    }
    EXPECT_EQ(std::count(all.begin(), all.end(), '\n'), 50);
    EXPECT_EQ(table_->dropped(DropReason::TelemetryFull), 0u);
}

TEST_P(TapTest, AStopDoesNotWaitForABacklog) {
    broker_.telemetry_credit_bytes = 500;
    start(GetParam());
    Client a = client("a");
    a.connect();
    for (int i = 0; i < 100; i++) a.publish("t", std::to_string(i), kQos1);
    std::string all = shelf_.seen();
    for (auto& shard : table_->shards) shard->shut_down();
    table_->settle();
    shelf_.store_all(*table_);
    EXPECT_EQ(shelf_.seen(), "");
    restart(GetParam());
    while (!shelf_.batches.empty()) {
        all += shelf_.seen();
        shelf_.store_all(*table_);
    }
    EXPECT_EQ(std::count(all.begin(), all.end(), '\n'), 100);
}

TEST_P(TapTest, ItsMessagesDoNotExpire) {
    start(GetParam());
    Client a = client("a");
    a.connect();
    a.publish("t", "x", {.qos = Qos::AtLeastOnce, .expiry = 60});
    EXPECT_EQ(shelf_.seen(), "t=x kept\n");
    restart(GetParam(), hours(1));
    EXPECT_EQ(shelf_.seen(), "t=x kept\n");
}

// Not among the clients, not in what is counted; with telemetry on, and when it is off again.
TEST_P(TapTest, IsNoClient) {
    auto sum_of = [&](auto pick) { return table_->sum(pick); };
    auto sessions = [](const Counters& c) -> const Counter& { return c.sessions; };
    auto subscriptions = [](const Counters& c) -> const Counter& { return c.subscriptions; };
    auto queued = [](const Counters& c) -> const Counter& { return c.queued_messages; };
    auto bytes = [](const Counters& c) -> const Counter& { return c.queued_bytes; };
    auto expect_nothing = [&] {
        EXPECT_EQ(sum_of(sessions), 0u);
        EXPECT_EQ(sum_of(subscriptions), 0u);
        EXPECT_EQ(sum_of(queued), 0u);
        EXPECT_EQ(sum_of(bytes), 0u);
        EXPECT_EQ(table_->shared.sessions.load(), 0);
    };
    start(GetParam());
    expect_nothing();
    {
        Client a = client("a");
        a.connect();
        a.publish("t", "x", kQos1);
        a.publish("t", "y", kQos2);
        a.disconnect();
    }
    expect_nothing();
    restart(GetParam());
    expect_nothing();
    is_on_ = false;
    restart(GetParam());
    expect_nothing();
    EXPECT_EQ(table_->restored.sessions, 0u);
    EXPECT_EQ(table_->restored.messages, 0u);
    EXPECT_EQ(table_->restored.telemetry, 2u);
    is_on_ = true;
    restart(GetParam());
    EXPECT_EQ(shelf_.seen(), "t=x kept\nt=y kept\n");
    shelf_.store_all(*table_);
    expect_nothing();
}

// What clients publish or subscribe to under its name has nothing to do with it.
TEST_P(TapTest, ItsNameIsNoTopic) {
    start(GetParam());
    Client a = client("a");
    a.connect();
    a.subscribe("$telemetry/#");
    a.subscribe("$share/$telemetry/t");
    a.publish("t", "x", kQos1);
    a.publish("$telemetry/0", "y", kQos1);
    EXPECT_EQ(shelf_.seen(), "t=x kept\n");
    shelf_.store_all(*table_);
    EXPECT_EQ(a.payloads().size(), 2u);
}

TEST_P(TapTest, NoClientMayTakeItsName) {
    start(GetParam());
    Client thief = client("$telemetry/0/0");
    std::string answer = thief.connect();
    EXPECT_NE(answer.find("85"), std::string::npos) << answer;
    EXPECT_FALSE(thief.is_connected() && thief.line().is_open());
}

}  // namespace
}  // namespace martlet::broker
