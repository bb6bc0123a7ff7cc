// From the tap to the store and back (telemetry/ingest.h), over a real SQLite file.

#include "telemetry/ingest.h"

#include "broker/publication.h"
#include "telemetry/store/sqlite.h"

#include <gtest/gtest.h>

#include <chrono>
#include <condition_variable>
#include <filesystem>
#include <mutex>
#include <set>
#include <thread>

namespace martlet::telemetry {
namespace {

using std::chrono::seconds;

// Where batches come back; what is injected.
class Office final : public broker::Post {
  public:
    void post(std::uint32_t, std::unique_ptr<broker::LetterBatch> batch) override {
        std::lock_guard lock(mutex_);
        for (broker::Letter& letter : batch->letters) {
            if (auto* tap = std::get_if<broker::TapLetter>(&letter))
                stored_ += tap->batch->messages.size();
            if (std::get_if<broker::InjectLetter>(&letter)) injected_++;
        }
        changed_.notify_all();
    }
    void give_back(std::unique_ptr<broker::LetterBatch>) override {}
    std::unique_ptr<broker::LetterBatch> take_back(std::uint32_t) override { return nullptr; }

    bool wait_stored(std::size_t count) {
        std::unique_lock lock(mutex_);
        return changed_.wait_for(lock, seconds(20), [&] { return stored_ >= count; });
    }
    std::size_t stored() {
        std::lock_guard lock(mutex_);
        return stored_;
    }

  private:
    std::mutex mutex_;
    std::condition_variable changed_;
    std::size_t stored_ = 0;
    std::size_t injected_ = 0;
};

class IngestTest : public testing::Test {
  protected:
    IngestTest() {
        std::string name =
            (std::filesystem::temp_directory_path() / "martlet-ingest-XXXXXX").string();
        folder_ = mkdtemp(name.data());
        options_.is_on = true;
        options_.store = (folder_ / "telemetry.db").string();
        options_.commit_ms = 5;
    }
    ~IngestTest() override { std::filesystem::remove_all(folder_); }

    void open() {
        ingest_.reset();
        auto opened = Ingest::open(options_, office_);
        ASSERT_TRUE(opened.ok()) << opened.error().text;
        ingest_ = std::move(opened).value();
        ingest_->start();
    }
    void give(std::string_view topic, std::string_view payload, std::uint64_t key = 0,
              std::string_view tap = "$telemetry/0/x") {
        broker::Publication publication;
        publication.topic = topic;
        publication.payload = as_bytes(payload);
        auto batch = std::make_unique<broker::TapBatch>();
        batch->bytes = 100;
        broker::TapMessage message;
        message.message = publication.message();
        message.received = read_clocks().wall;
        message.key = key;
        if (key != 0) batch->name = std::make_shared<const std::string>(tap);
        batch->messages.push_back(std::move(message));
        ingest_->take(std::move(batch));
        given_++;
    }
    void settle() { ASSERT_TRUE(office_.wait_stored(given_)); }
    // Values of the only series that there is.
    std::multiset<std::int64_t> values() {
        auto reader = ingest_->store().open_reader();
        EXPECT_TRUE(reader.ok()) << reader.error().text;
        auto series = reader.value()->series({});
        std::multiset<std::int64_t> found;
        for (const SeriesRow& row : series.value()) {
            auto done = reader.value()->samples(row.key, {}, [&](const SampleRow& sample) {
                found.insert(std::get<std::int64_t>(sample.value));
                return true;
            });
            EXPECT_TRUE(done.ok());
        }
        return found;
    }

