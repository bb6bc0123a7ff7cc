// Who gets a message: the topic cache is never stale, and the shards agree with a slow model.

#include "tests/broker/client.h"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <set>

namespace martlet::broker {
namespace {

using Strings = std::vector<std::string>;

const char* const kLevels[] = {"a", "b", "", "$x"};

std::string random_topic(std::mt19937_64& random) {
    std::string topic = kLevels[random() % 4];
    for (std::uint64_t i = random() % 3; i > 0; i--)
        topic += std::string("/") + kLevels[random() % 3];
    return topic.empty() ? "/" : topic;
}

std::string random_filter(std::mt19937_64& random) {
    if (random() % 10 == 0) return "#";
    std::string filter = random() % 4 ? kLevels[random() % 4] : "+";
    for (std::uint64_t i = random() % 3; i > 0; i--)
        filter += std::string("/") + (random() % 3 ? kLevels[random() % 3] : "+");
    if (filter.empty()) filter = "/";
    return random() % 4 == 0 ? filter + "/#" : filter;
}

void subscribe_and_publish_at_random(std::uint32_t shards, std::uint64_t seed) {
    std::mt19937_64 random(seed);
    Table table({.shards = shards, .broker = {}, .listener = {}});
    std::vector<std::unique_ptr<Client>> clients;
    std::vector<std::set<std::string>> filters(6);
    for (std::uint32_t i = 0; i < 6; i++) {
        clients.push_back(std::make_unique<Client>(table, "c" + std::to_string(i), i % shards));
        clients.back()->connect();
    }
    for (int step = 0; step < 1500; step++) {
        std::size_t who = random() % clients.size();
        if (random() % 4 == 0) {
            std::string filter = random_filter(random);
            clients[who]->subscribe(filter);
            filters[who].insert(filter);
        } else if (random() % 4 == 0 && !filters[who].empty()) {
            auto it = filters[who].begin();
            std::advance(it, static_cast<long>(random() % filters[who].size()));
            clients[who]->unsubscribe(*it);
            filters[who].erase(it);
        } else if (random() % 40 == 0) {
            clients[who]->cut();
            clients[who]->connect();
            filters[who].clear();
        } else {
            std::string topic = random_topic(random);
            std::string payload = std::to_string(step);
            std::size_t due_total = 0;
            clients[who]->say_publish(topic, payload, {.qos = Qos::AtLeastOnce});
            std::string own = clients[who]->heard();
            for (std::size_t i = 0; i < clients.size(); i++) {
                std::string text = i == who ? own : clients[i]->heard();
                std::size_t due = 0, got = 0;
                for (const std::string& f : filters[i]) due += mqtt::matches(f, topic);
                for (std::size_t at = text.find("PUBLISH"); at != std::string::npos;
                     at = text.find("PUBLISH", at + 1))
                    got++;
                ASSERT_EQ(got, due) << "step " << step << " topic " << topic << " client " << i;
                due_total += due;
            }
            // [MQTT-3.4.2.1] 0x10 exactly when nobody subscribes, on whatever shard.
            ASSERT_EQ(
                own.find("PUBACK") != std::string::npos && own.find(" 10") != std::string::npos,
                due_total == 0)
                << own;
        }
    }
}

TEST(Route, OneShardAgreesWithTheModel) {
    for (std::uint64_t seed = 1; seed <= 4; seed++) subscribe_and_publish_at_random(1, seed);
}

TEST(Route, ThreeShardsAgreeWithTheModel) {
    for (std::uint64_t seed = 1; seed <= 4; seed++) subscribe_and_publish_at_random(3, seed);
}

TEST(Route, MoreTopicsThanTheCacheHoldsAreRoutedAsWell) {
    Table table({.shards = 2, .broker = {}, .listener = {}});
    Client publisher(table, "p", 0), near(table, "n", 0), far(table, "f", 1);
    for (Client* c : {&publisher, &near, &far}) c->connect();
    near.subscribe("t/+");
    far.subscribe("t/#");
    for (int round = 0; round < 3; round++) {
        for (int i = 0; i < 20'000; i++) publisher.say_publish("t/" + std::to_string(i), "x");
        EXPECT_EQ(near.messages().size(), 20'000u);
        EXPECT_EQ(far.messages().size(), 20'000u);
    }
}

// What is read in one buffer is looked up together; each message still goes where it would go
// alone.
void publish_many_in_one_buffer(std::uint32_t shards, std::uint64_t seed) {
    std::mt19937_64 random(seed);
    Table table({.shards = shards, .broker = {}, .listener = {}});
    Client publisher(table, "p", 0);
    publisher.connect();
    std::vector<std::unique_ptr<Client>> clients;
    std::vector<std::set<std::string>> filters(4);
    for (std::uint32_t i = 0; i < filters.size(); i++) {
        clients.push_back(std::make_unique<Client>(table, "c" + std::to_string(i), i % shards));
        clients.back()->connect();
    }
    std::set<std::string> own;
    for (int round = 0; round < 60; round++) {
        std::size_t who = random() % clients.size();
        std::string filter = random_filter(random);
        clients[who]->subscribe(filter);
        filters[who].insert(filter);
        std::vector<std::vector<std::string>> due(clients.size() + 1);
        for (std::uint64_t i = random() % 40; i > 0; i--) {
            // Longer topics than the cache has seen, and others again and again.
            std::string topic = random_topic(random);
            if (random() % 2) topic += "/" + std::to_string(random() % 100'000);
            std::string payload = std::to_string(round) + "-" + std::to_string(i);
            publisher.say_publish(topic, payload,
                                  {.qos = static_cast<Qos>(random() % 2), .retain = false});
            auto note = [&](const std::set<std::string>& all, std::vector<std::string>& list) {
                for (const std::string& f : all)
                    if (mqtt::matches(f, topic)) list.push_back(payload);
            };
            for (std::size_t c = 0; c < clients.size(); c++) note(filters[c], due[c]);
            note(own, due.back());
            // From here on in the same buffer there is one subscriber more, or less.
            if (random() % 8 != 0) continue;
            std::string mine = random_filter(random);
            if (own.insert(mine).second) {
                publisher.say(subscribe_frame(Version::V5, publisher.next_id(), mine, {}));
            } else {
                publisher.say(unsubscribe_frame(Version::V5, publisher.next_id(), mine));
                own.erase(mine);
            }
        }
        publisher.settle();
        for (std::size_t c = 0; c < clients.size(); c++)
            ASSERT_EQ(clients[c]->payloads(), due[c]) << "seed " << seed << " round " << round;
        ASSERT_EQ(publisher.payloads(), due.back()) << "seed " << seed << " round " << round;
    }
}

TEST(Route, MessagesThatComeTogetherGoWhereEachWouldGoAlone) {
    for (std::uint64_t seed = 1; seed <= 5; seed++) {
        publish_many_in_one_buffer(1, seed);
        publish_many_in_one_buffer(3, seed);
    }
}

TEST(Route, ABufferMayHoldAliasesAndEndAnywhere) {
    Table table({.shards = 2, .broker = {}, .listener = {}});
    Client publisher(table, "p", 0), s(table, "s", 1);
    publisher.connect();
    s.connect();
    s.subscribe("#", {.qos = Qos::AtLeastOnce});
    Strings due;
    for (int i = 0; i < 200; i++) {
        auto alias = static_cast<std::uint16_t>(1 + i / 20);
        PublishWish wish{.qos = Qos::AtLeastOnce};
        if (i % 2) wish.alias = alias;
        std::string topic = i % 4 == 3 ? "" : "t/" + std::to_string(i);
        publisher.say_publish(topic, std::to_string(i), wish);
        due.push_back(std::to_string(i));
    }
    std::mt19937_64 random(1);
    while (!publisher.line().to_broker.empty()) {
        table.begin(0);
        table.read(publisher.line(), 1 + random() % 100);
        table.finish_reading(0);
        table.send_letters(0);
        table.write(0);
        table.turn(1);
    }
    EXPECT_EQ(s.payloads(), due);
}

TEST(Route, AFanOutTooLargeToBeCachedIsNeverStale) {
    Table table({.shards = 2, .broker = {}, .listener = {}});
    Client publisher(table, "p", 0), s(table, "s", 1), late(table, "l", 1);
    for (Client* c : {&publisher, &s, &late}) c->connect();
    for (unsigned bits = 0; bits < 1024; bits++) {
        std::string filter;
        for (unsigned i = 0; i < 10; i++)
            filter += std::string(i ? "/" : "") + (bits >> i & 1 ? "+" : "a");
        s.say(subscribe_frame(Version::V5, 1, filter, {}));
    }
    s.heard();
    const std::string topic = "a/a/a/a/a/a/a/a/a/a";
    for (int i = 0; i < 4; i++) publisher.publish(topic, "x");
    EXPECT_EQ(s.messages().size(), 4 * 1024u);
    late.subscribe("#");
    s.unsubscribe(topic);
    for (int i = 0; i < 4; i++) publisher.publish(topic, "x");
    EXPECT_EQ(s.messages().size(), 4 * 1023u);
    EXPECT_EQ(late.messages().size(), 4u);
}

TEST(Route, NoLocalHoldsForTheOwnConnectionOnly) {
    Table table({.shards = 2, .broker = {}, .listener = {}});
    Client a(table, "a", 0), b(table, "b", 1);
    a.connect();
    b.connect();
    a.subscribe("t", {.no_local = true});
    a.publish("t", "own");
    b.publish("t", "other");
    EXPECT_EQ(a.heard(), "PUBLISH q0 't' 'other'");
}

TEST(Route, OverlappingSubscriptionsGiveACopyEachOrOneCopyWithAllIdentifiers) {
    for (bool is_double : {true, false}) {
        TableOptions options;
        options.shards = 2;
        options.broker.allow_duplicate_messages = is_double;
        Table table(options);
        Client subscriber(table, "s", 1), publisher(table, "p", 0);
        subscriber.connect();
        publisher.connect();
        subscriber.subscribe("t/#", {.qos = Qos::AtMostOnce, .identifier = 1});
        subscriber.subscribe("t/+", {.qos = Qos::AtLeastOnce, .identifier = 200});
        publisher.publish("t/1", "x", {.qos = Qos::ExactlyOnce});
        std::vector<std::string> got = subscriber.messages();
        if (is_double) {
            ASSERT_EQ(got.size(), 2u);
            continue;
        }
        ASSERT_EQ(got.size(), 1u);
        EXPECT_TRUE(got[0].starts_with("PUBLISH q1 m1 't/1' 'x'")) << got[0];
        EXPECT_NE(got[0].find("subscription="), std::string::npos) << got[0];
    }
}

}  // namespace
}  // namespace martlet::broker
