#include "bridge/topic_map.h"

#include <gtest/gtest.h>

#include <optional>

namespace martlet::bridge {
namespace {

Topic line(std::string pattern, Direction direction, std::string local = "",
           std::string remote = "", int qos = 0) {
    return {std::move(pattern), direction, static_cast<mqtt::Qos>(qos), std::move(local),
            std::move(remote)};
}

// The name on the other side; "-": no line concerns the topic.
std::string out(const TopicMap& map, std::string_view topic) {
    std::string storage;
    std::string_view mapped;
    return map.to_remote(topic, storage, mapped) ? std::string(mapped) : "-";
}

std::string in(const TopicMap& map, std::string_view topic) {
    std::string storage;
    std::string_view mapped;
    return map.to_local(topic, storage, mapped) ? std::string(mapped) : "-";
}

TEST(TopicMap, PrefixesAreTakenOffAndPutOn) {
    TopicMap map({line("#", Direction::Both, "home/", "site/7/")});
    EXPECT_EQ(out(map, "home/lamp/1"), "site/7/lamp/1");
    EXPECT_EQ(in(map, "site/7/lamp/1"), "home/lamp/1");
    EXPECT_EQ(out(map, "garden/lamp"), "-");
    EXPECT_EQ(in(map, "site/8/lamp"), "-");
}

TEST(TopicMap, DirectionsAreKeptApart) {
    TopicMap map({line("a/#", Direction::Out), line("b/#", Direction::In)});
    EXPECT_EQ(out(map, "a/1"), "a/1");
    EXPECT_EQ(in(map, "a/1"), "-");
    EXPECT_EQ(out(map, "b/1"), "-");
    EXPECT_EQ(in(map, "b/1"), "b/1");
}

// mosquitto looks at lines with a prefix only, and leaves the topic as it is when none matches.
TEST(TopicMap, TheFirstLineWithAPrefixDecides) {
    TopicMap map({line("#", Direction::Out), line("x/#", Direction::Out, "", "first/"),
                  line("x/y", Direction::Out, "", "second/")});
    EXPECT_EQ(out(map, "x/y"), "first/x/y");
    EXPECT_EQ(out(map, "z"), "z");
}

TEST(TopicMap, AnEmptyPatternIsTheTwoPrefixesAlone) {
    TopicMap map({line("", Direction::Both, "local/topic", "remote/topic")});
    EXPECT_EQ(out(map, "local/topic"), "remote/topic");
    EXPECT_EQ(in(map, "remote/topic"), "local/topic");
    EXPECT_EQ(out(map, "local/topic/x"), "-");
}

// "msh/#" matches "msh" as well, from which "msh/" cannot be taken off.
TEST(TopicMap, ATopicShorterThanThePrefixIsNotCut) {
    TopicMap map({line("#", Direction::Out, "msh/", "far/")});
    EXPECT_EQ(out(map, "msh"), "-");
    EXPECT_EQ(out(map, "msh/"), "far/");
}

TEST(TopicMap, DollarTopicsNeedALineOfTheirOwn) {
    TopicMap all({line("#", Direction::Both)});
    EXPECT_EQ(out(all, "$SYS/broker/uptime"), "-");
    TopicMap sys({line("broker/uptime", Direction::Out, "$SYS/", "site/")});
    EXPECT_EQ(out(sys, "$SYS/broker/uptime"), "site/broker/uptime");
}

TEST(TopicMap, EachFilterStandsOnceWithItsHighestQos) {
    TopicMap map({line("a", Direction::Out, "", "", 0), line("a", Direction::Both, "", "", 2)});
    ASSERT_EQ(map.local_filters().size(), 1u);
    EXPECT_EQ(map.local_filters()[0].qos, mqtt::Qos::ExactlyOnce);
    ASSERT_EQ(map.remote_filters().size(), 1u);
    EXPECT_EQ(map.remote_filters()[0].text, "a");
}

TEST(TopicMap, ASharedSubscriptionMatchesItsFilter) {
    TopicMap map({line("$share/g/jobs/#", Direction::In)});
    EXPECT_EQ(map.remote_filters()[0].text, "$share/g/jobs/#");
    EXPECT_EQ(in(map, "jobs/1"), "jobs/1");
}

}  // namespace
}  // namespace martlet::bridge
