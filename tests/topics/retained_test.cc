#include "topics/retained.h"

#include "mqtt/topic.h"
#include "tests/topics/random_topics.h"

#include <gtest/gtest.h>

#include <cstring>
#include <map>
#include <thread>

namespace martlet::topics {
namespace {

BodyRef body_of(const std::string& text) {
    BodyRef body = BodyRef::adopt(Body::make(text.size()));
    std::memcpy(body->data(), text.data(), text.size());
    return body;
}

std::string text_of(const RetainedMessage& message) {
    return std::string(as_text(message.body->view()));
}

// All that a walk in stretches of `most` finds, in its order.
std::vector<RetainedMessage> walk_messages(const Retained& retained, const std::string& filter,
                                           std::size_t most) {
    std::vector<RetainedMessage> all, found;
    Retained::Position position;
    for (bool has_more = true; has_more && all.size() < 1'000'000;) {
        found.clear();
        has_more = retained.next(filter, position, most, found);
        EXPECT_LE(found.size(), most);
        all.insert(all.end(), found.begin(), found.end());
    }
    return all;
}

std::vector<std::string> walk(const Retained& retained, const std::string& filter,
                              std::size_t most) {
    std::vector<std::string> topics;
    for (const RetainedMessage& m : walk_messages(retained, filter, most))
        topics.push_back(text_of(m));
    return topics;
}

TEST(Retained, WalksFindWhatTheSlowMatcherFinds) {
    for (std::uint64_t seed = 1; seed <= 5; seed++) {
        std::mt19937_64 random(seed);
        Retained retained;
        std::map<std::string, std::uint64_t> model;
        std::uint64_t newest = 0, bytes = 0;
        for (int step = 0; step < 2000; step++) {
            std::string topic = random_topic(random);
            if (random() % 3 == 0) {
                std::uint64_t number = retained.set(topic, {}, nullptr);
                ASSERT_GT(number, newest);
                newest = number;
                bytes -= model.contains(topic) ? topic.size() : 0;
                model.erase(topic);
            } else if (random() % 5 == 0 && model.contains(topic)) {
                // Expiry removes the one that it saw, not one that took its place.
                std::uint64_t number = model[topic];
                retained.remove(topic, number - 1);
                ASSERT_EQ(retained.count(), model.size());
                retained.remove(topic, number);
                bytes -= topic.size();
                model.erase(topic);
            } else {
                bytes += model.contains(topic) ? 0 : topic.size();
                model[topic] = newest = retained.set(topic, body_of(topic), nullptr);
            }
            ASSERT_EQ(retained.count(), model.size());
            ASSERT_EQ(retained.bytes(), bytes);
            ASSERT_EQ(retained.newest(), newest);
            if (step % 4 != 0) continue;
            std::string filter = random() % 4 ? random_filter(random) : random_topic(random);
            std::multiset<std::string> expected;
            for (const auto& [t, number] : model)
                if (mqtt::matches(filter, t)) expected.insert(t);
            std::vector<std::string> got = walk(retained, filter, 1 + random() % 7);
            ASSERT_EQ(std::multiset<std::string>(got.begin(), got.end()), expected) << filter;
        }
    }
}

TEST(Retained, GoesInTopicOrderBelowOneFirstLevel) {
    Retained retained;
    for (const char* topic : {"a", "a/b", "a/b!", "a/b/c", "a/b0", "a/c", "a!", "a0", "b"})
        retained.set(topic, body_of(topic), nullptr);
    using Topics = std::vector<std::string>;
    for (std::size_t most : {1u, 2u, 3u, 100u}) {
        EXPECT_EQ(walk(retained, "a/#", most),
                  (Topics{"a", "a/b", "a/b!", "a/b/c", "a/b0", "a/c"}));
        EXPECT_EQ(walk(retained, "a/b/#", most), (Topics{"a/b", "a/b/c"}));
        EXPECT_EQ(walk(retained, "a/+", most), (Topics{"a/b", "a/b!", "a/b0", "a/c"}));
        EXPECT_EQ(walk(retained, "a/b", most), (Topics{"a/b"}));
        EXPECT_EQ(walk(retained, "+", most).size(), 4u);
        EXPECT_EQ(walk(retained, "#", most).size(), 9u);
    }
}

TEST(Retained, WildcardsInTheFirstLevelDoNotShowDollarTopics) {
    Retained retained;
    for (const char* topic : {"$SYS/a", "$x", "/", "a/$SYS"})
        retained.set(topic, body_of(topic), nullptr);
    EXPECT_EQ(walk(retained, "#", 1).size(), 2u);
    EXPECT_EQ(walk(retained, "+/+", 1).size(), 2u);
    EXPECT_EQ(walk(retained, "$SYS/#", 1), (std::vector<std::string>{"$SYS/a"}));
    EXPECT_EQ(walk(retained, "$x/#", 1), (std::vector<std::string>{"$x"}));
}

// What stands during the whole walk is found exactly once, whatever comes and goes meanwhile.
TEST(Retained, AWalkThatIsPausedMissesNothingThatStands) {
    std::mt19937_64 random(1);
    Retained retained;
    std::set<std::string> standing;
    for (int i = 0; i < 3000; i++) {
        std::string topic = "s" + std::to_string(i % 7) + "/" + std::to_string(i);
        standing.insert(topic);
        retained.set(topic, body_of(topic), nullptr);
    }
    std::multiset<std::string> seen;
    Retained::Position position;
    std::vector<RetainedMessage> found;
    for (bool has_more = true; has_more;) {
        found.clear();
        has_more = retained.next("+/#", position, 10, found);
        for (const RetainedMessage& m : found) seen.insert(text_of(m));
        for (int i = 0; i < 20; i++) {
            std::string other =
                "s" + std::to_string(random() % 7) + "/x" + std::to_string(random() % 50);
            retained.set(other, random() % 2 ? body_of(other) : BodyRef(), nullptr);
        }
    }
    for (const std::string& topic : standing) ASSERT_EQ(seen.count(topic), 1u) << topic;
}

// hardening row 8: a filter that matches little among many holds the lock for a stretch only.
TEST(Retained, hardening_08_a_call_looks_at_a_bounded_number) {
    Retained retained;
    for (int i = 0; i < 20'000; i++)
        retained.set("a/" + std::to_string(i) + "/x", body_of("x"), nullptr);
    retained.set("a/zzz/y", body_of("y"), nullptr);
    Retained::Position position;
    std::vector<RetainedMessage> found;
    int calls = 1;
    while (retained.next("a/+/y", position, 64, found)) calls++;
    EXPECT_EQ(found.size(), 1u);
    EXPECT_GE(calls, 4);
    EXPECT_LE(calls, 40);
}

// Writers race on few topics; numbers are unique, and what stands at the end is the newest.
TEST(Retained, ManyThreads) {
    Retained retained;
    std::vector<std::map<std::string, std::uint64_t>> last(3);
    std::vector<std::thread> threads;
    std::atomic<bool> must_stop{false};
    for (std::size_t t = 0; t < 3; t++) {
        threads.emplace_back([&, t] {
            std::mt19937_64 random(t);
            for (int i = 0; i < 3000; i++) {
                std::string topic = random_topic(random);
                BodyRef body = random() % 3 ? body_of(topic) : BodyRef();
                last[t][topic] = retained.set(topic, std::move(body), nullptr);
            }
        });
    }
    std::thread reader([&] {
        while (!must_stop) {
            std::uint64_t before = retained.newest();
            for (const RetainedMessage& m : walk_messages(retained, "#", 5))
                EXPECT_NE(m.number, 0u);
            EXPECT_LE(before, retained.newest());
        }
    });
    for (std::thread& thread : threads) thread.join();
    must_stop = true;
    reader.join();
    EXPECT_EQ(retained.newest(), 9000u);
    std::map<std::string, std::uint64_t> newest;
    for (const auto& mine : last)
        for (const auto& [topic, number] : mine) newest[topic] = std::max(newest[topic], number);
    std::vector<RetainedMessage> found = walk_messages(retained, "#", 1000);
    for (RetainedMessage& m : walk_messages(retained, "$S/#", 1000)) found.push_back(std::move(m));
    EXPECT_EQ(found.size(), retained.count());
    for (const RetainedMessage& m : found) EXPECT_EQ(m.number, newest[text_of(m)]) << text_of(m);
}

}  // namespace
}  // namespace martlet::topics
