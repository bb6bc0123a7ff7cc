// What is the PostgreSQL store's own: partitions, a second writer, and a server that goes away.

#include "telemetry/ledger.h"
#include "telemetry/store/postgresql.h"
#include "tests/telemetry/store_fixture.h"

#include <thread>

namespace martlet::telemetry {
namespace {

constexpr Time kDay = 86'400'000;

class PostgresStore : public testing::Test {
  protected:
    void SetUp() override {
        backend_ = postgres_backend();
        if (backend_ == nullptr) GTEST_SKIP() << "PostgreSQL is not installed";
        store_ = backend_->open();
        auto writer = store_->open_writer();
        ASSERT_TRUE(writer.ok()) << writer.error().text;
        writer_ = std::move(writer).value();
        auto reader = store_->open_reader();
        ASSERT_TRUE(reader.ok()) << reader.error().text;
        reader_ = std::move(reader).value();
    }

    void write(std::vector<SampleRow> samples) {
        WriteBatch batch;
        batch.samples = std::move(samples);
        auto done = writer_->write(batch);
        ASSERT_TRUE(done.ok()) << done.error().text;
    }

    int count() {
        int rows = 0;
        auto done = reader_->samples(1, {}, [&](const SampleRow&) { return ++rows > 0; });
        EXPECT_TRUE(done.ok()) << done.error().text;
        return rows;
    }

    std::int64_t number(const char* sql) {
        auto database = PostgresDatabase::open(PostgresServer::get()->conninfo());
        if (!database.ok()) return -1;
        auto rows = database.value()->query(sql);
        EXPECT_TRUE(rows.ok()) << rows.error().text;
        return rows.ok() && rows.value().count() > 0 ? rows.value().integer(0, 0) : -1;
    }

    // Of all but the one that asks.
    std::int64_t end_sessions() {
        return number(
            "SELECT count(pg_terminate_backend(pid, 1000)) FROM pg_stat_activity "
            "WHERE application_name = 'martlet' AND pid <> pg_backend_pid()");
    }

    std::int64_t months() {
        return number(
                   "SELECT count(*) FROM pg_inherits WHERE inhparent = "
                   "'martlet.sample'::regclass") -
               2;
    }

