#include "base/recent_map.h"

#include <gtest/gtest.h>

#include <string>

namespace martlet {
namespace {

TEST(RecentMap, KeepsWhatIsUsed) {
    RecentMap<int> map(8);
    map.use("kept") = 7;
    for (int i = 0; i < 100; i++) {
        map.use(std::to_string(i)) = i;
        ASSERT_LE(map.size(), 8u);
        ASSERT_EQ(map.use("kept"), 7) << i;
    }
    EXPECT_EQ(*map.find("99"), 99);
    EXPECT_EQ(map.find("1"), nullptr);
}

TEST(RecentMap, FindingIsNoUse) {
    RecentMap<int> map(4);
    map.use("a") = 1;
    for (int i = 0; i < 4; i++) {
        map.use(std::to_string(i));
        (void)map.find("a");
    }
    EXPECT_EQ(map.find("a"), nullptr);
}

TEST(RecentMap, ErasesFromBothGenerations) {
    RecentMap<int> map(4);
    map.use("a") = 1;
    map.use("b") = 2;
    map.use("c") = 3;  // a and b are the older ones now
    map.erase("a");
    map.erase("c");
    map.erase("nothing");
    EXPECT_EQ(map.find("a"), nullptr);
    EXPECT_EQ(map.find("c"), nullptr);
    EXPECT_EQ(*map.find("b"), 2);
    EXPECT_EQ(map.use("a"), 0);
}

}  // namespace
}  // namespace martlet
