#include "topics/stamps.h"

#include "mqtt/topic.h"
#include "tests/topics/random_topics.h"

#include <gtest/gtest.h>

#include <atomic>

namespace martlet::topics {
namespace {

template <typename Counter>
void check_that_stamps_grow_for_whatever_matches() {
    std::mt19937_64 random(1);
    Stamps<Counter> stamps;
    for (int i = 0; i < 20'000; i++) {
        std::string topic = random_topic(random), filter = random_filter(random);
        std::uint64_t before = stamps.read(topic);
        stamps.change(filter);
        std::uint64_t after = stamps.read(topic);
        ASSERT_GE(after, before);
        if (mqtt::matches(filter, topic)) {
            ASSERT_GT(after, before) << filter << " " << topic;
        }
    }
}

TEST(Stamps, GrowForWhateverAFilterMatches) {
    check_that_stamps_grow_for_whatever_matches<std::uint64_t>();
    check_that_stamps_grow_for_whatever_matches<std::atomic<std::uint64_t>>();
}

TEST(Stamps, StandStillForMostOthers) {
    Stamps<std::uint64_t> stamps;
    int unchanged = 0;
    for (int i = 0; i < 100; i++) {
        std::uint64_t before = stamps.read("quiet/topic");
        stamps.change("noise" + std::to_string(i) + "/#");
        unchanged += stamps.read("quiet/topic") == before;
    }
    EXPECT_GE(unchanged, 90);
}

}  // namespace
}  // namespace martlet::topics