    std::unique_ptr<StoreBackend> backend_;
    std::unique_ptr<Store> store_;
    std::unique_ptr<StoreWriter> writer_;
    std::unique_ptr<StoreReader> reader_;
};

TEST_F(PostgresStore, EachMonthIsAPartition) {
    constexpr Time kNewYear = 1'767'225'600'000;  // 2026-01-01
    write({{1, kNewYear - 1, 1.0}, {1, kNewYear, 2.0}, {2, kNewYear + 5, 2.0}});
    EXPECT_EQ(months(), 2);
    EXPECT_EQ(number("SELECT count(*) FROM martlet.sample_202512"), 1);
    EXPECT_EQ(number("SELECT count(*) FROM martlet.sample_202601"), 2);
    write({{1, kNewYear + 32 * kDay, 3.0}});
    EXPECT_EQ(months(), 3);
    // Another writer finds them.
    writer_.reset();
    auto writer = store_->open_writer();
    ASSERT_TRUE(writer.ok()) << writer.error().text;
    writer_ = std::move(writer).value();
    write({{1, kNewYear + 33 * kDay, 3.0}, {1, kNewYear + 64 * kDay, 3.0}});
    EXPECT_EQ(months(), 4);
    EXPECT_EQ(count(), 5);
    // Months that are over go as a whole, and of the one on the border what is too old.
    Retention retention;
    retention.samples_before = kNewYear + 32 * kDay + 1;
    for (int calls = 0; calls < 20; ++calls) {
        auto more = writer_->prune(retention);
        ASSERT_TRUE(more.ok()) << more.error().text;
        if (!more.value()) break;
    }
    EXPECT_EQ(months(), 2);
    EXPECT_EQ(count(), 2);
    write({{1, kNewYear, 2.0}});
    EXPECT_EQ(months(), 3);
    EXPECT_EQ(count(), 3);
}

TEST_F(PostgresStore, AMonthIsMadeWhileSomebodyReads) {
    write({{1, kNoon, 1.0}, {1, kNoon + 1, 1.0}});
    int rows = 0;
    auto done = reader_->samples(1, {}, [&](const SampleRow&) {
        if (++rows == 1) write({{1, kNoon + 90 * kDay, 1.0}});
        return true;
    });
    ASSERT_TRUE(done.ok()) << done.error().text;
    EXPECT_EQ(rows, 2);
    EXPECT_EQ(count(), 3);
}

TEST_F(PostgresStore, ASchemaOfOthersIsLeftAlone) {
    reader_.reset();
    writer_.reset();
    ASSERT_TRUE(backend_
                    ->script("DROP SCHEMA martlet CASCADE; CREATE SCHEMA martlet; "
                             "CREATE TABLE martlet.store (theirs text)")
                    .ok());
    auto writer = store_->open_writer();
    ASSERT_FALSE(writer.ok());
    EXPECT_NE(writer.error().text.find("not a telemetry store"), std::string::npos);
    EXPECT_EQ(number("SELECT count(*) FROM pg_class WHERE relname = 'sample'"), 0);
}

TEST_F(PostgresStore, AServerThatIsNotThereIsAnError) {
    auto writer = make_postgresql_store("host=/nowhere user=martlet")->open_writer();
    ASSERT_FALSE(writer.ok());
    EXPECT_NE(writer.error().text.find("PostgreSQL"), std::string::npos);
    EXPECT_NE(writer.error().text.find("/nowhere"), std::string::npos) << writer.error().text;
    EXPECT_FALSE(make_postgresql_store("no such words")->open_reader().ok());
}

TEST_F(PostgresStore, AConnectionThatBrokeBetweenTwoCallsIsMended) {
    write({{1, kNoon, 1.0}});
    EXPECT_EQ(count(), 1);
    ASSERT_GE(end_sessions(), 2);
    write({{1, kNoon, 2.0}, {1, kNoon + 40 * kDay, 2.0}});
    EXPECT_EQ(count(), 3);
}

TEST_F(PostgresStore, AServerThatCrashesIsWaitedFor) {
    write({{1, kNoon, 1.0}});
    auto* server = PostgresServer::get();
    server->stop_at_once();
    WriteBatch batch;
    batch.samples = {{1, kNoon, 2.0}};
    EXPECT_FALSE(writer_->write(batch).ok());
    EXPECT_FALSE(writer_->write(batch).ok());
    EXPECT_FALSE(writer_->load().ok());
    EXPECT_FALSE(reader_->sources().ok());
    ASSERT_TRUE(server->start_again());
    auto again = writer_->write(batch);
    EXPECT_TRUE(again.ok()) << again.error().text;
    EXPECT_EQ(count(), 2);
}

TEST_F(PostgresStore, ABatchWhoseCommitDiesWithTheSessionIsAnErrorAndIsNotStored) {
    ASSERT_TRUE(backend_
                    ->script("CREATE FUNCTION martlet.die() RETURNS trigger LANGUAGE plpgsql AS "
                             "'BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); "
                             "PERFORM pg_sleep(10); RETURN NULL; END'; "
                             "CREATE CONSTRAINT TRIGGER die AFTER INSERT ON martlet.raw "
                             "DEFERRABLE INITIALLY DEFERRED FOR EACH ROW "
                             "EXECUTE FUNCTION martlet.die()")
                    .ok());
    WriteBatch batch;
    batch.samples = {{1, kNoon, 1.0}};
    batch.raw = {raw_row(1, kNoon, "deadly")};
    auto failed = writer_->write(batch);
    EXPECT_FALSE(failed.ok());
    EXPECT_EQ(count(), 0);
    batch.raw.clear();
    auto again = writer_->write(batch);
    EXPECT_TRUE(again.ok()) << again.error().text;
    EXPECT_EQ(count(), 1);
}

// The server has committed and waits for a replica that never comes; then the session is ended.
TEST_F(PostgresStore, ABatchThatIsStoredThoughItsAnswerIsLostIsStoredOnce) {
    write({{1, kNoon, 1.0}});
    ASSERT_TRUE(backend_->script("ALTER SYSTEM SET synchronous_standby_names = 'nobody'").ok());
    ASSERT_TRUE(backend_->script("SELECT pg_reload_conf()").ok());
    auto shown = [this] {
        return number(
            "SELECT count(*) FROM pg_settings WHERE name = 'synchronous_standby_names' "
            "AND setting = 'nobody'");
    };
    while (shown() == 0) std::this_thread::yield();
    WriteBatch batch;
    batch.sources = {source_row(1, "!1"), source_row(2, "!2")};
    batch.samples = {{1, kNoon, 2.0}};
    batch.events = {event_row(1, kNoon, "text")};
    Status done = Error{"not yet"};
    std::thread writing([&] { done = writer_->write(batch); });
    constexpr const char* kWaiting =
        "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'SyncRep'";
    while (number(kWaiting) == 0) std::this_thread::yield();
    EXPECT_GE(end_sessions(), 1);
    EXPECT_TRUE(backend_->script("ALTER SYSTEM RESET synchronous_standby_names").ok());
    EXPECT_TRUE(backend_->script("SELECT pg_reload_conf()").ok());
    writing.join();
    EXPECT_FALSE(done.ok()) << "nobody can know yet";
    // What others order in between changes nothing of it.
    auto removed = writer_->remove_source(2);
    ASSERT_TRUE(removed.ok()) << removed.error().text;
    done = writer_->write(batch);
    EXPECT_TRUE(done.ok()) << done.error().text;
    EXPECT_EQ(count(), 2);
    EXPECT_EQ(number("SELECT count(*) FROM martlet.event"), 1);
    write({{1, kNoon, 3.0}});
    EXPECT_EQ(count(), 3);
}

// What is stored of values that are as large as they come: PostgreSQL refuses sums beyond.
TEST_F(PostgresStore, TheLargestNumbersCanBeSummed) {
    Ledger ledger{StoreContents{}};
    Decoded decoded;
    for (double value : {1.7e308, 1e300, 1e300}) {
        Sample sample;
        sample.source = {"topic", "mad"};
        sample.metric = "x";
        sample.time = kNoon;
        sample.value = value;
        decoded.samples.push_back(sample);
    }
    for (int round = 0; round < 3; ++round) {
        ledger.add(decoded, kNoon);
        auto done = writer_->write(ledger.batch());
        ASSERT_TRUE(done.ok()) << done.error().text;
        ledger.committed();
    }
    EXPECT_EQ(writer_->refusals().rows, 0u);
    EXPECT_EQ(count(), 6);
}

// Were they to come all the same.
TEST_F(PostgresStore, RowsThatOverflowAreLeftOut) {
    WriteBatch batch;
    batch.samples = {{1, kNoon, 1.0}};
    batch.rollups = {rollup_row(kNoon, 1.7e308), rollup_row(kNoon + 3'600'000, 1)};
    ASSERT_TRUE(writer_->write(batch).ok());
    auto done = writer_->write(batch);
    ASSERT_TRUE(done.ok()) << done.error().text;
    EXPECT_EQ(writer_->refusals().rows, 1u);
    EXPECT_EQ(count(), 2);
    EXPECT_EQ(number("SELECT sum(count)::bigint FROM martlet.rollup"), 3);
}

}  // namespace
}  // namespace martlet::telemetry