    std::filesystem::path folder_;
    Options options_;
    Office office_;
    std::unique_ptr<Ingest> ingest_;
    std::size_t given_ = 0;
};

TEST_F(IngestTest, GivesBackWhatIsStored) {
    open();
    give("apricot/value", "512");
    give("apricot/value", "513", 7);
    settle();
    EXPECT_EQ(values(), (std::multiset<std::int64_t>{512, 513}));
    EXPECT_EQ(ingest_->counts().waiting_bytes, 0u);
    EXPECT_EQ(ingest_->topics().find("apricot/value")->messages, 2u);
}

TEST_F(IngestTest, WhatComesAgainAfterARestartCountsOnce) {
    open();
    give("apricot/value", "1", 10);
    give("apricot/value", "2", 11);
    settle();
    open();
    // The journal had not yet heard of it.
    give("apricot/value", "2", 11);
    give("apricot/value", "3", 12);
    // Keys are those of one tap: another one's are others.
    give("apricot/value", "4", 5, "$telemetry/1/y");
    settle();
    EXPECT_EQ(values(), (std::multiset<std::int64_t>{1, 2, 3, 4}));
    EXPECT_EQ(ingest_->counts().repeated, 1u);
}

TEST_F(IngestTest, TellsWhatIsStored) {
    open();
    give("apricot/value", "1", 1000);
    settle();
    ingest_.reset();
    auto opened = Ingest::open(options_, office_);
    ASSERT_TRUE(opened.ok());
    ingest_ = std::move(opened).value();
    EXPECT_EQ(ingest_->stored_up_to("$telemetry/0/x"), 1000u);
    EXPECT_EQ(ingest_->stored_up_to("$telemetry/0/y"), 0u);
}

TEST_F(IngestTest, StopStoresWhatWasTaken) {
    options_.commit_ms = 10'000;
    open();
    for (int i = 0; i < 100; i++) give("apricot/value", std::to_string(i));
    ingest_->stop();
    EXPECT_EQ(values().size(), 100u);
}

TEST_F(IngestTest, StopLeavesToTheJournalWhatItKeeps) {
    options_.commit_ms = 10'000;
    open();
    auto give_kept = [&](int from) {
        for (int i = from; i <= 5000; i++)
            give("apricot/kept", std::to_string(i), static_cast<std::uint64_t>(i));
    };
    give_kept(1);
    for (int i = 0; i < 100; i++) give("apricot/value", std::to_string(-i));
    ingest_->stop();
    // Of what is kept, a stretch from the first on; of the rest, all.
    auto stored = ingest_->stored_up_to("$telemetry/0/x");
    EXPECT_EQ(values().size(), stored + 100);
    open();
    EXPECT_EQ(ingest_->stored_up_to("$telemetry/0/x"), stored);
    give_kept(1);
    ingest_->stop();
    open();
    give_kept(1);
    ingest_->stop();
    std::multiset<std::int64_t> all = values();
    EXPECT_EQ(std::set<std::int64_t>(all.begin(), all.end()).size(), all.size()) << "twice";
}

TEST_F(IngestTest, AFailingStoreLosesNothing) {
    open();
    give("apricot/value", "1", 1);
    settle();
    // Nobody else may write while somebody holds the file.
    std::promise<void> may_go_on;
    std::thread blocker([&] {
        auto status = ingest_->change([&](StoreWriter&, Ledger&) -> Status {
            may_go_on.get_future().wait();
            return Done{};
        });
        EXPECT_TRUE(status.ok());
    });
    for (int i = 2; i <= 50; i++)
        give("apricot/value", std::to_string(i), static_cast<unsigned>(i));
    EXPECT_EQ(office_.stored(), 1u);
    may_go_on.set_value();
    blocker.join();
    settle();
    EXPECT_EQ(values().size(), 50u);
}

// The last thing of each transaction fails, until it does not.
TEST_F(IngestTest, WhatTheStoreDoesNotTakeIsTriedAgainAndStoredOnce) {
    open();
    give("apricot/value", "1", 1);
    settle();
    auto script = [&](const char* sql) {
        auto database = SqliteDatabase::open(options_.store, SqliteDatabase::Mode::Write);
        ASSERT_TRUE(database.ok());
        Status done = database.value()->script(sql);
        ASSERT_TRUE(done.ok()) << done.error().text;
    };
    script(
        "CREATE TRIGGER refuse BEFORE INSERT ON applied BEGIN SELECT RAISE(ABORT, 'refused'); END");
    for (int i = 2; i <= 20; i++)
        give("apricot/value", std::to_string(i), static_cast<unsigned>(i));
    while (ingest_->counts().failed_commits < 2) std::this_thread::yield();
    give("apricot/value", "21", 21);
    EXPECT_EQ(office_.stored(), 1u);
    script("DROP TRIGGER refuse");
    settle();
    EXPECT_EQ(values().size(), 21u);
    EXPECT_EQ(ingest_->counts().refused_rows, 0u);
    EXPECT_EQ(ingest_->counts().waiting_bytes, 0u);
}

// One value that the store takes for no money holds up nothing.
TEST_F(IngestTest, WhatTheStoreWillNeverTakeIsLeftOut) {
    open();
    give("apricot/value", "1", 1);
    settle();
    auto database = SqliteDatabase::open(options_.store, SqliteDatabase::Mode::Write);
    ASSERT_TRUE(database.ok());
    ASSERT_TRUE(database.value()
                    ->script("CREATE TRIGGER thirteen BEFORE INSERT ON sample WHEN new.value = 13 "
                             "BEGIN SELECT RAISE(ABORT, 'bad luck'); END")
                    .ok());
    give("apricot/value", "12", 2);
    give("apricot/value", "13", 3);
    give("apricot/value", "14", 4);
    settle();
    EXPECT_EQ(values(), (std::multiset<std::int64_t>{1, 12, 14}));
    EXPECT_EQ(ingest_->counts().refused_rows, 1u);
}

TEST_F(IngestTest, WhatIsDroppedIsCounted) {
    open();
    give("apricot/value", "1e305");
    give("apricot/value", "7");
    settle();
    EXPECT_EQ(values(), std::multiset<std::int64_t>{7});
    auto reason = static_cast<std::size_t>(Drop::TooLarge);
    EXPECT_EQ(ingest_->counts().dropped[reason], 1u);
}

TEST_F(IngestTest, ChangesAfterTheEndAreRefused) {
    open();
    ingest_->stop();
    EXPECT_FALSE(ingest_->change([](StoreWriter&, Ledger&) -> Status { return Done{}; }).ok());
}

TEST_F(IngestTest, UnsoundRulesAreNamed) {
    options_.rules = {{"#", "nothing-of-the-kind"}};
    auto opened = Ingest::open(options_, office_);
    ASSERT_FALSE(opened.ok());
    EXPECT_NE(opened.error().text.find("nothing-of-the-kind"), std::string::npos);
}

TEST_F(IngestTest, AStoreThatIsNoneIsNamed) {
    options_.store = (folder_ / "no" / "such" / "folder.db").string();
    auto opened = Ingest::open(options_, office_);
    ASSERT_FALSE(opened.ok());
    EXPECT_NE(opened.error().text.find("folder.db"), std::string::npos) << opened.error().text;
}

}  // namespace
}  // namespace martlet::telemetry
