// What is the SQLite store's own: its file, who may read it, and files that are not sound.

#include "telemetry/store/sqlite.h"
#include "tests/telemetry/store_fixture.h"

#include <csignal>
#include <fstream>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

namespace martlet::telemetry {
namespace {

class SqliteStore : public testing::Test {
  protected:
    static std::string error_of_writer(Store& store) {
        auto writer = store.open_writer();
        return writer.ok() ? "" : writer.error().text;
    }

    std::unique_ptr<StoreWriter> open_writer() {
        auto writer = store_->open_writer();
        EXPECT_TRUE(writer.ok()) << writer.error().text;
        return writer.ok() ? std::move(writer).value() : nullptr;
    }

    std::int64_t count_samples(SeriesKey series) {
        auto reader = store_->open_reader();
        EXPECT_TRUE(reader.ok()) << reader.error().text;
        if (!reader.ok()) return -1;
        std::int64_t count = 0;
        auto done = reader.value()->samples(series, {}, [&](const SampleRow& row) {
            EXPECT_EQ(row.value, Value(row.time));
            return ++count > 0;
        });
        EXPECT_TRUE(done.ok()) << done.error().text;
        return count;
    }

    void write_bytes(const std::string& bytes) { std::ofstream(backend_.path()) << bytes; }

