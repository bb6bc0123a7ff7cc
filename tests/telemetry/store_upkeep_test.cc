// How every telemetry store is kept sound: transactions, pruning, removal, newer forms, held
// against SQLite and PostgreSQL alike.

#include "tests/telemetry/store_fixture.h"

#include <numeric>

namespace martlet::telemetry {
namespace {

class StoreUpkeep : public StoreFixture {};

TEST_P(StoreUpkeep, AnEventIsAcknowledgedOnce) {
    WriteBatch batch;
    batch.events = {event_row(1, 10, "emergency")};
    write(batch);
    auto key = events()[0].key;
    EXPECT_GT(key, 0);
    for (const char* by : {"anna", "bo"}) {
        auto done = writer_->acknowledge_event(key, 77, by);
        ASSERT_TRUE(done.ok()) << done.error().text;
        EXPECT_TRUE(done.value());
    }
    EXPECT_EQ(events()[0].acknowledged, 77);
    EXPECT_EQ(events()[0].acknowledged_by, "anna");
    auto done = writer_->acknowledge_event(key + 1, 77, "anna");
    ASSERT_TRUE(done.ok());
    EXPECT_FALSE(done.value());
}

TEST_P(StoreUpkeep, AppliedNumbersAreOfTheSameTransaction) {
    WriteBatch batch;
    batch.applied = {{"shard 0", 17}, {"shard 1", UINT64_MAX}};
    write(batch);
    batch.applied = {{"shard 0", 18}};
    write(batch);
    reopen();
    auto contents = writer_->load();
    ASSERT_TRUE(contents.ok());
    ASSERT_EQ(contents.value().applied.size(), 2u);
    EXPECT_EQ(contents.value().applied[0].tap, "shard 0");
    EXPECT_EQ(contents.value().applied[0].number, 18u);
    EXPECT_EQ(contents.value().applied[1].number, UINT64_MAX);
}

TEST_P(StoreUpkeep, PruningTakesWhatIsTooOldPieceByPiece) {
    WriteBatch batch;
    for (Time time = 1; time <= 12'000; ++time) batch.samples.push_back({1, time, time});
    for (Time time = 1; time <= 100; ++time) batch.samples.push_back({2, time, time});
    for (auto width : kRollups) {
        for (Time begins = 1; begins <= 10; ++begins) {
            batch.rollups.push_back(rollup_row(begins, 1));
            batch.rollups.back().width = width;
        }
    }
    for (Time time = 1; time <= 10; ++time) {
        batch.positions.push_back(position_row(1, time, 1));
        batch.events.push_back(event_row(1, time, "text"));
    }
    write(batch);
    // By whole months PostgreSQL is done at once; within one it goes by pieces as well.
    int calls = prune({.samples_before = 11'000,
                       .rollups_before = {0, 3, 5, 11},
                       .positions_before = 9,
                       .events_before = 4,
                       .raw_kept = 1});
    EXPECT_GE(calls, 3);
    ASSERT_EQ(samples(1).size(), 1'001u);
    EXPECT_EQ(samples(1)[0].time, 11'000);
    EXPECT_TRUE(samples(2).empty());
    EXPECT_EQ(rollups(Rollup::Minute).size(), 10u);
    EXPECT_EQ(rollups(Rollup::Quarter).size(), 8u);
    EXPECT_EQ(rollups(Rollup::Hour).size(), 6u);
    EXPECT_EQ(rollups(Rollup::Day).size(), 0u);
    EXPECT_EQ(positions(1).size(), 2u);
    EXPECT_EQ(events().size(), 7u);
    EXPECT_EQ(prune({.raw_kept = 1}), 1);
    EXPECT_EQ(samples(1).size(), 1'001u);
}

TEST_P(StoreUpkeep, ASourceGoesWithAllThatIsOfIt) {
    WriteBatch batch;
    batch.sources = {source_row(1, "!a"), source_row(2, "!b")};
    batch.series = {series_row(1, 1), series_row(2, 2), series_row(3, 1)};
    batch.samples = {{1, 1, 1.0}, {2, 1, 1.0}, {3, 1, 1.0}};
    batch.rollups = {rollup_row(0, 1), rollup_row(0, 1)};
    batch.rollups[1].series = 2;
    batch.positions = {position_row(1, 1, 1), position_row(2, 1, 1)};
    batch.events = {event_row(1, 1, "text"), event_row(2, 1, "text"), event_row(0, 1, "text")};
    batch.raw = {raw_row(1, 1, "x"), raw_row(2, 1, "y")};
    write(batch);
    auto done = writer_->remove_source(1);
    ASSERT_TRUE(done.ok()) << done.error().text;
    EXPECT_TRUE(writer_->remove_source(17).ok());
    auto contents = writer_->load();
    ASSERT_TRUE(contents.ok());
    ASSERT_EQ(contents.value().sources.size(), 1u);
    EXPECT_EQ(contents.value().sources[0].facts.size(), 2u);
    ASSERT_EQ(contents.value().series.size(), 1u);
    EXPECT_EQ(contents.value().series[0].key, 2);
    EXPECT_TRUE(samples(1).empty());
    EXPECT_EQ(samples(2).size(), 1u);
    EXPECT_TRUE(samples(3).empty());
    EXPECT_TRUE(rollups(Rollup::Hour).empty());
    EXPECT_EQ(rollups(Rollup::Hour, {}, 2).size(), 1u);
    EXPECT_TRUE(positions(1).empty());
    EXPECT_EQ(positions(2).size(), 1u);
    EXPECT_EQ(events().size(), 2u);
    EXPECT_TRUE(payloads(1).empty());
    EXPECT_EQ(payloads(2).size(), 1u);
}

TEST_P(StoreUpkeep, AReaderSeesOneMomentWhileBatchesCome) {
    write_samples({{1, 1, 1.0}, {1, 2, 2.0}});
    int count = 0;
    auto done = reader_->samples(1, {}, [&](const SampleRow&) {
        if (++count == 1) write_samples({{1, 3, 3.0}});
        return true;
    });
    ASSERT_TRUE(done.ok()) << done.error().text;
    EXPECT_EQ(count, 2);
    EXPECT_EQ(samples().size(), 3u);
}

TEST_P(StoreUpkeep, OfABatchThatFailsNothingIsLeft) {
    WriteBatch batch;
    batch.sources = {source_row(1, "!a")};
    batch.samples = {{1, kNoon, 1.0}};
    batch.applied = {{"tap", 1}};
    write(batch);
    ASSERT_TRUE(backend_->refuse_applied().ok());
    batch.sources = {source_row(1, "!a"), source_row(2, "!b")};
    batch.sources[0].name = "new";
    batch.series = {series_row(1, 1)};
    batch.samples = {{1, kNoon, 2.0}, {1, kNoon + 40ll * 86'400'000, 3.0}};
    batch.rollups = {rollup_row(0, 1)};
    batch.positions = {position_row(1, 1, 1)};
    batch.events = {event_row(1, 1, "text")};
    batch.raw = {raw_row(1, 1, "x")};
    batch.applied = {{"tap", 2}};
    for (int again = 0; again < 2; ++again) {
        auto failed = writer_->write(batch);
        ASSERT_FALSE(failed.ok());
        EXPECT_NE(failed.error().text.find("refuse"), std::string::npos) << failed.error().text;
    }
    auto contents = writer_->load();
    ASSERT_TRUE(contents.ok());
    ASSERT_EQ(contents.value().sources.size(), 1u);
    EXPECT_NE(contents.value().sources[0].name, "new");
    EXPECT_TRUE(contents.value().series.empty());
    ASSERT_EQ(contents.value().applied.size(), 1u);
    EXPECT_EQ(contents.value().applied[0].number, 1u);
    EXPECT_EQ(samples().size(), 1u);
    EXPECT_TRUE(rollups(Rollup::Hour).empty());
    EXPECT_TRUE(positions(1).empty());
    EXPECT_TRUE(events().empty());
    EXPECT_TRUE(payloads(1).empty());
    // What does not say "applied" goes on.
    batch.applied.clear();
    write(batch);
    EXPECT_EQ(samples().size(), 3u);
}

// What the store will never take does not hold up what comes with it, nor what comes after.
TEST_P(StoreUpkeep, RowsThatAreRefusedAreLeftOutAndCounted) {
    write_samples({{1, kNoon, std::int64_t{1}}});
    ASSERT_TRUE(backend_->refuse_thirteen().ok());
    WriteBatch batch;
    batch.series = {series_row(1, 1)};
    for (std::int64_t value = 2; value <= 20; ++value)
        batch.samples.push_back({1, kNoon + value / 2, value});
    for (Time hour = 0; hour < 8; ++hour)
        batch.rollups.push_back(rollup_row(kNoon + hour * 3'600'000, 1));
    batch.applied = {{"tap", 7}};
    write(batch);
    EXPECT_EQ(writer_->refusals().rows, 1u);
    EXPECT_FALSE(writer_->refusals().why.empty());
    std::vector<std::int64_t> values;
    for (const SampleRow& row : samples()) values.push_back(std::get<std::int64_t>(row.value));
    std::vector<std::int64_t> wanted(20);
    std::iota(wanted.begin(), wanted.end(), 1);
    std::erase(wanted, 13);
    EXPECT_EQ(values, wanted);
    auto hours = rollups(Rollup::Hour);
    EXPECT_EQ(hours.size(), 8u);
    for (const RollupRow& row : hours) EXPECT_EQ(row.count, 1);
    write_samples({{1, kNoon + 20, std::int64_t{21}}});
    EXPECT_EQ(samples().size(), 20u);
    EXPECT_EQ(writer_->refusals().rows, 1u);
    reopen();
    EXPECT_EQ(writer_->load().value().applied.size(), 1u);
}

TEST_P(StoreUpkeep, RawMessagesAreTrimmedWithTheBatch) {
    WriteBatch batch;
    for (char name = 'a'; name <= 'e'; ++name) {
        batch.raw.push_back(raw_row(1, kNoon, std::string(1, name)));
        batch.raw.push_back(raw_row(2, kNoon, std::string(1, name)));
    }
    batch.raw_trims = {{1, 2}, {3, 2}};
    write(batch);
    EXPECT_EQ(payloads(1), (std::vector<std::string>{"e", "d"}));
    EXPECT_EQ(payloads(2).size(), 5u);
    batch.clear();
    batch.raw_trims = {{2, 5}, {1, 5}};
    write(batch);
    EXPECT_EQ(payloads(1).size(), 2u);
    EXPECT_EQ(payloads(2).size(), 5u);
}

// Samples of one millisecond go together.
TEST_P(StoreUpkeep, SamplesOfOneMillisecondArePrunedTogether) {
    for (int round = 0; round < 3; ++round) {
        write_samples({{1, kNoon, 1.0}, {1, kNoon, 2.0}, {1, kNoon + 1, 3.0}, {2, kNoon, 4.0}});
    }
    prune({.samples_before = kNoon + 1});
    EXPECT_EQ(samples().size(), 3u);
    EXPECT_TRUE(samples(2).empty());
    write_samples({{1, kNoon, 5.0}});
    EXPECT_EQ(samples().size(), 4u) << "what was pruned does not come back";
}

TEST_P(StoreUpkeep, AStoreOfANewerFormIsRefused) {
    reader_.reset();
    writer_.reset();
    ASSERT_TRUE(backend_->make_newer().ok());
    auto writer = store_->open_writer();
    ASSERT_FALSE(writer.ok());
    EXPECT_NE(writer.error().text.find("newer Martlet"), std::string::npos) << writer.error().text;
    auto reader = store_->open_reader();
    ASSERT_FALSE(reader.ok());
    EXPECT_NE(reader.error().text.find("newer Martlet"), std::string::npos) << reader.error().text;
}

INSTANTIATE_TEST_SUITE_P(Sqlite, StoreUpkeep, testing::Values(&sqlite_backend));
INSTANTIATE_TEST_SUITE_P(Postgres, StoreUpkeep, testing::Values(&postgres_backend));

}  // namespace
}  // namespace martlet::telemetry
