#include "migrate/convert.h"

#include "tests/migrate/db_bytes.h"
#include "tests/migrate/kept_records.h"

namespace martlet::migrate {
namespace {

using broker::DeliveryRecord;
using broker::MessageRecord;
using broker::ReceivedRecord;
using broker::ReleasedRecord;
using broker::RetainedRecord;
using broker::SentRecord;
using broker::SessionRecord;
using broker::SubscriptionRecord;
using Payloads = std::vector<std::string>;

constexpr std::int64_t kNow = 1'750'000'000;  // s

class Convert : public testing::Test {
  protected:
    // A database with client "c", to which a test adds what it is about.
    Convert() {
        db.version = 6;
        db.clients.push_back(make_client("c"));
    }

    Counts run() {
        options.now_ms = kNow * 1000;
        auto counts = convert(db, options, records);
        EXPECT_TRUE(counts.ok());
        return counts.ok() ? counts.value() : Counts();
    }
    void add(const DbClientMessage& entry) { db.client_messages.push_back(entry); }
    void message(std::uint64_t id, std::string_view payload, std::uint8_t qos = 1) {
        db.messages.push_back(make_message(id, "t", payload, qos));
    }
    void received(std::string_view client_id, std::uint64_t id, std::uint16_t mid,
                  DbState state = DbState::WaitForPubrel) {
        DbClientMessage entry = make_entry(client_id, id, 2, state, mid);
        entry.direction = DbDirection::In;
        add(entry);
    }