    SqliteBackend backend_;
    std::unique_ptr<Store> store_ = backend_.open();
};

mode_t mode_of(const std::string& path) {
    struct stat status {};
    return stat(path.c_str(), &status) == 0 ? status.st_mode & 0777 : 0;
}

TEST_F(SqliteStore, ItsFilesAreForTheirOwnerOnly) {
    for (mode_t mask : {mode_t{0}, mode_t{077}, mode_t{0277}}) {
        SqliteBackend backend;
        auto before = umask(mask);
        auto store = backend.open();
        auto writer = store->open_writer();
        umask(before);
        ASSERT_TRUE(writer.ok()) << writer.error().text;
        for (const char* suffix : {"", "-wal", "-shm"}) {
            EXPECT_EQ(mode_of(backend.path() + suffix), 0600u) << mask << suffix;
        }
    }
}

TEST_F(SqliteStore, ACommitIsSynced) {
    auto writer = open_writer();
    auto database = SqliteDatabase::open(backend_.path(), SqliteDatabase::Mode::Write);
    ASSERT_TRUE(database.ok());
    auto form = database.value()->number("PRAGMA user_version");
    EXPECT_TRUE(form.ok() && form.value() == 3);
    SqliteStatement mode(*database.value(), "PRAGMA journal_mode");
    ASSERT_TRUE(mode.next());
    EXPECT_EQ(mode.text(0), "wal");
}

TEST_F(SqliteStore, AReaderAloneFindsNoStore) {
    auto reader = store_->open_reader();
    ASSERT_FALSE(reader.ok());
    EXPECT_NE(reader.error().text.find(backend_.path()), std::string::npos) << reader.error().text;
    EXPECT_FALSE(std::filesystem::exists(backend_.path()));
}

TEST_F(SqliteStore, AFolderThatIsNotThereIsNamed) {
    auto store = make_sqlite_store(backend_.path() + "/deeper/telemetry.db");
    EXPECT_NE(error_of_writer(*store).find("deeper/telemetry.db"), std::string::npos);
}

TEST_F(SqliteStore, ADatabaseOfAnotherProgramIsLeftAlone) {
    {
        auto database = SqliteDatabase::open(backend_.path(), SqliteDatabase::Mode::Write);
        ASSERT_TRUE(database.ok());
        ASSERT_TRUE(
            database.value()->script("CREATE TABLE theirs (a); PRAGMA user_version = 1").ok());
    }
    auto before = std::filesystem::file_size(backend_.path());
    auto error = error_of_writer(*store_);
    EXPECT_NE(error.find("another program"), std::string::npos) << error;
    EXPECT_NE(error.find(backend_.path()), std::string::npos) << error;
    EXPECT_FALSE(store_->open_reader().ok());
    EXPECT_EQ(std::filesystem::file_size(backend_.path()), before);
    EXPECT_FALSE(std::filesystem::exists(backend_.path() + "-wal"));
}

TEST_F(SqliteStore, AFileThatIsNoDatabaseIsLeftAlone) {
    std::string theirs = "listener 1883\n" + std::string(5000, '#');
    write_bytes(theirs);
    auto error = error_of_writer(*store_);
    EXPECT_NE(error.find("is not a telemetry store"), std::string::npos) << error;
    std::ifstream file(backend_.path());
    std::string now((std::istreambuf_iterator<char>(file)), {});
    EXPECT_EQ(now, theirs);
}

TEST_F(SqliteStore, AStoreOfAnEarlyFormIsNamedAndLeftAlone) {
    ASSERT_NE(open_writer(), nullptr);
    ASSERT_TRUE(backend_.script("PRAGMA user_version = 1").ok());
    auto error = error_of_writer(*store_);
    EXPECT_NE(error.find("early Martlet"), std::string::npos) << error;
    EXPECT_NE(error.find(backend_.path()), std::string::npos) << error;
    EXPECT_FALSE(store_->open_reader().ok());
}

// What people see, since they may not know of the second table.
TEST_F(SqliteStore, TheViewHasTheSamplesOfOneMillisecond) {
    WriteBatch batch;
    batch.sources = {source_row(1, "!1")};
    batch.series = {series_row(1, 1)};
    batch.samples = {{1, 5, 1.0}, {1, 5, 2.0}, {1, 6, 3.0}, {1, 5, 4.0}};
    ASSERT_TRUE(open_writer()->write(batch).ok());
    auto database = SqliteDatabase::open(backend_.path(), SqliteDatabase::Mode::Read);
    ASSERT_TRUE(database.ok());
    auto& rows = database.value()->statement(
        "SELECT time, n, value FROM named_sample WHERE source_id = '!1' ORDER BY time, n");
    std::vector<std::tuple<std::int64_t, std::int64_t, double>> found;
    while (rows.next()) found.emplace_back(rows.integer(0), rows.integer(1), rows.real(2));
    ASSERT_TRUE(rows.finish().ok());
    EXPECT_EQ(found, (std::vector<std::tuple<std::int64_t, std::int64_t, double>>{
                         {5, 0, 1.0}, {5, 1, 2.0}, {5, 2, 4.0}, {6, 0, 3.0}}));
}

// As docs/telemetry-store.md has it.
TEST_F(SqliteStore, ThePlanOfAQuestionToTheViewTakesTheKey) {
    ASSERT_NE(open_writer(), nullptr);
    auto database = SqliteDatabase::open(backend_.path(), SqliteDatabase::Mode::Read);
    ASSERT_TRUE(database.ok());
    auto& rows = database.value()->statement(
        "EXPLAIN QUERY PLAN SELECT at, value FROM named_sample WHERE source_id = '!7c5b1e2a' "
        "AND metric = 'device/battery_level' AND time >= (unixepoch() - 3600) * 1000 ORDER BY at");
    std::string plan;
    while (rows.next()) plan += rows.text(3) + "\n";
    ASSERT_TRUE(rows.finish().ok());
    EXPECT_EQ(plan.find("SCAN sample"), std::string::npos) << plan;
    EXPECT_NE(plan.find("SEARCH sample USING PRIMARY KEY (series=? AND time>?)"), std::string::npos)
        << plan;
}

TEST_F(SqliteStore, AnEmptyFileBecomesAStore) {
    write_bytes("");
    auto reader = store_->open_reader();
    ASSERT_FALSE(reader.ok());
    EXPECT_NE(reader.error().text.find("no telemetry store"), std::string::npos);
    EXPECT_NE(open_writer(), nullptr);
    EXPECT_TRUE(store_->open_reader().ok());
}

TEST_F(SqliteStore, DamageIsToldWithWhatToDo) {
    WriteBatch batch;
    for (Time time = 0; time < 20'000; ++time) batch.samples.push_back({1, time, time});
    ASSERT_TRUE(open_writer()->write(batch).ok());
    auto size = static_cast<std::streamoff>(std::filesystem::file_size(backend_.path()));
    {
        std::fstream file(backend_.path(), std::ios::in | std::ios::out | std::ios::binary);
        std::string garbage(4000, '\x5a');
        // In each page but the first ones, which hold the names of the tables.
        for (std::streamoff at = 30 * 8192; at < size; at += 8192) {
            file.seekp(at);
            file.write(garbage.data(), static_cast<std::streamsize>(garbage.size()));
        }
    }
    auto reader = store_->open_reader();
    ASSERT_TRUE(reader.ok()) << reader.error().text;
    auto done = reader.value()->samples(1, {}, [](const SampleRow&) { return true; });
    ASSERT_FALSE(done.ok());
    EXPECT_NE(done.error().text.find("is damaged"), std::string::npos) << done.error().text;
    EXPECT_NE(done.error().text.find(".recover"), std::string::npos) << done.error().text;
    EXPECT_NE(done.error().text.find(backend_.path()), std::string::npos);
}

// The limit stands for a full disk. In a process of its own, since it counts for all files.
TEST_F(SqliteStore, AFullDiskIsAnErrorAndLeavesWhatWas) {
    ASSERT_NE(open_writer(), nullptr);
    auto child = fork();
    if (child == 0) {
        std::signal(SIGXFSZ, SIG_IGN);
        auto writer = store_->open_writer();
        WriteBatch batch;
        for (Time time = 0; time < 1000; ++time) batch.samples.push_back({1, time, time});
        if (!writer.ok() || !writer.value()->write(batch).ok()) _exit(1);
        rlimit limit = {400'000, 400'000};
        setrlimit(RLIMIT_FSIZE, &limit);
        batch.samples.clear();
        for (Time time = 0; time < 100'000; ++time) batch.samples.push_back({2, time, time});
        if (writer.value()->write(batch).ok()) _exit(2);
        if (writer.value()->write(batch).ok()) _exit(3);
        _exit(0);
    }
    int status = 0;
    waitpid(child, &status, 0);
    EXPECT_TRUE(WIFEXITED(status));
    EXPECT_EQ(WEXITSTATUS(status), 0);
    auto writer = open_writer();
    EXPECT_EQ(count_samples(1), 1000);
    EXPECT_EQ(count_samples(2), 0);
}

// Killed while it writes: each batch is there as a whole or not at all, and all that were said to
// be stored are there.
TEST_F(SqliteStore, AKilledWriterLeavesWholeBatches) {
    constexpr Time kBatch = 500;
    for (int round = 0; round < 5; ++round) {
        int told[2];
        ASSERT_EQ(pipe(told), 0);
        SqliteBackend backend;
        store_ = backend.open();
        auto child = fork();
        if (child == 0) {
            auto writer = store_->open_writer();
            for (Time at = 0; writer.ok(); at += kBatch) {
                WriteBatch batch;
                for (Time time = at; time < at + kBatch; ++time) {
                    batch.samples.push_back({1, time, time});
                }
                batch.applied = {{"tap", static_cast<std::uint64_t>(at + kBatch)}};
                if (!writer.value()->write(batch).ok()) _exit(1);
                if (write(told[1], &at, sizeof at) != sizeof at) _exit(1);
            }
            _exit(1);
        }
        close(told[1]);
        Time last = 0;
        while (last < (round + 1) * 3 * kBatch) ASSERT_EQ(read(told[0], &last, sizeof last), 8);
        kill(child, SIGKILL);
        waitpid(child, nullptr, 0);
        while (read(told[0], &last, sizeof last) == sizeof last) {
        }
        close(told[0]);
        auto writer = open_writer();
        ASSERT_NE(writer, nullptr);
        auto contents = writer->load();
        ASSERT_TRUE(contents.ok());
        auto applied = static_cast<std::int64_t>(contents.value().applied.at(0).number);
        EXPECT_GE(applied, last + kBatch);
        EXPECT_EQ(count_samples(1), applied);
    }
}

}  // namespace
}  // namespace martlet::telemetry
