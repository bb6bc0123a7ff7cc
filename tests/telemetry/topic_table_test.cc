#include "telemetry/topic_table.h"

#include <algorithm>
#include <deque>
#include <random>
#include <set>
#include <string>
#include <thread>
#include <vector>

namespace martlet::telemetry {
namespace {

void put(TopicTable& table, std::string_view topic, std::string_view payload = "1", Time time = 1) {
    Incoming message{.topic = topic, .payload = payload, .received = time};
    table.add({&message, 1});
}

std::vector<std::string> levels(const std::vector<TopicChild>& children) {
    std::vector<std::string> names;
    for (const auto& child : children) names.push_back(child.level);
    return names;
}

using Names = std::vector<std::string>;

TEST(TopicTable, TheLastMessageAndTheCount) {
    TopicTable table;
    put(table, "a/b", "one", 5);
    Incoming second{.topic = "a/b", .payload = "four", .received = 6, .retain = true, .qos = 1};
    table.add({&second, 1});
    auto state = table.find("a/b");
    ASSERT_TRUE(state);
    EXPECT_EQ(state->payload, "four");
    EXPECT_EQ(state->payload_bytes, 4u);
    EXPECT_EQ(state->received, 6);
    EXPECT_EQ(state->qos, 1);
    EXPECT_TRUE(state->retain);
    EXPECT_EQ(state->messages, 2u);
    EXPECT_EQ(state->bytes, 7u);
    EXPECT_FALSE(table.find("a"));
    EXPECT_EQ(table.counts().topics, 1u);
    EXPECT_EQ(table.counts().messages, 2u);
}

TEST(TopicTable, ALongPayloadIsCutAndItsSizeKept) {
    TopicTable table({.payload_bytes_max = 10});
    put(table, "t", std::string(5000, 'x'));
    EXPECT_EQ(table.find("t")->payload.size(), 10u);
    EXPECT_EQ(table.find("t")->payload_bytes, 5000u);
}

TEST(TopicTable, ChildrenWithCountsBelow) {
    TopicTable table;
    for (const char* topic : {"b/x", "a/1", "a/2/deep", "a", "/top", "a//e", "end/"})
        put(table, topic);
    auto top = table.children("", {}, 100);
    EXPECT_EQ(levels(top), (Names{"", "a", "b", "end"}));
    EXPECT_EQ(top[1].topics, 4u);
    EXPECT_TRUE(top[1].state);
    EXPECT_FALSE(top[2].state);
    EXPECT_EQ(levels(table.children("a", {}, 100)), (Names{"", "1", "2"}));
    EXPECT_EQ(levels(table.children("a/", {}, 100)), (Names{"", "1", "2"}));
    EXPECT_EQ(levels(table.children("a//", {}, 100)), (Names{"e"}));
    EXPECT_EQ(levels(table.children("/", {}, 100)), (Names{"top"}));
    auto end = table.children("end", {}, 100);
    ASSERT_EQ(end.size(), 1u);
    EXPECT_EQ(end[0].state->topic, "end/");
    EXPECT_FALSE(end[0].has_children);
    EXPECT_TRUE(table.children("none", {}, 100).empty());
    EXPECT_TRUE(table.children("a/1/", {}, 100).empty());
}

TEST(TopicTable, PagesOfOneReachTheEnd) {
    TopicTable table;
    for (const char* topic : {"/x", "a", "b/c", "d"}) put(table, topic);
    Names seen;
    std::optional<std::string> after;
    for (int i = 0; i < 10; i++) {
        auto page = table.children("", after, 1);
        if (page.empty()) break;
        after = page[0].level;
        seen.push_back(*after);
    }
    EXPECT_EQ(seen, (Names{"", "a", "b", "d"}));
}

TEST(TopicTable, SearchInAnyCaseNewestFirst) {
    TopicTable table;
    for (const char* topic : {"Kitchen/Temp", "hall/temperature", "hall/light"}) put(table, topic);
    put(table, "Kitchen/Temp");
    auto found = table.search("TEMP", 10);
    ASSERT_EQ(found.size(), 2u);
    EXPECT_EQ(found[0].topic, "Kitchen/Temp");
    EXPECT_EQ(found[1].topic, "hall/temperature");
    EXPECT_EQ(table.search("", 2).size(), 2u);
    EXPECT_TRUE(table.search("cellar", 10).empty());
}

TEST(TopicTable, TheOldestIsForgottenWithItsLevels) {
    TopicTable table({.topics_max = 2});
    put(table, "a/b/c");
    put(table, "a/d");
    put(table, "a/b/c");
    put(table, "e");
    EXPECT_FALSE(table.find("a/d"));
    EXPECT_TRUE(table.find("a/b/c"));
    EXPECT_EQ(levels(table.children("a", {}, 10)), (Names{"b"}));
    EXPECT_EQ(table.counts().forgotten, 1u);
}

TEST(TopicTable, BytesComeBackWhenTopicsGo) {
    TopicTable table({.topics_max = 1});
    put(table, "x", std::string(3000, 'x'));
    std::size_t before = table.counts().bytes;
    for (int i = 0; i < 1000; i++) put(table, "some/deep/topic/" + std::to_string(i), "payload");
    put(table, "x", std::string(3000, 'x'));
    EXPECT_EQ(table.counts().bytes, before);
}

TEST(TopicTable, MemoryIsBounded) {
    TopicTable table({.bytes_max = 1 << 20});
    for (int i = 0; i < 2000; i++)
        put(table, std::to_string(i) + std::string(65'000, '/'), std::string(4096, 'x'));
    EXPECT_LE(table.counts().bytes, 1u << 20);
    EXPECT_GT(table.counts().topics, 0u);
    EXPECT_GT(table.counts().forgotten, 0u);
}

TEST(TopicTable, TopicsDeeperThanTheTreeStayApart) {
    TopicTable table;
    std::string deep(1000, '/');
    put(table, deep + "a");
    put(table, deep + "b");
    EXPECT_EQ(table.counts().topics, 2u);
    EXPECT_TRUE(table.find(deep + "a"));
    std::string prefix;
    std::vector<TopicChild> children;
    for (int i = 0; i < 200; i++) {
        children = table.children(prefix, {}, 10);
        if (children.size() != 1) break;
        prefix += children[0].level + "/";
    }
    EXPECT_EQ(children.size(), 2u);
}

TEST(TopicTable, SameAsASlowModel) {
    std::mt19937 random(5);
    TopicTable table({.topics_max = 40});
    std::deque<std::string> model;  // the newest at the front
    const Names parts = {"", "a", "b", "cc"};
    for (int i = 0; i < 5000; i++) {
        std::string topic = parts[1 + random() % 3];
        for (auto depth = random() % 4; depth > 0; depth--) topic += "/" + parts[random() % 4];
        put(table, topic);
        std::erase(model, topic);
        model.push_front(topic);
        if (model.size() > 40) model.pop_back();
        if (i % 50) continue;
        ASSERT_EQ(table.counts().topics, model.size());
        for (std::string prefix : {"a/", "b/cc/", "cc//"}) {
            std::set<std::string> expected;
            std::size_t below = 0;
            for (const auto& name : model) {
                if (name.rfind(prefix, 0) != 0) continue;
                below++;
                expected.insert(
                    name.substr(prefix.size(), name.find('/', prefix.size()) - prefix.size()));
            }
            auto children = table.children(prefix, {}, 1000);
            ASSERT_EQ(levels(children), Names(expected.begin(), expected.end())) << i;
            std::size_t counted = 0;
            for (const auto& child : children) counted += child.topics;
            ASSERT_EQ(counted, below);
        }
    }
}

TEST(TopicTable, ReadersBesideTheWriter) {
    TopicTable table({.topics_max = 50});
    std::thread reader([&] {
        for (int i = 0; i < 500; i++) {
            table.children("a", {}, 10);
            table.search("7", 10);
            table.find("a/7");
        }
    });
    for (int i = 0; i < 5000; i++) put(table, "a/" + std::to_string(i % 100));
    reader.join();
    EXPECT_EQ(table.counts().topics, 50u);
}

}  // namespace
}  // namespace martlet::telemetry
