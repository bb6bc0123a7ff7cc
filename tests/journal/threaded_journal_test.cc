#include "journal/threaded_journal.h"

#include "tests/journal/open_log.h"

#include <gtest/gtest.h>

#include <condition_variable>
#include <mutex>
#include <thread>

namespace martlet::journal {
namespace {

// Where batches and readings come back to.
class Desk {
  public:
    void note(int number, Outcome outcome) {
        std::lock_guard lock(mutex_);
        outcomes_.emplace_back(number, outcome);
        changed_.notify_all();
    }
    void note(std::vector<std::vector<std::uint8_t>> values) {
        std::lock_guard lock(mutex_);
        values_.push_back(std::move(values));
        changed_.notify_all();
    }
    std::vector<std::pair<int, Outcome>> wait_for(std::size_t count) {
        std::unique_lock lock(mutex_);
        changed_.wait_for(lock, std::chrono::seconds(20),
                          [&] { return outcomes_.size() >= count; });
        return outcomes_;
    }
    std::vector<std::string> wait_for_values() {
        std::unique_lock lock(mutex_);
        changed_.wait_for(lock, std::chrono::seconds(20), [&] { return !values_.empty(); });
        std::vector<std::string> texts;
        for (const auto& value : values_.front()) texts.emplace_back(as_text(value));
        values_.erase(values_.begin());
        return texts;
    }
    std::size_t count() const {
        std::lock_guard lock(mutex_);
        return outcomes_.size();
    }

  private:
    mutable std::mutex mutex_;
    std::condition_variable changed_;
    std::vector<std::pair<int, Outcome>> outcomes_;
    std::vector<std::vector<std::vector<std::uint8_t>>> values_;
};

class TestBatch final : public Batch {
  public:
    TestBatch(Desk& desk, int number, Key key, std::string value, bool is_essential = false)
        : desk_(desk),
          number_(number),
          key_(key),
          value_(std::move(value)),
          is_essential_(is_essential) {}

    void encode(Group& group) override {
        if (value_.empty()) {
            group.remove(key_);
        } else {
            group.put(key_, as_bytes(value_));
        }
    }
    bool is_essential() const override { return is_essential_; }
    void finish(std::unique_ptr<Batch> self, Outcome outcome) override {
        EXPECT_EQ(self.get(), this);
        auto& desk = desk_;
        auto number = number_;
        self.reset();
        desk.note(number, outcome);
    }

  private:
    Desk& desk_;
    int number_;
    Key key_;
    std::string value_;
    bool is_essential_;
};

class TestReading final : public Reading {
  public:
    TestReading(Desk& desk, std::vector<Key> which) : desk_(desk) { keys = std::move(which); }
    void finish(std::unique_ptr<Reading> self) override {
        auto& desk = desk_;
        auto read = std::move(values);
        self.reset();
        desk.note(std::move(read));
    }

