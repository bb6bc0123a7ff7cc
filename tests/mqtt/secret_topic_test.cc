#include "mqtt/secret_topic.h"

#include <gtest/gtest.h>

namespace martlet::mqtt {
namespace {

constexpr std::string_view kKey = "ABCDEFGHIJKLMNOP";

TEST(SecretTopic, MasksTheKeyOfAChannel) {
    EXPECT_EQ(shown_topic("channels/12397/publish/ABCDEFGHIJKLMNOP"), "channels/12397/publish/***");
    EXPECT_EQ(shown_topic("channels/12397/publish/fields/field1/ABCDEFGHIJKLMNOP"),
              "channels/12397/publish/fields/field1/***");
    EXPECT_EQ(shown_topic("channels/1/subscribe/json/ABCDEFGHIJKLMNOP"),
              "channels/1/subscribe/json/***");
    EXPECT_EQ(shown_topic("channels/1/subscribe/fields/field8/ABCDEFGHIJKLMNOP"),
              "channels/1/subscribe/fields/field8/***");
}

TEST(SecretTopic, TakesAMistypedOrMisplacedKeyForOne) {
    for (std::string_view topic :
         {"channels/1/publish/abcdefghijklmnop", "channels/1/publish/ABC",
          "channels/1/publish/ABCDEFGHIJKLMNOP/more", "channels/1/publish//ABCDEFGHIJKLMNOP",
          "channels/1/publish/fields/ABCDEFGHIJKLMNOP", "channels/1/subscribe/ABCDEFGHIJKLMNOP",
          "channels/1/publish/fields/field1/ABCDEFGHIJKLMNOP/", "channels/1/publish/fieldsABC",
          "channels/1/publish/json/ABC"}) {
        std::string shown = shown_topic(topic);
        EXPECT_TRUE(shown.ends_with("/***")) << shown;
        EXPECT_EQ(shown.find("ABC"), std::string::npos) << shown;
        EXPECT_EQ(shown.find("abc"), std::string::npos) << shown;
    }
}

TEST(SecretTopic, FindsTheChannelBehindOtherLevels) {
    for (std::string_view topic :
         {"school/channels/1/publish/ABCDEFGHIJKLMNOP",
          "$share/g/channels/1/subscribe/json/ABCDEFGHIJKLMNOP",
          "channels/channels/1/publish/ABCDEFGHIJKLMNOP", "/channels/1/publish/ABCDEFGHIJKLMNOP",
          "channels/+/publish/ABCDEFGHIJKLMNOP", "channels/1/publish/fields/+/ABCDEFGHIJKLMNOP",
          "channels/1/subscribe/fields/+/ABCDEFGHIJKLMNOP", "channels/1/+/ABCDEFGHIJKLMNOP",
          "channels/1/publish/+/+/ABCDEFGHIJKLMNOP"}) {
        EXPECT_EQ(shown_topic(topic).find(kKey), std::string::npos) << topic;
    }
}

TEST(SecretTopic, LeavesOtherTopicsAlone) {
    for (std::string_view topic : {"",
                                   "c",
                                   "channels",
                                   "channels/",
                                   "channels/12397",
                                   "channels/12397/publish",
                                   "channels/12397/publish/",
                                   "channels/12397/publish/fields/field1",
                                   "channels/1/subscribe/json",
                                   "channels/1/subscribe",
                                   "channels/1/subscribe/fields/+",
                                   "channels/1/publish/#",
                                   "channels/+/publish/fields/+/+",
                                   "channels/1/publish/+",
                                   "channels/#",
                                   "channels/news/publish/title",
                                   "mychannels/1/publish/title",
                                   "channels/1/state/on",
                                   "home/kitchen/temperature",
                                   "channels//publish/title"}) {
        EXPECT_EQ(shown_topic(topic), topic);
        EXPECT_EQ(without_key(topic), topic);
    }
}

TEST(SecretTopic, TelemetryTakesTheTopicWithoutTheKey) {
    EXPECT_EQ(without_key("channels/12397/publish/fields/field1/ABCDEFGHIJKLMNOP"),
              "channels/12397/publish/fields/field1");
    EXPECT_EQ(without_key("channels/12397/publish/ABCDEFGHIJKLMNOP"), "channels/12397/publish");
    EXPECT_EQ(without_key("school/channels/5/publish/ABCDEFGHIJKLMNOP"),
              "school/channels/5/publish");
}

TEST(SecretTopic, WritesTheBufferOnlyForAKey) {
    std::string buffer = "as before";
    std::string_view plain = "home/kitchen";
    EXPECT_EQ(shown_topic(plain, buffer).data(), plain.data());
    EXPECT_EQ(buffer, "as before");
    auto shown = shown_topic("channels/1/publish/ABC", buffer);
    EXPECT_EQ(shown.data(), buffer.data());
}

}  // namespace
}  // namespace martlet::mqtt
