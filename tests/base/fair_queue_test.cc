#include "base/fair_queue.h"

#include <gtest/gtest.h>

#include <string>

namespace martlet {
namespace {

std::string popped(FairQueue<int>& queue) {
    std::string all;
    while (std::optional<int> item = queue.pop()) all += std::to_string(*item) + " ";
    return all;
}

TEST(FairQueue, ServesTheLinesInTurnAndEachInItsOrder) {
    FairQueue<int> queue(1000);
    for (int i : {10, 11, 12, 13}) ASSERT_TRUE(queue.push("a", i, 1));
    for (int i : {20, 21}) ASSERT_TRUE(queue.push("b", i, 1));
    ASSERT_TRUE(queue.push("c", 30, 1));
    EXPECT_EQ(queue.lines(), 3u);
    EXPECT_EQ(popped(queue), "10 20 30 11 21 12 13 ");
    EXPECT_TRUE(queue.empty());
    EXPECT_EQ(queue.lines(), 0u);
}

TEST(FairQueue, ANewLineIsServedBeforeTheRestOfALongOne) {
    FairQueue<int> queue(1000);
    for (int i = 0; i < 100; i++) ASSERT_TRUE(queue.push("flood", i, 1));
    ASSERT_EQ(queue.pop(), 0);
    ASSERT_TRUE(queue.push("somebody", 7000, 1));
    ASSERT_EQ(queue.pop(), 1);
    EXPECT_EQ(queue.pop(), 7000);
}

TEST(FairQueue, OneKeyNeverFillsIt) {
    FairQueue<int> queue(1000);
    int taken = 0;
    while (queue.push("flood", taken, 1)) taken++;
    EXPECT_EQ(taken, 500);
    // Each further flood gets half of what the earlier ones have left.
    taken = 0;
    while (queue.push("second", taken, 1)) taken++;
    EXPECT_EQ(taken, 250);
    EXPECT_TRUE(queue.push("somebody", 1, 1));
    // What was served makes room again, for everybody.
    popped(queue);
    EXPECT_TRUE(queue.push("flood", 1, 1000));
    EXPECT_FALSE(queue.push("somebody", 1, 1));
}

TEST(FairQueue, CountsTheRoomThatEachItemTakes) {
    FairQueue<int> queue(100);
    EXPECT_FALSE(queue.push("a", 1, 101));
    EXPECT_TRUE(queue.push("a", 2, 60));
    EXPECT_FALSE(queue.push("a", 3, 1));
    EXPECT_FALSE(queue.push("b", 4, 41));
    EXPECT_TRUE(queue.push("b", 5, 20));
    EXPECT_EQ(popped(queue), "2 5 ");
}

}  // namespace
}  // namespace martlet