  private:
    Desk& desk_;
};

struct Started {
    explicit Started(MemoryDisk& disk, JournalOptions options = {},
                     LogOptions log = small_options())
        : journal(open_log(disk, log).log, options, [this] { ++rooms; }) {}
    void put(int number, Key key, std::string value) {
        journal.submit(std::make_unique<TestBatch>(desk, number, key, std::move(value)));
    }
    void remove(int number, Key key) {
        journal.submit(std::make_unique<TestBatch>(desk, number, key, "", true));
    }
    Desk desk;
    std::atomic<int> rooms = 0;
    ThreadedJournal journal;
};

JournalOptions quick_retry() {
    JournalOptions options;
    options.retry_ms = 5;
    return options;
}

TEST(ThreadedJournal, CommittedMeansOnTheDisk) {
    MemoryDisk disk;
    {
        Started started(disk);
        started.put(1, started.journal.take_keys(1), "one");
        auto outcomes = started.desk.wait_for(1);
        ASSERT_EQ(outcomes.size(), 1u);
        EXPECT_EQ(outcomes[0].second, Outcome::Committed);
        disk.lose_unsynced();
    }
    EXPECT_EQ(open_log(disk).visited, (Visited{{1, "one"}}));
}

TEST(ThreadedJournal, FinishesInTheOrderOfSubmission) {
    MemoryDisk disk;
    Started started(disk);
    for (int i = 0; i < 1000; ++i) started.put(i, started.journal.take_keys(1), "value");
    auto outcomes = started.desk.wait_for(1000);
    ASSERT_EQ(outcomes.size(), 1000u);
    for (int i = 0; i < 1000; ++i) EXPECT_EQ(outcomes[static_cast<std::size_t>(i)].first, i);
    EXPECT_LE(started.journal.stats().commits, 1000u);
    EXPECT_EQ(started.journal.stats().records_written, 1000u);
}

TEST(ThreadedJournal, EndWritesAndSyncsWhatWasSubmitted) {
    for (auto sync : {Sync::Commit, Sync::Interval, Sync::Off}) {
        MemoryDisk disk;
        Desk desk;
        {
            JournalOptions options;
            options.sync = sync;
            options.interval_s = 3600;
            ThreadedJournal journal(open_log(disk).log, options, {});
            for (int i = 0; i < 100; ++i)
                journal.submit(std::make_unique<TestBatch>(desk, i, journal.take_keys(1), "v"));
        }
        EXPECT_EQ(desk.count(), 100u);
        disk.lose_unsynced();
        EXPECT_EQ(open_log(disk).visited.size(), 100u);
    }
}

TEST(ThreadedJournal, ForceSyncSyncsWhateverTheModeIs) {
    MemoryDisk disk;
    {
        JournalOptions options;
        options.sync = Sync::Off;
        Started started(disk, options);
        started.put(1, started.journal.take_keys(1), "one");
        started.desk.wait_for(1);
        EXPECT_TRUE(started.journal.force_sync().ok());
        disk.lose_unsynced();
    }
    EXPECT_EQ(open_log(disk).visited.size(), 1u);
}

TEST(ThreadedJournal, AnIntervalPasses) {
    MemoryDisk disk;
    JournalOptions options;
    options.sync = Sync::Interval;
    options.interval_s = 0;
    Started started(disk, options);
    started.put(1, started.journal.take_keys(1), "one");
    started.desk.wait_for(1);
    for (int i = 0; i < 2000 && started.journal.stats().syncs == 0; ++i)
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
    EXPECT_GT(started.journal.stats().syncs, 0u);
}

TEST(ThreadedJournal, ReadsBackInOrder) {
    MemoryDisk disk;
    Started started(disk);
    for (int i = 1; i <= 10; ++i)
        started.put(i, started.journal.take_keys(1), "v" + std::to_string(i));
    started.desk.wait_for(10);
    started.journal.read(
        std::make_unique<TestReading>(started.desk, std::vector<Key>{3, 2, 77, 10}));
    EXPECT_EQ(started.desk.wait_for_values(), (std::vector<std::string>{"v3", "v2", "", "v10"}));
}

TEST(ThreadedJournal, AFullDiskRefusesPublishersAndServesReceivers) {
    MemoryDisk disk;
    Started started(disk, quick_retry());
    started.put(0, started.journal.take_keys(1), "first");
    started.desk.wait_for(1);
    disk.limit(disk.used());
    int number = 1;
    while (!started.journal.is_full() && number < 1000) {
        started.put(number++, started.journal.take_keys(1), std::string(100, 'v'));
        started.desk.wait_for(static_cast<std::size_t>(number));
    }
    ASSERT_TRUE(started.journal.is_full());
    EXPECT_EQ(started.desk.wait_for(1).back().second, Outcome::Full);
    for (Key key = 1; key < 20; ++key) {
        started.remove(number++, key);
        auto outcomes = started.desk.wait_for(static_cast<std::size_t>(number));
        EXPECT_EQ(outcomes.back(), std::pair(number - 1, Outcome::Committed));
    }
    EXPECT_EQ(started.rooms, 0);
    disk.limit(UINT64_MAX);
    for (int i = 0; i < 5000 && started.rooms == 0; ++i)
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
    EXPECT_EQ(started.rooms, 1);
    EXPECT_FALSE(started.journal.is_full());
    started.put(number++, started.journal.take_keys(1), "again");
    EXPECT_EQ(started.desk.wait_for(static_cast<std::size_t>(number)).back().second,
              Outcome::Committed);
}

TEST(ThreadedJournal, WhatIsDeadMakesRoomOnAFullDisk) {
    MemoryDisk disk;
    Started started(disk, quick_retry());
    disk.limit(20 * kSmallSegment);
    int number = 0;
    std::vector<Key> keys;
    while (!started.journal.is_full() && number < 5000) {
        keys.push_back(started.journal.take_keys(1));
        started.put(number++, keys.back(), std::string(100, 'v'));
        started.desk.wait_for(static_cast<std::size_t>(number));
    }
    ASSERT_TRUE(started.journal.is_full());
    for (auto key : keys) started.remove(number++, key);
    auto outcomes = started.desk.wait_for(static_cast<std::size_t>(number));
    ASSERT_EQ(outcomes.size(), static_cast<std::size_t>(number));
    EXPECT_EQ(outcomes.back().second, Outcome::Committed);
    for (int i = 0; i < 5000 && started.rooms == 0; ++i)
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
    EXPECT_EQ(started.rooms, 1);
    EXPECT_EQ(started.journal.stats().log.live_records, 0u);
}

TEST(ThreadedJournal, ASyncThatFailsHoldsBackTheWord) {
    MemoryDisk disk;
    {
        Started started(disk, quick_retry());
        started.put(0, started.journal.take_keys(1), "good");
        started.desk.wait_for(1);
        disk.fail_all(DiskOperation::Sync, EIO);
        started.put(1, started.journal.take_keys(1), "held back");
        for (int i = 0; i < 5000 && !started.journal.is_full(); ++i)
            std::this_thread::sleep_for(std::chrono::milliseconds(1));
        EXPECT_TRUE(started.journal.is_full());
        EXPECT_EQ(started.desk.count(), 1u);
        started.put(2, started.journal.take_keys(1), "refused");
        EXPECT_EQ(started.desk.wait_for(2).back(), std::pair(2, Outcome::Full));
        EXPECT_FALSE(started.journal.force_sync().ok());
        disk.heal();
        EXPECT_EQ(started.desk.wait_for(3).back(), std::pair(1, Outcome::Committed));
        disk.lose_unsynced();
    }
    EXPECT_EQ(open_log(disk).visited, (Visited{{1, "good"}, {2, "held back"}}));
}

TEST(ThreadedJournal, ATestSwitchAcknowledgesTooEarly) {
    MemoryDisk disk;
    {
        JournalOptions options;
        options.test_ack_before_sync = true;
        Started started(disk, options);
        disk.fail_all(DiskOperation::Sync, EIO);
        started.put(1, started.journal.take_keys(1), "one");
        EXPECT_EQ(started.desk.wait_for(1).back().second, Outcome::Committed);
        disk.lose_unsynced();
    }
    EXPECT_TRUE(open_log(disk).visited.empty());
}

TEST(ThreadedJournal, ManySubmitAndReadAtOnce) {
    MemoryDisk disk;
    constexpr int kThreads = 4;
    constexpr int kEach = 500;
    {
        Started started(disk);
        std::vector<std::thread> threads;
        for (int thread = 0; thread < kThreads; ++thread) {
            threads.emplace_back([&, thread] {
                Desk desk;
                for (int i = 0; i < kEach; ++i) {
                    auto key = started.journal.take_keys(1);
                    auto value = std::to_string(thread) + "/" + std::to_string(i);
                    auto batch = std::make_unique<TestBatch>(desk, i, key, value);
                    started.journal.submit(std::move(batch));
                    if (i % 10 == 0) {
                        desk.wait_for(static_cast<std::size_t>(i) + 1);
                        started.journal.read(
                            std::make_unique<TestReading>(desk, std::vector<Key>{key}));
                        EXPECT_EQ(desk.wait_for_values(), std::vector<std::string>{value});
                    }
                    if (i % 2 == 0) started.remove(i, key);
                    (void)started.journal.stats();
                }
                desk.wait_for(kEach);
                EXPECT_EQ(desk.count(), static_cast<std::size_t>(kEach));
            });
        }
        for (auto& thread : threads) thread.join();
    }
    EXPECT_EQ(open_log(disk).visited.size(), static_cast<std::size_t>(kThreads * kEach / 2));
}

}  // namespace
}  // namespace martlet::journal
