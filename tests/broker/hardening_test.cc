// How other brokers broke (rows 5 to 8 of the list), tried here without sockets.

#include "tests/broker/client.h"

#include <gtest/gtest.h>

#include <malloc.h>
#include <random>

namespace martlet::broker {
namespace {

using std::chrono::seconds;

std::size_t heap_bytes() {
    return mallinfo2().uordblks;
}

// Row 5: takeover, will delay, unsubscribe, groups and storms of messages in one turn.
TEST(Hardening, hardening_05_one_client_id_in_storms) {
    for (std::uint64_t seed = 1; seed <= 30; seed++) {
        SCOPED_TRACE("seed " + std::to_string(seed));
        std::mt19937_64 random(seed);
        Table table(
            {.shards = static_cast<std::uint32_t>(1 + seed % 2), .broker = {}, .listener = {}});
        std::vector<std::unique_ptr<Client>> clients;
        for (int i = 0; i < 60; i++) {
            clients.push_back(std::make_unique<Client>(table, i % 3 ? "same" : "other"));
            Client& c = *clients.back();
            ConnectWish wish{.clean_start = random() % 2 == 0};
            wish.expiry = random() % 3;
            wish.will_topic = random() % 2 ? "w" : "t/w";
            wish.will_qos = static_cast<Qos>(random() % 3);
            if (random() % 2) wish.will_delay = random() % 4;
            c.open(wish);
            std::string filter = random() % 2 ? "#" : "$share/g/t/#";
            c.say(subscribe_frame(Version::V5, 1, filter, {.qos = Qos::ExactlyOnce}));
            c.say_publish("t/x", "m", {.qos = static_cast<Qos>(random() % 3), .retain = true});
            if (random() % 2) c.say(unsubscribe_frame(Version::V5, 2, filter));
            if (random() % 4 == 0) c.line().is_cut = true;
            if (random() % 3 == 0) table.settle();
            if (random() % 5 == 0) table.pass(seconds(random() % 3));
        }
        for (auto& c : clients) c->settle();
        table.pass(seconds(10));
        EXPECT_LE(table.shared.sessions.load(), 2);
        EXPECT_LE(table.lines.size(), 2u);
    }
}

// Row 5: the will's delay and the session's end at the same moment.
TEST(Hardening, hardening_05_will_delay_beyond_the_session) {
    for (std::uint32_t expiry : {1u, 2u, 3u}) {
        for (std::uint32_t delay : {1u, 2u, 3u, 100u}) {
            Table table;
            Client a(table, "a"), watcher(table, "w");
            watcher.connect();
            watcher.subscribe("w");
            ConnectWish wish{.expiry = expiry};
            wish.will_topic = "w";
            wish.will_delay = delay;
            a.connect(wish);
            a.subscribe("w", {.qos = Qos::ExactlyOnce});  // its own will, too
            a.cut();
            table.pass(seconds(5));
            EXPECT_EQ(watcher.messages().size(), 1u);
            EXPECT_EQ(table.shared.sessions.load(), 1);
        }
    }
}

// Row 6: '$' topics in both directions, and every packet that only a server sends.
TEST(Hardening, hardening_06_dollar_topics_and_packets_the_wrong_way) {
    Table table;
    Client a(table, "a");
    a.connect();
    for (const char* topic :
         {"$", "$x", "$x/y", "$SYS/", "$SYSx", "$share", "$share/", "$shareX/a/b", "$queue/a",
          "$CONTROL", "$CONTROL/dynamic-security/v1"}) {
        a.publish(topic, "x", {.qos = Qos::AtLeastOnce, .retain = true});
        std::string answer = a.heard();
        EXPECT_TRUE(answer.starts_with("PUBACK")) << topic << ": " << answer;
        a.subscribe(topic);
        if (!a.is_connected()) a.connect();
        a.heard();
    }
    for (std::uint8_t first = 0; first < 255; first++) {
        for (std::vector<std::uint8_t> body :
             {std::vector<std::uint8_t>{}, {0}, {0, 1}, {0, 1, 0}}) {
            Client c(table, "c");
            c.connect();
            std::vector<std::uint8_t> packet{first, static_cast<std::uint8_t>(body.size())};
            packet.insert(packet.end(), body.begin(), body.end());
            c.say(packet);
            c.heard();
            Line& raw = table.open_line(0);  // and as the first packet
            raw.to_broker = packet;
            ASSERT_TRUE(table.settle());
            raw.is_cut = true;
        }
    }
    EXPECT_TRUE(a.is_connected());
}

// Row 7: a QoS 2 exchange that is never finished, the same id again and again, PUBREC never
// answered: memory stays flat.
TEST(Hardening, hardening_07_qos_2_state_does_not_pile_up) {
    TableOptions options;
    options.broker.max_queued_messages = 50;
    Table table(options);
    Client a(table, "a"), b(table, "b"), old(table, "old");
    a.is_answering = b.is_answering = old.is_answering = false;
    a.connect({.clean_start = false, .expiry = 1000});
    b.connect();
    old.connect({.version = Version::V311});
    a.subscribe("t", {.qos = Qos::ExactlyOnce});
    std::size_t before = 0;
    for (int round = 0; round < 20'000; round++) {
        b.say_publish("t", std::string(100, 'x'), {.qos = Qos::ExactlyOnce, .packet_id = 7});
        b.say_publish("t", std::string(100, 'x'),
                      {.qos = Qos::ExactlyOnce, .dup = true, .packet_id = 7});
        if (round % 3 == 0) b.say_ack(PacketType::Pubrel, 7);
        // Every id there is, never released: bounded by the number of ids.
        old.say_publish("u", "x", {.qos = Qos::ExactlyOnce});
        if (round % 50 == 0) {
            a.cut();
            a.connect({.clean_start = false, .expiry = 1000});
        }
        b.heard();
        old.heard();
        if (round == 5000) before = heap_bytes();
    }
    EXPECT_LT(heap_bytes(), before + 1'000'000);
    EXPECT_LE(table.sum([](const auto& c) -> const auto& { return c.queued_messages; }), 70u);
    a.cut();
    a.connect({.clean_start = true});
    EXPECT_EQ(table.sum([](const auto& c) -> const auto& { return c.queued_messages; }), 0u);
    EXPECT_EQ(table.sum([](const auto& c) -> const auto& { return c.queued_bytes; }), 0u);
}

// Row 7: ten thousand sessions that come, subscribe, queue and go leave nothing.
TEST(Hardening, hardening_07_sessions_that_end_leave_nothing) {
    Table table({.shards = 2, .broker = {}, .listener = {}});
    Client publisher(table, "p");
    publisher.connect();
    auto round = [&](int i) {
        Client c(table, "c" + std::to_string(i % 10), static_cast<std::uint32_t>(i % 2));
        c.is_answering = false;
        ConnectWish wish{.clean_start = true, .expiry = 1};
        wish.will_topic = "w";
        wish.alias_max = 10;
        c.connect(wish);
        c.subscribe("t/" + std::to_string(i % 7) + "/#", {.qos = Qos::ExactlyOnce});
        c.subscribe("$share/g/t/#", {.qos = Qos::AtLeastOnce});
        c.publish("x", "y", {.qos = Qos::ExactlyOnce, .alias = 3});
        publisher.publish("t/" + std::to_string(i % 7) + "/a", "x", {.qos = Qos::ExactlyOnce});
        publisher.heard();
        c.cut();
    };
    for (int i = 0; i < 1000; i++) round(i);
    table.pass(seconds(5));
    std::size_t before = heap_bytes();
    for (int i = 0; i < 5000; i++) round(i);
    table.pass(seconds(5));
    // What the table itself keeps of each line is not the broker's.
    EXPECT_LT(heap_bytes(), before + 5000 * (sizeof(Line) + 400));
    EXPECT_EQ(table.shared.sessions.load(), 1);
    EXPECT_EQ(table.sum([](const auto& c) -> const auto& { return c.subscriptions; }), 0u);
    EXPECT_EQ(table.shared.interest.match("t/1/a"), 0u);
}

// Row 8: the worst that one packet can ask for is done in a bounded number of steps. Without a
// clock: each of these would not come to an end if it were quadratic in earnest.
TEST(Hardening, hardening_08_packets_that_are_all_properties) {
    Table table;
    Client a(table, "a"), b(table, "b");
    a.connect();
    b.connect();
    a.subscribe("#");
    std::vector<std::uint8_t> user;
    while (user.size() < 1'000'000) {
        auto one = user_property("n", "v");
        user.insert(user.end(), one.begin(), one.end());
    }
    mqtt::Publish packet;
    packet.topic = "t";
    packet.properties.mark(mqtt::PropertyId::UserProperty);
    packet.properties.raw = user;
    for (int i = 0; i < 10; i++) b.say(mqtt::encode_any(packet, Version::V5));
    EXPECT_EQ(a.messages().size(), 10u);
}

TEST(Hardening, hardening_08_ten_thousand_overlapping_filters) {
    Table table;
    Client a(table, "a"), b(table, "b");
    a.connect();
    b.connect();
    std::vector<std::string> filters;
    for (unsigned bits = 0; bits < 8192; bits++) {
        std::string filter;
        for (unsigned i = 0; i < 13; i++)
            filter += std::string(i ? "/" : "") + (bits >> i & 1 ? "+" : "a");
        a.say(subscribe_frame(Version::V5, 1, filter, {}));
        filters.push_back(filter);
    }
    a.heard();
    b.publish("a/a/a/a/a/a/a/a/a/a/a/a/a", "x");
    EXPECT_EQ(a.messages().size(), 8192u);
    for (const std::string& filter : filters) a.say(unsubscribe_frame(Version::V5, 1, filter));
    a.heard();
    b.publish("a/a/a/a/a/a/a/a/a/a/a/a/a", "x");
    EXPECT_EQ(a.messages().size(), 0u);
}

TEST(Hardening, hardening_08_all_packet_ids_in_flight_and_sent_again) {
    TableOptions options;
    options.broker.max_inflight_messages = 0;
    options.broker.max_queued_messages = 0;
    Table table(options);
    Client a(table, "a"), b(table, "b");
    ConnectWish wish{.version = Version::V311, .clean_start = false};
    a.is_answering = false;
    a.connect(wish);
    b.connect({.version = Version::V311});
    a.subscribe("t", {.qos = Qos::AtLeastOnce});
    for (int i = 0; i < 65'600; i++) b.say_publish("t", "x", {.qos = Qos::AtLeastOnce});
    std::size_t first = a.messages().size();
    EXPECT_GE(first, 65'534u);
    EXPECT_LE(first, 65'535u);
    a.cut();
    a.open(wish);
    std::vector<std::string> again = a.messages();
    ASSERT_EQ(again.size(), first);
    EXPECT_EQ(again.back().substr(0, 15), "PUBLISH dup q1 ");
    a.cut();
    a.is_answering = true;
    a.open(wish);
    EXPECT_EQ(a.messages().size(), 65'600u);
}

}  // namespace
}  // namespace martlet::broker
