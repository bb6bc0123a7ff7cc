#include "base/inbox.h"

#include <gtest/gtest.h>

#include <condition_variable>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

namespace martlet {
namespace {

struct Note : InboxNode {
    int producer = 0;
    int number = 0;
};

TEST(Inbox, GivesTheOldestFirstAndEachOnce) {
    Inbox inbox;
    Note notes[3];
    for (Note& note : notes) inbox.push(&note);
    InboxNode* node = inbox.take_all();
    for (Note& note : notes) {
        ASSERT_EQ(node, &note);
        node = node->next;
    }
    EXPECT_EQ(node, nullptr);
    EXPECT_EQ(inbox.take_all(), nullptr);
}

TEST(Inbox, OnlyTheFirstPushAfterSleepAsksForAWake) {
    Inbox inbox;
    Note notes[3];
    EXPECT_FALSE(inbox.push(&notes[0]));
    EXPECT_FALSE(inbox.prepare_sleep()) << "there is something to do";
    inbox.take_all();
    EXPECT_TRUE(inbox.prepare_sleep());
    EXPECT_TRUE(inbox.push(&notes[1]));
    EXPECT_FALSE(inbox.push(&notes[2]));
}

TEST(Inbox, NobodyWakesAConsumerThatWokeByItself) {
    Inbox inbox;
    Note note;
    EXPECT_TRUE(inbox.prepare_sleep());
    inbox.end_sleep();
    EXPECT_FALSE(inbox.push(&note));
}

// A sleep that ends only by a wake: a lost wake-up would hang, so the wait is bounded and counted
// as a failure.
class Bell {
  public:
    void ring() {
        std::lock_guard lock(mutex_);
        rung_ = true;
        changed_.notify_one();
    }
    bool wait() {
        std::unique_lock lock(mutex_);
        bool in_time = changed_.wait_for(lock, std::chrono::seconds(20), [this] { return rung_; });
        rung_ = false;
        return in_time;
    }

  private:
    std::mutex mutex_;
    std::condition_variable changed_;
    bool rung_ = false;
};

TEST(Inbox, LosesNothingAndNoWakeUpWithManyProducers) {
    constexpr int kProducers = 4;
    constexpr int kEach = 20'000;
    Inbox inbox;
    Bell bell;
    std::vector<std::thread> producers;
    for (int producer = 0; producer < kProducers; producer++) {
        producers.emplace_back([&, producer] {
            for (int number = 0; number < kEach; number++) {
                auto note = std::make_unique<Note>();
                note->producer = producer;
                note->number = number;
                if (inbox.push(note.release())) bell.ring();
            }
        });
    }

    int next[kProducers] = {};
    int taken = 0;
    bool in_time = true;
    while (taken < kProducers * kEach && in_time) {
        InboxNode* node = inbox.take_all();
        if (node == nullptr && inbox.prepare_sleep()) in_time = bell.wait();
        while (node != nullptr) {
            std::unique_ptr<Note> note(static_cast<Note*>(node));
            node = node->next;
            EXPECT_EQ(note->number, next[note->producer]++);
            taken++;
        }
    }
    for (std::thread& producer : producers) producer.join();
    EXPECT_TRUE(in_time) << "a wake-up was lost";
    EXPECT_EQ(taken, kProducers * kEach);
}

}  // namespace
}  // namespace martlet
