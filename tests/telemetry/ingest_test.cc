// From the tap to the store and back (telemetry/ingest.h), over a real SQLite file.

#include "telemetry/store/sqlite.h"
#include "tests/telemetry/ingest_fixture.h"

#include <fstream>
#include <future>
#include <iterator>
#include <thread>

namespace martlet::telemetry {
namespace {

TEST_F(IngestTest, GivesBackWhatIsStored) {
    open();
    give("apricot/value", "512");
    give("apricot/value", "513", 7);
    settle();
    EXPECT_EQ(values(), (std::multiset<std::int64_t>{512, 513}));
    EXPECT_EQ(ingest_->counts().waiting_bytes, 0u);
    EXPECT_EQ(ingest_->topics().find("apricot/value")->messages, 2u);
}

// Mission M1.12: whoever has the key of a ThingSpeak channel may write to it.
TEST_F(IngestTest, AKeyInTheTopicIsNotKept) {
    constexpr std::string_view kKey = "ABCDEFGHIJKLMNOP";
    open();
    give("channels/12397/publish/fields/field1/ABCDEFGHIJKLMNOP", "512");
    give("channels/12397/publish/ABCDEFGHIJKLMNOP", "field1=7&field2=44");
    give("channels/12397/publish/ABCDEFGHIJKLMNOP", std::string(200, 'x'));
    give("channels/12397/subscribe/json/ABCDEFGHIJKLMNOP", R"({"field3":9})");
    settle();
    auto reader = ingest_->store().open_reader();
    std::set<std::string> found;
    auto sources = reader.value()->sources();
    for (const SourceRow& source : sources.value()) {
        EXPECT_EQ(source.source.id.find(kKey), std::string::npos);
        auto series = reader.value()->series(source.key);
        for (const SeriesRow& row : series.value())
            found.insert(source.source.id + " " + row.metric);
    }
    EXPECT_EQ(found, (std::set<std::string>{
                         "channels/12397/publish/fields field1", "channels/12397/publish field1",
                         "channels/12397/publish field2", "channels/12397/subscribe/json field3"}));
    for (const Outcome& outcome : ingest_->outcomes().find({})) {
        EXPECT_EQ(outcome.topic.find(kKey), std::string::npos);
        EXPECT_EQ(outcome.sender.id.find(kKey), std::string::npos);
    }
    EXPECT_TRUE(ingest_->topics().search("abcdefghijklmnop", 10).empty());
    EXPECT_TRUE(ingest_->topics().find("channels/12397/publish/fields/field1"));
    reader.value().reset();
    ingest_.reset();
    for (const auto& file : std::filesystem::directory_iterator(folder_)) {
        std::ifstream stream(file.path(), std::ios::binary);
        std::string bytes{std::istreambuf_iterator<char>(stream), {}};
        EXPECT_EQ(bytes.find(kKey), std::string::npos) << file.path();
    }
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

// Found by the thread itself, and stored though no message comes with it.
TEST_F(IngestTest, ASilenceAndItsEndAreEvents) {
    options_.thresholds.push_back({"topic", "", "", 1000, 1000});
    open();
    give("apricot/value", "1");
    settle();
    EXPECT_TRUE(wait_event("silent"));
    EXPECT_FALSE(has_event("back"));
    ingest_->thresholds().set({});
    give("apricot/value", "2");
    settle();
    EXPECT_TRUE(has_event("back"));
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
