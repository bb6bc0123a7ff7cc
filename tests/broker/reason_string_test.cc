// `reason_strings`: when a client is told in words, and when not.

#include "tests/broker/client.h"

#include <gtest/gtest.h>

namespace martlet::broker {
namespace {

std::string answer_to_a_reserved_topic(bool is_on, const ConnectWish& wish) {
    TableOptions options;
    options.broker.reason_strings = is_on;
    Table table(options);
    Client a(table, "a");
    a.connect(wish);
    a.publish("$SYS/x", "1", {.qos = Qos::AtLeastOnce});
    return a.heard();
}

bool has_words(const std::string& heard) {
    return heard.find("not authorized") != std::string::npos;
}

TEST(ReasonString, IsSentWhereItIsSwitchedOn) {
    EXPECT_TRUE(has_words(answer_to_a_reserved_topic(true, {})));
    EXPECT_FALSE(has_words(answer_to_a_reserved_topic(false, {})));
}

// [MQTT-3.1.2-24]
TEST(ReasonString, IsLeftOutForAClientWithoutRoom) {
    EXPECT_FALSE(has_words(answer_to_a_reserved_topic(true, {.packet_size_max = 100})));
}

}  // namespace
}  // namespace martlet::broker
