#include "mqtt/topic.h"

#include "mqtt/types.h"

#include <random>
#include <string>
#include <vector>

namespace martlet::mqtt {
namespace {

std::string repeat(const std::string& piece, std::size_t count) {
    std::string text;
    for (std::size_t i = 0; i < count; i++) text += piece;
    return text;
}

TEST(Topic, Names) {
    EXPECT_TRUE(is_valid_topic_name("a"));
    EXPECT_TRUE(is_valid_topic_name("/"));
    EXPECT_TRUE(is_valid_topic_name("$SYS/broker load"));
    EXPECT_TRUE(is_valid_topic_name("caf\xC3\xA9/\xF0\x9F\x90\xA6"));
    EXPECT_FALSE(is_valid_topic_name(""));
    EXPECT_TRUE(is_valid_topic_name(std::string(65535, 'x')));
    EXPECT_FALSE(is_valid_topic_name(std::string(65536, 'x')));
}

// [MQTT-3.3.2-2]: a wildcard at each place of each length, among characters that differ from it in
// one bit.
TEST(Topic, WildcardAnywhereInAName) {
    for (std::size_t size = 1; size < 40; size++) {
        for (std::size_t at = 0; at < size; at++) {
            for (char around : {'a', '*', '"', ';', '3', '/', '\'', '!', ','}) {
                std::string topic(size, around);
                ASSERT_TRUE(is_valid_topic_name(topic));
                ASSERT_FALSE(has_wildcard(topic));
                for (char wildcard : {'+', '#'}) {
                    topic[at] = wildcard;
                    ASSERT_FALSE(is_valid_topic_name(topic)) << topic;
                    ASSERT_TRUE(has_wildcard(topic)) << topic;
                }
            }
        }
    }
}

// hardening.md, row 4; the bound is mosquitto's.
TEST(Topic, hardening_04_Levels) {
    EXPECT_TRUE(is_valid_topic_name(repeat("/", 200)));
    EXPECT_FALSE(is_valid_topic_name(repeat("/", 201)));
    EXPECT_TRUE(is_valid_topic_filter(repeat("/", 200)));
    EXPECT_FALSE(is_valid_topic_filter(repeat("/", 201)));
    EXPECT_TRUE(is_valid_topic_filter(repeat("+/", 200) + "#"));
    EXPECT_FALSE(is_valid_topic_filter(repeat("+/", 201) + "#"));
    EXPECT_TRUE(is_valid_topic_name(repeat("abc/", 199) + "d"));
    EXPECT_FALSE(is_valid_topic_name(repeat("abc/", 201) + "d"));
    EXPECT_EQ(kTopicLevelsMax, 201u);
}

TEST(Topic, hardening_04_SlashesOnly) {
    std::string slashes(65535, '/');
    std::string pluses = repeat("+/", 32767);
    EXPECT_FALSE(is_valid_topic_name(slashes));
    EXPECT_FALSE(is_valid_topic_filter(slashes));
    EXPECT_FALSE(is_valid_topic_filter(pluses));
    ParsedFilter parsed;
    EXPECT_FALSE(parse_filter("$share/g/" + slashes, parsed));
    // Matching takes no stack, whatever it is given.
    EXPECT_TRUE(matches(slashes, slashes));
    EXPECT_TRUE(matches(pluses, slashes.substr(0, 32767)));
    EXPECT_TRUE(overlap(pluses, pluses));
    EXPECT_FALSE(overlap(slashes, pluses));
    std::size_t levels = 0;
    std::string_view level;
    for (TopicLevels walk(slashes); walk.next(level);) levels++;
    EXPECT_EQ(levels, 65536u);
}

TEST(Topic, Filters) {
    for (const char* good : {"a", "/", "+", "#", "+/+", "/+", "+/", "a/+/b", "a/#", "/#", "+/#",
                             "a//b", "$SYS/#", "a/+", "$share/g/a", "a b/c"}) {
        EXPECT_TRUE(is_valid_topic_filter(good)) << good;
    }
    for (const char* bad : {"", "a+", "+a", "a/b+/c", "a/+b", "++", "#/", "#/a", "a#", "a/#/b",
                            "##", "+#", "#+", "a/+#", "a/#+", "a/##"}) {
        EXPECT_FALSE(is_valid_topic_filter(bad)) << bad;
    }
    EXPECT_TRUE(is_valid_topic_filter(std::string(65535, 'x')));
    EXPECT_FALSE(is_valid_topic_filter(std::string(65536, 'x')));
}

TEST(Topic, ParseFilter) {
    ParsedFilter parsed;
    ASSERT_TRUE(parse_filter("a/+/#", parsed));
    EXPECT_FALSE(parsed.is_shared);
    EXPECT_EQ(parsed.filter, "a/+/#");
    EXPECT_EQ(parsed.group, "");
    ASSERT_TRUE(parse_filter("$share/group 1/a/+/#", parsed));
    EXPECT_TRUE(parsed.is_shared);
    EXPECT_EQ(parsed.group, "group 1");
    EXPECT_EQ(parsed.filter, "a/+/#");
    ASSERT_TRUE(parse_filter("$share/g//", parsed));
    EXPECT_EQ(parsed.filter, "/");
    // Plain filters that only look like it.
    for (const char* plain : {"$share", "$shared/g/a", "$SHARE/g/a", "share/g/a", "/$share/g/a"}) {
        ASSERT_TRUE(parse_filter(plain, parsed)) << plain;
        EXPECT_FALSE(parsed.is_shared) << plain;
        EXPECT_EQ(parsed.filter, plain);
    }
    // [MQTT-4.8.2-1] [MQTT-4.8.2-2]
    for (const char* bad :
         {"$share/", "$share//", "$share//a", "$share/g", "$share/g/", "$share/+/a", "$share/#/a",
          "$share/g+/a", "$share/g/a#", "$share/g/#/a", "", "a#"}) {
        EXPECT_FALSE(parse_filter(bad, parsed)) << bad;
    }
}

TEST(Topic, MatchesTheSpecificationsExamples) {
    EXPECT_TRUE(matches("sport/tennis/player1/#", "sport/tennis/player1"));
    EXPECT_TRUE(matches("sport/tennis/player1/#", "sport/tennis/player1/ranking"));
    EXPECT_TRUE(matches("sport/tennis/player1/#", "sport/tennis/player1/score/wimbledon"));
    EXPECT_TRUE(matches("sport/#", "sport"));
    EXPECT_TRUE(matches("#", "sport/tennis"));
    EXPECT_TRUE(matches("sport/tennis/+", "sport/tennis/player1"));
    EXPECT_FALSE(matches("sport/tennis/+", "sport/tennis/player1/ranking"));
    EXPECT_FALSE(matches("sport/+", "sport"));
    EXPECT_TRUE(matches("sport/+", "sport/"));
    EXPECT_TRUE(matches("+/+", "/finance"));
    EXPECT_TRUE(matches("/+", "/finance"));
    EXPECT_FALSE(matches("+", "/finance"));
    EXPECT_FALSE(matches("ACCOUNTS", "Accounts"));
}

TEST(Topic, MQTT_4_7_2_1_DollarTopics) {
    EXPECT_FALSE(matches("#", "$SYS/monitor/Clients"));
    EXPECT_FALSE(matches("+/monitor/Clients", "$SYS/monitor/Clients"));
    EXPECT_FALSE(matches("+", "$SYS"));
    EXPECT_TRUE(matches("$SYS/#", "$SYS/monitor/Clients"));
    EXPECT_TRUE(matches("$SYS/monitor/+", "$SYS/monitor/Clients"));
    EXPECT_TRUE(matches("a/+", "a/$SYS"));
}

// The slow model, level by level from the front, by recursion on copies.
std::vector<std::string> split(const std::string& text) {
    std::vector<std::string> levels(1);
    for (char c : text) {
        if (c == '/')
            levels.emplace_back();
        else
            levels.back() += c;
    }
    return levels;
}

bool model_matches(const std::vector<std::string>& filter, const std::vector<std::string>& topic,
                   std::size_t f = 0, std::size_t t = 0) {
    if (f == filter.size()) return t == topic.size();
    bool is_hidden = f == 0 && !topic[0].empty() && topic[0][0] == '$';
    if (filter[f] == "#") return !is_hidden;
    if (t == topic.size()) return false;
    bool is_same = filter[f] == "+" ? !is_hidden : filter[f] == topic[t];
    return is_same && model_matches(filter, topic, f + 1, t + 1);
}

std::vector<std::string> all_texts(const std::vector<std::string>& words, std::size_t levels_max) {
    std::vector<std::string> all = words;
    std::vector<std::string> last = words;
    for (std::size_t levels = 1; levels < levels_max; levels++) {
        std::vector<std::string> longer;
        for (const auto& text : last) {
            for (const auto& word : words) longer.push_back(text + "/" + word);
        }
        all.insert(all.end(), longer.begin(), longer.end());
        last = std::move(longer);
    }
    return all;
}

struct Universe {
    std::vector<std::string> topics;
    std::vector<std::string> filters;
    Universe() {
        // One level more than the filters have, and words that no filter names.
        for (auto& topic : all_texts({"", "a", "b", "$a", "x"}, 4)) {
            if (is_valid_topic_name(topic)) topics.push_back(topic);
        }
        for (auto& filter : all_texts({"", "a", "b", "$a", "+", "#"}, 3)) {
            if (is_valid_topic_filter(filter)) filters.push_back(filter);
        }
    }
};

TEST(Topic, MatchesLikeTheModel) {
    Universe u;
    ASSERT_GT(u.topics.size() * u.filters.size(), 50'000u);
    for (const auto& filter : u.filters) {
        for (const auto& topic : u.topics) {
            ASSERT_EQ(matches(filter, topic), model_matches(split(filter), split(topic)))
                << filter << " ~ " << topic;
        }
    }
}

TEST(Topic, OverlapIsATopicThatBothMatch) {
    Universe u;
    std::vector<std::vector<bool>> hits;
    for (const auto& filter : u.filters) {
        std::vector<bool> row;
        for (const auto& topic : u.topics)
            row.push_back(model_matches(split(filter), split(topic)));
        hits.push_back(std::move(row));
    }
    for (std::size_t a = 0; a < u.filters.size(); a++) {
        for (std::size_t b = 0; b < u.filters.size(); b++) {
            bool expected = false;
            for (std::size_t t = 0; t < u.topics.size() && !expected; t++) {
                expected = hits[a][t] && hits[b][t];
            }
            ASSERT_EQ(overlap(u.filters[a], u.filters[b]), expected)
                << u.filters[a] << " ~ " << u.filters[b];
        }
    }
}

TEST(Topic, LevelsOfText) {
    auto levels_of = [](std::string_view text) {
        std::vector<std::string> levels;
        std::string_view level;
        for (TopicLevels walk(text); walk.next(level);) levels.emplace_back(level);
        return levels;
    };
    for (const auto& topic : all_texts({"", "a", "bc"}, 4)) {
        EXPECT_EQ(levels_of(topic), split(topic)) << topic;
    }
}

}  // namespace
}  // namespace martlet::mqtt
