#include "topics/filter_tree.h"

#include "tests/topics/random_topics.h"

#include <gtest/gtest.h>

#include <map>
#include <set>

namespace martlet::topics {
namespace {

using Tree = FilterTree<int>;

std::multiset<std::string> found_by(const Tree& tree, std::string_view topic) {
    std::multiset<std::string> found;
    tree.match(topic, [&](const Tree::Entry& entry) { found.emplace(entry.filter()); });
    return found;
}

TEST(FilterTree, FindsWhatTheSlowMatcherFinds) {
    for (std::uint64_t seed = 1; seed <= 10; seed++) {
        std::mt19937_64 random(seed);
        Tree tree;
        std::map<std::string, Tree::Entry*> model;
        for (int step = 0; step < 5000; step++) {
            if (random() % 2) {
                std::string filter = random_filter(random);
                Tree::Entry& entry = tree.find_or_add(filter);
                auto [it, is_new] = model.emplace(filter, &entry);
                ASSERT_EQ(it->second, &entry) << "an entry moved: " << filter;
                ASSERT_EQ(entry.filter(), filter);
                if (is_new) entry.value = step;
            } else if (!model.empty() && random() % 2) {
                auto it = model.begin();
                std::advance(it, static_cast<long>(random() % model.size()));
                ASSERT_EQ(tree.find(it->first), it->second);
                tree.remove(*it->second);
                ASSERT_EQ(tree.find(it->first), nullptr);
                model.erase(it);
            } else {
                std::string topic = random_topic(random);
                std::multiset<std::string> expected;
                for (const auto& [filter, entry] : model)
                    if (mqtt::matches(filter, topic)) expected.insert(filter);
                ASSERT_EQ(found_by(tree, topic), expected) << topic;
            }
            ASSERT_EQ(tree.size(), model.size());
        }
        while (!model.empty()) {
            tree.remove(*model.begin()->second);
            model.erase(model.begin());
        }
        EXPECT_TRUE(found_by(tree, "a/b").empty());
        EXPECT_EQ(tree.size(), 0u);
    }
}

TEST(FilterTree, FindsTheSameForManyTopicsAtOnce) {
    for (std::uint64_t seed = 1; seed <= 20; seed++) {
        std::mt19937_64 random(seed);
        Tree tree;
        std::vector<Tree::Matching> all(8);
        for (int round = 0; round < 300; round++) {
            tree.find_or_add(random_filter(random));
            std::vector<std::string> topics(1 + random() % all.size());
            for (std::size_t i = 0; i < topics.size(); i++) {
                topics[i] = random_topic(random);
                all[i].topic = topics[i];
                all[i].hash = hash_text(topics[i]);
            }
            tree.match(std::span(all).first(topics.size()));
            for (std::size_t i = 0; i < topics.size(); i++) {
                std::vector<const Tree::Entry*> alone;
                tree.match(topics[i], [&](const Tree::Entry& entry) { alone.push_back(&entry); });
                std::vector<const Tree::Entry*> together(all[i].found.begin(), all[i].found.end());
                ASSERT_EQ(together, alone) << topics[i];
            }
        }
    }
}

TEST(FilterTree, HoldsManyThatShareEveryLevel) {
    Tree tree;
    std::vector<Tree::Entry*> entries;
    for (int i = 0; i < 20'000; i++)
        entries.push_back(&tree.find_or_add("site/" + std::to_string(i / 100) + "/+/" +
                                            std::to_string(i % 100) + "/#"));
    EXPECT_EQ(found_by(tree, "site/7/x/42/deep/er"), (std::multiset<std::string>{"site/7/+/42/#"}));
    for (Tree::Entry* entry : entries) tree.remove(*entry);
    EXPECT_TRUE(found_by(tree, "site/7/x/42/deep/er").empty());
}

// hardening row 4: as deep as a packet can make it; no recursion, no overflow.
TEST(FilterTree, hardening_04_as_deep_as_it_goes) {
    Tree tree;
    std::string topic(200, '/'), filter, plus;
    for (int i = 0; i < 200; i++) plus += "+/";
    plus += "+";
    tree.find_or_add(plus);
    tree.find_or_add("#");
    tree.find_or_add(topic);
    EXPECT_EQ(found_by(tree, topic).size(), 3u);
    // Longer ones do not get past decode(); here they must do no harm.
    EXPECT_GE(found_by(tree, std::string(65535, '/')).size(), 1u);
}

// Two branches at each of many levels: the walk must not need more room than it has.
TEST(FilterTree, hardening_08_both_branches_at_every_level) {
    Tree tree;
    for (unsigned bits = 0; bits < 4096; bits++) {
        std::string filter;
        for (unsigned i = 0; i < 12; i++)
            filter += std::string(i ? "/" : "") + (bits >> i & 1 ? "+" : "a");
        tree.find_or_add(filter);
    }
    EXPECT_EQ(found_by(tree, "a/a/a/a/a/a/a/a/a/a/a/a").size(), 4096u);
    EXPECT_EQ(found_by(tree, "b/b/b/b/b/b/b/b/b/b/b/b").size(), 1u);
}

}  // namespace
}  // namespace martlet::topics