    MosquittoDb db;
    ConvertOptions options;
    KeptRecords records{100};
};

TEST_F(Convert, a_session_that_never_ends) {
    db.clients[0].user_name = "u";
    db.clients[0].listener_port = 8883;
    db.clients[0].ends_at_s = 5;  // means nothing without an interval
    options.listener_ports = {1883, 8883};
    EXPECT_EQ(run().sessions, 1u);
    auto session = records.only<SessionRecord>();
    EXPECT_EQ(session.client_id, "c");
    EXPECT_EQ(session.user_name, "u");
    EXPECT_EQ(session.expiry_s, UINT32_MAX);
    EXPECT_EQ(session.ends_at_ms, 0);
    EXPECT_EQ(session.listener, 1);
    EXPECT_EQ(records.session("c"), 100u) << "keys begin where the journal says";
}

// mosquitto 2.0.11 writes "kim" for clients without a user name.
TEST_F(Convert, user_names_that_may_be_another_clients) {
    for (std::string_view id : {"d", "e", "f"}) db.clients.push_back(make_client(id));
    db.clients[0].user_name = db.clients[2].user_name = "kim";
    db.clients[1].user_name = std::string_view("kim\0\1", 5);
    db.clients[3].user_name = "pat";
    run();
    for (const auto& [key, session] : records.all<SessionRecord>()) {
        EXPECT_EQ(session.is_user_known, session.client_id == "f");
        EXPECT_EQ(session.user_name, session.client_id == "f" ? "pat" : "");
    }
}

TEST_F(Convert, versions_that_do_not_say_whose_a_session_is) {
    db.version = 5;
    run();
    EXPECT_FALSE(records.only<SessionRecord>().is_user_known);
}

TEST_F(Convert, sessions_that_are_over_or_clean_are_left_out_with_all_that_is_theirs) {
    db.clients[0].expiry_interval_s = 60;
    db.clients[0].ends_at_s = kNow;
    db.clients.push_back(make_client("clean"));
    db.clients[1].expiry_interval_s = 0;
    message(1, "p");
    for (std::string_view client : {"c", "clean"}) {
        db.subscriptions.push_back(make_subscription(client, "t"));
        add(make_entry(client, 1, 1, DbState::Queued));
        received(client, 1, 5);
    }
    Counts counts = run();
    EXPECT_EQ(counts.sessions, 0u);
    EXPECT_EQ(counts.over, 2u);
    EXPECT_EQ(records.size(), 0u);
}

TEST_F(Convert, a_session_that_goes_on_for_a_while) {
    db.clients[0].expiry_interval_s = 60;
    db.clients[0].ends_at_s = kNow + 1;
    run();
    EXPECT_EQ(records.only<SessionRecord>().ends_at_ms, (kNow + 1) * 1000);
    EXPECT_EQ(records.only<SessionRecord>().expiry_s, 60u);
}

TEST_F(Convert, times_beyond_all_reason_are_never) {
    db.clients[0].expiry_interval_s = 60;
    db.clients[0].ends_at_s = INT64_MAX;
    message(1, "p");
    db.messages[0].expires_at_s = INT64_MIN;
    db.retained = {1};
    run();
    EXPECT_EQ(records.only<SessionRecord>().ends_at_ms, 0);
    EXPECT_EQ(records.only<RetainedRecord>().message.expires_at_ms, 0);
}

TEST_F(Convert, subscriptions_with_their_options) {
    DbSubscription subscription = make_subscription("c", "$share/g/a/#", 2);
    subscription.identifier = 7;
    subscription.no_local = true;
    subscription.retain_as_published = true;
    db.subscriptions = {subscription, make_subscription("nobody", "a"),
                        make_subscription("c", "a/#/b"), make_subscription("c", "a\xFF")};
    Counts counts = run();
    auto record = records.only<SubscriptionRecord>();
    EXPECT_EQ(record.session, records.session("c"));
    EXPECT_EQ(record.filter, "$share/g/a/#");
    EXPECT_EQ(record.qos, mqtt::Qos::ExactlyOnce);
    EXPECT_EQ(record.identifier, 7u);
    EXPECT_TRUE(record.no_local && record.retain_as_published);
    EXPECT_EQ(counts.subscriptions, 1u);
    EXPECT_EQ(counts.unsound, 3u);
}

TEST_F(Convert, a_queue_keeps_its_order) {
    message(5, "first");
    message(3, "second");
    message(9, "third");
    message(1, "last");
    add(make_entry("c", 5, 1, DbState::WaitForPuback, 2));
    add(make_entry("c", 3, 0, DbState::Queued));
    add(make_entry("c", 9, 2, DbState::Queued, 4));
    add(make_entry("c", 1, 1, DbState::Queued, 5));
    EXPECT_EQ(run().messages, 4u);
    EXPECT_EQ(records.payloads("c"), (Payloads{"first", "second", "third", "last"}));
    auto found = records.all<DeliveryRecord>();
    EXPECT_EQ(found.begin()->second.qos, mqtt::Qos::AtLeastOnce);
    EXPECT_EQ(found.rbegin()->second.message_key, 0u);
    EXPECT_EQ(records.only<SentRecord>().packet_id, 2) << "only the first was sent";
}

TEST_F(Convert, a_delivery_tells_how_it_goes_and_its_message_what_it_is) {
    message(1, "p", 2);
    db.messages[0].retain = true;
    db.messages[0].expires_at_s = kNow + 5;
    // Content type, then an expiry that is not passed on as it stands.
    const std::uint8_t properties[] = {9, 0x03, 0, 1, 'x', 0x02, 0, 0, 0, 9};
    db.messages[0].properties = properties;
    DbClientMessage entry = make_entry("c", 1, 1, DbState::Queued);
    entry.retain = true;
    entry.subscription_identifier = 7;
    add(entry);
    run();
    auto delivery = records.only<DeliveryRecord>();
    EXPECT_EQ(delivery.qos, mqtt::Qos::AtLeastOnce);
    EXPECT_TRUE(delivery.retain);
    EXPECT_EQ(delivery.identifier, 7u);
    EXPECT_EQ(delivery.message.qos, mqtt::Qos::ExactlyOnce);
    EXPECT_TRUE(delivery.message.retain);
    EXPECT_EQ(delivery.message.expires_at_ms, (kNow + 5) * 1000);
    EXPECT_EQ(as_text(delivery.message.properties), std::string_view("\x03\0\1x", 4));
}

TEST_F(Convert, a_message_for_several_sessions_is_written_once) {
    db.clients.push_back(make_client("d"));
    message(1, "shared");
    message(2, "alone");
    for (std::string_view client : {"c", "d"}) add(make_entry(client, 1, 1, DbState::Queued));
    add(make_entry("d", 2, 1, DbState::Queued));
    run();
    EXPECT_EQ(records.all<MessageRecord>().size(), 1u);
    EXPECT_EQ(records.payloads("c"), Payloads{"shared"});
    EXPECT_EQ(records.payloads("d"), (Payloads{"shared", "alone"}));
}

TEST_F(Convert, qos_2_that_was_sent_keeps_its_packet_id) {
    message(1, "sent", 2);
    message(2, "again", 2);
    message(3, "not yet", 2);
    add(make_entry("c", 1, 2, DbState::WaitForPubrec, 8));
    DbClientMessage again = make_entry("c", 2, 2, DbState::PublishQos2, 9);
    again.dup = true;
    add(again);
    add(make_entry("c", 3, 2, DbState::PublishQos2, 10));
    run();
    auto sent = records.all<SentRecord>();
    auto deliveries = records.all<DeliveryRecord>();
    std::vector<std::uint16_t> ids;
    for (const auto& [key, record] : sent) {
        EXPECT_TRUE(deliveries.contains(key - 1));
        ids.push_back(record.packet_id);
    }
    EXPECT_EQ(ids, (std::vector<std::uint16_t>{8, 9}));
    EXPECT_EQ(records.payloads("c"), (Payloads{"sent", "again", "not yet"}));
}

TEST_F(Convert, qos_2_that_was_received_by_the_client_is_only_an_id) {
    add(make_entry("c", 1, 2, DbState::WaitForPubcomp, 8));
    add(make_entry("c", 2, 2, DbState::ResendPubrel, 9));
    Counts counts = run();
    EXPECT_EQ(records.all<ReleasedRecord>().size(), 2u);
    EXPECT_TRUE(records.all<DeliveryRecord>().empty());
    EXPECT_EQ(counts.unsound, 0u) << "the message itself is not needed any more";
    for (const auto& [key, record] : records.all<ReleasedRecord>())
        EXPECT_FALSE(records.all<SessionRecord>().contains(key - 1)) << "the delivery's key";
}

TEST_F(Convert, a_packet_id_is_given_once) {
    message(1, "first", 2);
    message(2, "second", 2);
    add(make_entry("c", 1, 2, DbState::WaitForPubrec, 8));
    add(make_entry("c", 2, 2, DbState::WaitForPubrec, 8));
    add(make_entry("c", 2, 2, DbState::WaitForPubcomp, 8));
    run();
    EXPECT_EQ(records.all<SentRecord>().size(), 1u);
    EXPECT_TRUE(records.all<ReleasedRecord>().empty());
    EXPECT_EQ(records.payloads("c"), (Payloads{"first", "second"}));
}

TEST_F(Convert, messages_whose_time_is_over) {
    message(1, "over", 2);
    db.messages[0].expires_at_s = kNow;
    add(make_entry("c", 1, 1, DbState::Queued));
    add(make_entry("c", 1, 2, DbState::WaitForPubrec, 8));  // begun before
    db.retained = {1};
    EXPECT_EQ(run().over, 2u);
    EXPECT_EQ(records.payloads("c"), Payloads{"over"});
    EXPECT_TRUE(records.all<RetainedRecord>().empty());
}

TEST_F(Convert, what_refers_to_nothing_is_counted) {
    add(make_entry("c", 77, 1, DbState::Queued));
    db.retained = {78};
    db.messages.push_back(make_message(5, "a/#", "p"));
    Counts counts = run();
    EXPECT_EQ(counts.unsound, 3u);
    EXPECT_EQ(records.size(), 1u);
}

TEST_F(Convert, retained_with_where_it_came_from) {
    message(1, "old");
    message(2, "new");
    db.messages[1].source_user = "u";
    db.messages[1].source_port = 8883;
    db.messages.push_back(make_message(3, "other", "x"));
    db.messages.push_back(make_message(4, "$SYS/broker/version", "mosquitto"));
    db.messages.push_back(make_message(5, "empty", ""));
    db.retained = {1, 3, 2, 4, 5};
    options.listener_ports = {1883, 8883};
    EXPECT_EQ(run().retained, 2u);
    std::uint64_t number = 0;
    for (const auto& [key, record] : records.all<RetainedRecord>()) {
        EXPECT_EQ(record.number, ++number);
        EXPECT_TRUE(record.message.retain);
        EXPECT_TRUE(record.has_origin);
        EXPECT_EQ(record.origin_client, "source");
        if (record.message.topic != "t") continue;
        EXPECT_EQ(as_text(record.message.payload), "new");
        EXPECT_EQ(record.origin_user, "u");
        EXPECT_EQ(record.origin_listener, 1);
    }
}

// Version 3 does not know the user: an ACL would take them for anonymous.
TEST_F(Convert, retained_from_a_file_that_does_not_say_where_it_came_from) {
    db.version = 3;
    message(1, "p");
    db.retained = {1};
    run();
    EXPECT_FALSE(records.only<RetainedRecord>().has_origin);
}

TEST_F(Convert, what_mosquitto_had_taken_is_passed_on) {
    db.clients.push_back(make_client("d"));
    db.messages.push_back(make_message(1, "a/b", "half way", 2));
    db.messages.push_back(make_message(2, "a/b", "waits", 1));
    db.subscriptions = {make_subscription("c", "a/+", 1), make_subscription("d", "a/b", 2),
                        make_subscription("d", "a/#", 0), make_subscription("c", "x", 1)};
    received("d", 1, 5);
    add(make_entry("c", 2, 1, DbState::Queued));
    run();
    EXPECT_EQ(records.payloads("c"), (Payloads{"waits", "half way"}));
    EXPECT_EQ(records.payloads("d"), Payloads{"half way"});
    auto id = records.only<ReceivedRecord>();
    EXPECT_EQ(id.session, records.session("d"));
    EXPECT_EQ(id.packet_id, 5);
}

TEST_F(Convert, no_local_and_share_groups_count_when_passing_on) {
    db.clients.push_back(make_client("d"));
    db.messages.push_back(make_message(1, "a", "p", 2));
    DbSubscription own = make_subscription("c", "a");
    own.no_local = true;
    db.subscriptions = {own, make_subscription("d", "$share/g/a"),
                        make_subscription("c", "$share/g/a")};
    received("c", 1, 5);
    run();
    EXPECT_EQ(records.payloads("c"), Payloads{});
    EXPECT_EQ(records.payloads("d"), Payloads{"p"});
}

TEST_F(Convert, a_retained_message_that_mosquitto_had_taken_replaces_and_removes) {
    db.messages = {make_message(1, "a", "old"), make_message(2, "a", "new", 2),
                   make_message(3, "b", "old"), make_message(4, "b", "", 2)};
    db.messages[1].retain = db.messages[3].retain = true;
    db.retained = {1, 3};
    received("c", 2, 5);
    received("c", 4, 6);
    run();
    EXPECT_EQ(as_text(records.only<RetainedRecord>().message.payload), "new");
}

// The client may use the id for a new message: it must not be taken for the old one.
TEST_F(Convert, an_id_that_the_client_has_released_is_forgotten) {
    message(1, "p", 2);
    db.subscriptions = {make_subscription("c", "t")};
    received("c", 1, 5, DbState::ResendPubcomp);
    run();
    EXPECT_TRUE(records.all<ReceivedRecord>().empty());
    EXPECT_TRUE(records.all<DeliveryRecord>().empty());
}

}  // namespace
}  // namespace martlet::migrate
