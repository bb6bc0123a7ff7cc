#include "topics/interest.h"

#include "tests/topics/random_topics.h"

#include <gtest/gtest.h>

#include <atomic>
#include <map>
#include <thread>

namespace martlet::topics {
namespace {

TEST(Interest, CountsEachFilterForEachShard) {
    Interest interest;
    interest.add("a/+", 3);
    interest.add("a/+", 3);
    interest.add("a/+", 5);
    EXPECT_EQ(interest.match("a/b"), ShardSet{1} << 3 | ShardSet{1} << 5);
    interest.remove("a/+", 3);
    EXPECT_EQ(interest.match("a/b"), ShardSet{1} << 3 | ShardSet{1} << 5);
    interest.remove("a/+", 5);
    EXPECT_EQ(interest.match("a/b"), ShardSet{1} << 3);
    interest.remove("a/+", 3);
    EXPECT_EQ(interest.match("a/b"), 0u);
    interest.add("#", 63);
    EXPECT_EQ(interest.match("a/b"), ShardSet{1} << 63);
    EXPECT_EQ(interest.match("$SYS/x"), 0u);
}

// The answer is the model's, and it never changes while the stamp stands still.
TEST(Interest, StampsChangeWithTheAnswer) {
    for (std::uint64_t seed = 1; seed <= 5; seed++) {
        std::mt19937_64 random(seed);
        Interest interest;
        std::map<std::pair<std::string, std::uint32_t>, int> model;
        std::map<std::string, std::pair<std::uint64_t, ShardSet>> cache;
        for (int step = 0; step < 10'000; step++) {
            std::string topic = random_topic(random);
            ShardSet expected = 0;
            for (const auto& [key, count] : model)
                if (mqtt::matches(key.first, topic)) expected |= ShardSet{1} << key.second;
            std::uint64_t stamp = interest.stamp(topic);
            ASSERT_EQ(interest.match(topic), expected) << topic;
            auto it = cache.find(topic);
            bool is_cached = it != cache.end() && it->second.first == stamp;
            ASSERT_TRUE(!is_cached || it->second.second == expected) << "stale: " << topic;
            cache[topic] = {stamp, expected};

            std::uint32_t shard = static_cast<std::uint32_t>(random() % 4);
            if (random() % 2) {
                std::string filter = random_filter(random);
                interest.add(filter, shard);
                model[{filter, shard}]++;
            } else if (!model.empty()) {
                auto entry = model.begin();
                std::advance(entry, static_cast<long>(random() % model.size()));
                interest.remove(entry->first.first, entry->first.second);
                if (--entry->second == 0) model.erase(entry);
            }
        }
    }
}

// Every thread adds and removes its own; its own subscriptions it sees at once.
TEST(Interest, ManyThreads) {
    Interest interest;
    std::vector<std::thread> threads;
    for (std::uint32_t shard = 0; shard < 4; shard++) {
        threads.emplace_back([&, shard] {
            std::mt19937_64 random(shard);
            for (int i = 0; i < 2000; i++) {
                std::string filter = random_filter(random), topic = random_topic(random);
                interest.add(filter, shard);
                bool is_mine = interest.match(topic) >> shard & 1;
                EXPECT_EQ(is_mine, mqtt::matches(filter, topic)) << filter << " " << topic;
                interest.stamp(topic);
                interest.remove(filter, shard);
            }
        });
    }
    for (std::thread& thread : threads) thread.join();
    std::mt19937_64 random(1);
    for (int i = 0; i < 100; i++) EXPECT_EQ(interest.match(random_topic(random)), 0u);
}

}  // namespace
}  // namespace martlet::topics
