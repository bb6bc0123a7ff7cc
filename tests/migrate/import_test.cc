#include "migrate/import.h"

#include "migrate/new_journal.h"
#include "tests/migrate/db_bytes.h"
#include "tests/migrate/folder_for_test.h"

namespace martlet::migrate {
namespace {

using Names = std::set<std::string>;

std::string some_database(std::string_view client_id = "c") {
    DbBytes bytes(6);
    bytes.message(make_message(1, "t", "p")).client(make_client(client_id)).retain(1);
    return bytes.text();
}

class Import : public testing::Test {
  protected:
    Result<std::optional<Imported>> run() {
        ConvertOptions options;
        options.now_ms = 1'750'000'000'000;
        return import_mosquitto(folder.at("db"), options);
    }
    std::string error() {
        auto imported = run();
        return imported.ok() ? "" : imported.error().text;
    }
    // Whether "db" is a journal with what some_database() holds.
    void expect_journal(std::string_view client_id = "c") {
        auto content = read_journal(folder.at("db"));
        ASSERT_EQ(content.size(), 2u);
        broker::Record record;
        ASSERT_TRUE(broker::decode(content.begin()->second, record));
        EXPECT_EQ(std::get<broker::SessionRecord>(record).client_id, client_id);
    }

    FolderForTest folder;
};

TEST_F(Import, nothing_or_a_folder_is_left_alone) {
    auto imported = run();
    ASSERT_TRUE(imported.ok());
    EXPECT_FALSE(imported.value().has_value());
    std::filesystem::create_directory(folder.at("db"));
    imported = run();
    ASSERT_TRUE(imported.ok());
    EXPECT_FALSE(imported.value().has_value());
    EXPECT_EQ(folder.names(), Names{"db"});
}

TEST_F(Import, the_original_is_kept_beside) {
    folder.write("db", some_database());
    auto imported = run();
    ASSERT_TRUE(imported.ok()) << imported.error().text;
    ASSERT_TRUE(imported.value().has_value());
    EXPECT_EQ(imported.value()->counts.sessions, 1u);
    EXPECT_EQ(imported.value()->counts.retained, 1u);
    EXPECT_EQ(imported.value()->kept_as, folder.at("db.mosquitto"));
    EXPECT_EQ(
        imported.value()->line,
        "Imported mosquitto's database " + folder.at("db") +
            ": 1 sessions, 0 subscriptions, 0 queued and 1 retained messages. The original is "
            "kept as " +
            folder.at("db.mosquitto") + ". Going back to mosquitto: mv '" + folder.at("db") +
            "' '" + folder.at("db.martlet") + "'; mv '" + folder.at("db.mosquitto") + "' '" +
            folder.at("db") + "'");
    EXPECT_EQ(folder.names(), (Names{"db", "db.mosquitto"}));
    EXPECT_EQ(folder.read("db.mosquitto"), some_database());
    expect_journal();
    EXPECT_FALSE(run().value().has_value()) << "once";
}

TEST_F(Import, an_empty_file_is_an_empty_database) {
    folder.write("db", "");
    ASSERT_TRUE(run().ok());
    EXPECT_EQ(folder.names(), (Names{"db", "db.mosquitto"}));
    EXPECT_TRUE(read_journal(folder.at("db")).empty());
}

TEST_F(Import, other_files_are_not_touched) {
    folder.write("db", "something else");
    EXPECT_EQ(error(), "Error: " + folder.at("db") +
                           " is neither a journal of Martlet nor a database of mosquitto. Move it "
                           "away, or set persistence_file to another name.");
    EXPECT_EQ(folder.names(), Names{"db"});
    EXPECT_EQ(folder.read("db"), "something else");
}

TEST_F(Import, a_broken_database_is_not_touched) {
    std::string broken = some_database();
    broken.pop_back();
    folder.write("db", broken);
    EXPECT_NE(error().find("is a broken mosquitto database: at byte"), std::string::npos);
    EXPECT_EQ(folder.names(), Names{"db"});
    EXPECT_EQ(folder.read("db"), broken);
}

// Killed while NAME.importing was written: what is there is no journal, or half of one.
TEST_F(Import, what_a_crash_left_is_done_again) {
    folder.write("db", some_database());
    {
        auto half = NewJournal::begin(folder.at("db"));
        ASSERT_TRUE(half.ok());
        ASSERT_TRUE(half.value().sink().put(50, broker::SentRecord{1, 1}).ok());
        ASSERT_TRUE(half.value().finish().ok());
    }
    folder.write("db.importing/000000000099.seg", "torn");
    ASSERT_TRUE(run().ok());
    EXPECT_EQ(folder.names(), (Names{"db", "db.mosquitto"}));
    expect_journal();
}

// Killed between the two renames.
TEST_F(Import, renames_are_finished) {
    folder.write("db.mosquitto", some_database());
    std::filesystem::create_directory(folder.at("db.importing"));
    auto imported = run();
    ASSERT_TRUE(imported.ok()) << imported.error().text;
    EXPECT_TRUE(imported.value().has_value());
    EXPECT_EQ(folder.names(), (Names{"db", "db.mosquitto"}));
    expect_journal();
}

// Somebody has removed the journal to begin anew: the old database does not come back.
TEST_F(Import, a_kept_original_alone_is_left_alone) {
    folder.write("db.mosquitto", some_database());
    EXPECT_FALSE(run().value().has_value());
    EXPECT_EQ(folder.names(), Names{"db.mosquitto"});
}

TEST_F(Import, an_original_kept_earlier_is_not_lost) {
    folder.write("db.mosquitto", some_database("old"));
    folder.write("db.mosquitto.1", some_database("older"));
    folder.write("db", some_database("new"));
    ASSERT_TRUE(run().ok());
    EXPECT_EQ(folder.names(), (Names{"db", "db.mosquitto", "db.mosquitto.1", "db.mosquitto.2"}));
    EXPECT_EQ(folder.read("db.mosquitto"), some_database("new"));
    EXPECT_EQ(folder.read("db.mosquitto.2"), some_database("old"));
    expect_journal("new");
}

TEST_F(Import, two_at_once_do_not_mix) {
    folder.write("db", some_database());
    auto other = NewJournal::begin(folder.at("db"));
    ASSERT_TRUE(other.ok());
    EXPECT_NE(error().find("in use by another Martlet"), std::string::npos);
    EXPECT_EQ(folder.read("db"), some_database());
}

TEST_F(Import, from_elsewhere_into_a_place_that_is_free) {
    folder.write("old.db", some_database());
    auto imported = import_mosquitto_from(folder.at("old.db"), folder.at("db"), {});
    ASSERT_TRUE(imported.ok()) << imported.error().text;
    EXPECT_EQ(folder.names(), (Names{"db", "old.db"}));
    expect_journal();
    imported = import_mosquitto_from(folder.at("old.db"), folder.at("db"), {});
    ASSERT_FALSE(imported.ok());
    EXPECT_EQ(imported.error().text, "Error: " + folder.at("db") + " is there already.");
}

// More than one group of records, and keys that go on where they ended.
TEST_F(Import, many_records) {
    DbBytes bytes(6);
    bytes.client(make_client("c"));
    std::string payload(1000, 'x');
    for (std::uint64_t id = 1; id <= 3000; id++) {
        bytes.message(make_message(id, "t", payload));
        bytes.client_message(make_entry("c", id, 1, DbState::Queued));
    }
    folder.write("db", bytes.text());
    auto imported = run();
    ASSERT_TRUE(imported.ok());
    EXPECT_EQ(imported.value()->counts.messages, 3000u);
    EXPECT_EQ(read_journal(folder.at("db")).size(), 3001u);
    auto opened = journal::open_folder(folder.at("db"));
    journal::Recovery recovery;
    auto log = journal::Log::open(
        std::move(opened).value(), {}, [](journal::Key, ByteView) {},
        [](std::uint64_t, std::uint64_t) {}, recovery);
    ASSERT_TRUE(log.ok());
    EXPECT_GE(log.value()->next_key(), 3002u);
}

}  // namespace
}  // namespace martlet::migrate
