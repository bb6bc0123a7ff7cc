#include "migrate/mosquitto_db.h"

#include "migrate/files.h"
#include "tests/migrate/db_bytes.h"

namespace martlet::migrate {
namespace {

const std::string kFile = "F";

MosquittoDb read_sound(ByteView bytes) {
    auto db = read_mosquitto_db(bytes, kFile);
    EXPECT_TRUE(db.ok()) << (db.ok() ? "" : db.error().text);
    return db ? std::move(db).value() : MosquittoDb();
}

std::string error_of(ByteView bytes) {
    auto db = read_mosquitto_db(bytes, kFile);
    return db ? "" : db.error().text;
}

DbClientMessage some_entry() {
    DbClientMessage entry = make_entry("c", 5, 2, DbState::WaitForPubrec, 0x1234);
    entry.retain = true;
    entry.dup = true;
    return entry;
}

DbBytes everything(std::uint32_t version) {
    DbBytes bytes(version);
    DbMessage message = make_message(5, "a/b", std::string_view("\0pay", 4), 2);
    message.source_user = "user";
    message.source_port = 1884;
    message.retain = true;
    message.expires_at_s = 1'700'000'000;
    DbClient client = make_client("c");
    client.last_mid = 0x4321;
    client.user_name = "user";
    client.listener_port = 1884;
    client.expiry_interval_s = 60;
    client.ends_at_s = 1'800'000'000;
    DbSubscription subscription = make_subscription("c", "a/#", 2);
    subscription.identifier = 9;
    subscription.no_local = true;
    subscription.retain_as_published = true;
    bytes.message(message).client(client).client_message(some_entry());
    bytes.subscription(subscription).retain(5);
    return bytes;
}

class EveryVersion : public testing::TestWithParam<std::uint32_t> {};

TEST_P(EveryVersion, has_what_all_versions_have) {
    DbBytes bytes = everything(GetParam());
    MosquittoDb db = read_sound(bytes.view());
    EXPECT_EQ(db.version, GetParam());
    ASSERT_EQ(db.messages.size(), 1u);
    EXPECT_EQ(db.messages[0].store_id, 5u);
    EXPECT_EQ(db.messages[0].topic, "a/b");
    EXPECT_EQ(as_text(db.messages[0].payload), std::string_view("\0pay", 4));
    EXPECT_EQ(db.messages[0].source_id, "source");
    EXPECT_EQ(db.messages[0].qos, 2);
    EXPECT_TRUE(db.messages[0].retain);
    ASSERT_EQ(db.clients.size(), 1u);
    EXPECT_EQ(db.clients[0].client_id, "c");
    EXPECT_EQ(db.clients[0].last_mid, 0x4321);
    ASSERT_EQ(db.client_messages.size(), 1u);
    const DbClientMessage& entry = db.client_messages[0];
    EXPECT_EQ(entry.client_id, "c");
    EXPECT_EQ(entry.store_id, 5u);
    EXPECT_EQ(entry.mid, 0x1234);
    EXPECT_EQ(entry.qos, 2);
    EXPECT_EQ(entry.state, DbState::WaitForPubrec);
    EXPECT_EQ(entry.direction, DbDirection::Out);
    EXPECT_TRUE(entry.retain && entry.dup);
    ASSERT_EQ(db.subscriptions.size(), 1u);
    EXPECT_EQ(db.subscriptions[0].client_id, "c");
    EXPECT_EQ(db.subscriptions[0].filter, "a/#");
    EXPECT_EQ(db.subscriptions[0].qos, 2);
    EXPECT_EQ(db.retained, std::vector<std::uint64_t>{5});
}

TEST_P(EveryVersion, has_what_came_later) {
    DbBytes bytes = everything(GetParam());
    MosquittoDb db = read_sound(bytes.view());
    bool knows_source = GetParam() >= 4, is_new = GetParam() >= 5, knows_user = GetParam() >= 6;
    EXPECT_EQ(db.messages.at(0).source_user, knows_source ? "user" : "");
    EXPECT_EQ(db.messages.at(0).source_port, knows_source ? 1884 : 0);
    EXPECT_EQ(db.messages.at(0).expires_at_s, is_new ? 1'700'000'000 : 0);
    EXPECT_EQ(db.clients.at(0).expiry_interval_s, is_new ? 60 : UINT32_MAX);
    EXPECT_EQ(db.clients.at(0).ends_at_s, is_new ? 1'800'000'000 : 0);
    EXPECT_EQ(db.clients.at(0).user_name, knows_user ? "user" : "");
    EXPECT_EQ(db.clients.at(0).listener_port, knows_user ? 1884 : 0);
    EXPECT_EQ(db.subscriptions.at(0).identifier, is_new ? 9u : 0u);
    EXPECT_EQ(db.subscriptions.at(0).no_local, is_new);
    EXPECT_EQ(db.subscriptions.at(0).retain_as_published, is_new);
}

// Each field is tested against the end of the file: only between chunks may it end.
TEST_P(EveryVersion, says_where_a_file_ends_too_early) {
    DbBytes bytes = everything(GetParam());
    std::size_t sound = 0;
    for (std::size_t size = 23; size < bytes.size(); size++) {
        auto db = read_mosquitto_db(bytes.view().first(size), kFile);
        sound += db.ok();
        if (db.ok()) continue;
        EXPECT_TRUE(db.error().text.starts_with("Error: F is a broken")) << db.error().text;
    }
    EXPECT_EQ(sound, 6u) << "after the head and after each of five chunks";
}

TEST_P(EveryVersion, skips_chunks_of_kinds_that_come_later) {
    DbBytes bytes(GetParam());
    bytes.chunk(77, "whatever").retain(3);
    EXPECT_EQ(read_sound(bytes.view()).retained, std::vector<std::uint64_t>{3});
}

TEST_P(EveryVersion, refuses_what_cannot_be) {
    DbClientMessage entry = some_entry();
    entry.qos = 3;
    EXPECT_NE(error_of(DbBytes(GetParam()).client_message(entry).view()).find("QoS above 2"),
              std::string::npos);
    entry = some_entry();
    entry.state = static_cast<DbState>(12);
    EXPECT_NE(error_of(DbBytes(GetParam()).client_message(entry).view()).find("no known state"),
              std::string::npos);
    entry = some_entry();
    entry.direction = static_cast<DbDirection>(2);
    EXPECT_NE(error_of(DbBytes(GetParam()).client_message(entry).view()).find("neither in nor out"),
              std::string::npos);
    EXPECT_NE(error_of(DbBytes(GetParam()).message(make_message(1, "t", "p", 7)).view())
                  .find("QoS above 2"),
              std::string::npos);
    EXPECT_NE(error_of(DbBytes(GetParam()).subscription(make_subscription("c", "t", 9)).view())
                  .find("QoS above 2"),
              std::string::npos);
}

INSTANTIATE_TEST_SUITE_P(mosquitto_db, EveryVersion, testing::Values(3, 4, 5, 6),
                         testing::PrintToStringParamName());

TEST(mosquitto_db, other_versions_are_refused_by_name) {
    EXPECT_EQ(error_of(DbBytes(2).view()),
              "Error: F is a mosquitto database of version 2; versions 3 to 6 can be read.");
    EXPECT_EQ(error_of(DbBytes(7).view()),
              "Error: F is a mosquitto database of version 7; versions 3 to 6 can be read.");
}

TEST(mosquitto_db, other_files_are_none) {
    EXPECT_EQ(error_of({}), "Error: F is no mosquitto database.");
    EXPECT_EQ(error_of(as_bytes("SQLite format 3 and more of it")),
              "Error: F is no mosquitto database.");
    EXPECT_FALSE(is_mosquitto_db(DbBytes(6).view().first(14)));
}

TEST(mosquitto_db, an_error_names_file_and_offset) {
    DbBytes bytes(6);
    std::string text =
        bytes.text() + DbBytes::big(std::uint32_t{4}) + DbBytes::big(std::uint32_t{8});
    EXPECT_EQ(
        error_of(as_bytes(text)),
        "Error: F is a broken mosquitto database: at byte 47 the chunk is longer than the file.");
    text = bytes.text() + DbBytes::big(std::uint32_t{4}) + DbBytes::big(std::uint32_t{3}) + "abc";
    EXPECT_EQ(
        error_of(as_bytes(text)),
        "Error: F is a broken mosquitto database: at byte 55 a chunk is shorter than its fields.");
}

// A size that wraps must not reach beyond the chunk.
TEST(mosquitto_db, sizes_within_a_chunk_are_held_to_it) {
    DbBytes bytes(6);
    std::string head = DbBytes::little(std::uint64_t{1}) + DbBytes::little(std::uint64_t{0}) +
                       DbBytes::big(std::uint32_t{0xFFFFFFFF}) + std::string(12, '\xFF');
    bytes.chunk(2, head).retain(1);
    EXPECT_NE(error_of(bytes.view()).find("shorter than its fields"), std::string::npos);
}

// On 32-bit machines a time had 4 bytes.
TEST(mosquitto_db, a_short_time_in_old_versions) {
    DbBytes bytes(3);
    bytes.client(make_client("c"), 4).client(make_client("d"), 8).retain(2);
    MosquittoDb db = read_sound(bytes.view());
    ASSERT_EQ(db.clients.size(), 2u);
    EXPECT_EQ(db.clients[1].client_id, "d");
    EXPECT_EQ(db.retained.size(), 1u);
}

// Made by Debian's mosquitto 2.0.11 from what tests/system/suites/store.py does.
TEST(mosquitto_db, what_mosquitto_wrote) {
    auto bytes = read_file(MARTLET_SOURCE_DIR "/tests/migrate/data/mosquitto-2.0.11.db");
    ASSERT_TRUE(bytes.ok()) << bytes.error().text;
    MosquittoDb db = read_sound(bytes.value());
    EXPECT_EQ(db.version, 6u);
    ASSERT_EQ(db.clients.size(), 3u);
    EXPECT_EQ(db.clients[0].client_id, "keeper");
    EXPECT_EQ(db.clients[0].user_name, "kim");
    EXPECT_EQ(db.clients[0].expiry_interval_s, UINT32_MAX);
    EXPECT_EQ(db.clients[1].client_id, "brief");
    EXPECT_EQ(db.clients[1].user_name.size(), 768u) << "memory of mosquitto's";
    EXPECT_EQ(db.clients[1].expiry_interval_s, 3600u);
    EXPECT_GT(db.clients[1].ends_at_s, 1'700'000'000);
    ASSERT_EQ(db.client_messages.size(), 11u);
    EXPECT_EQ(db.client_messages[0].state, DbState::WaitForPubcomp);
    EXPECT_EQ(db.client_messages[1].state, DbState::WaitForPubrec);
    EXPECT_EQ(db.client_messages[2].state, DbState::Queued);
    EXPECT_EQ(db.client_messages[6].subscription_identifier, 7u);
    EXPECT_EQ(db.client_messages[10].direction, DbDirection::In);
    EXPECT_EQ(db.client_messages[10].state, DbState::WaitForPubrel);
    EXPECT_EQ(db.subscriptions.size(), 3u);
    EXPECT_EQ(db.retained.size(), 3u);
}

}  // namespace
}  // namespace martlet::migrate
