#include "bridge/backoff.h"

#include <gtest/gtest.h>

#include <set>

namespace martlet::bridge {
namespace {

using std::chrono::seconds;

TEST(Backoff, OneNumberIsAConstant) {
    Backoff backoff({7, 0, 0}, 1);
    for (int i = 0; i < 5; i++) EXPECT_EQ(backoff.next(), seconds(7));
}

TEST(Backoff, WaitsGrowWithinBaseAndCap) {
    Backoff backoff({5, 30, 0}, 1);
    std::set<std::int64_t> seen;
    Milliseconds largest{0};
    for (int i = 0; i < 200; i++) {
        Milliseconds wait = backoff.next();
        EXPECT_GE(wait, seconds(5));
        EXPECT_LE(wait, seconds(30));
        largest = std::max(largest, wait);
        seen.insert(wait.count());
    }
    EXPECT_GT(seen.size(), 50u) << "bridges of one far end must not come back together";
    EXPECT_GT(largest, seconds(15));
}

TEST(Backoff, TheFirstWaitIsTheBase) {
    Backoff backoff({5, 30, 0}, 1);
    EXPECT_EQ(backoff.next(), seconds(5));
}

TEST(Backoff, OnlyAStableConnectionBeginsItAnew) {
    Backoff backoff({5, 3600, 60}, 3);
    for (int i = 0; i < 50; i++) backoff.next();
    backoff.note_connection(seconds(59));
    bool is_base = true;
    for (int i = 0; i < 10; i++) is_base = is_base && backoff.next() == seconds(5);
    EXPECT_FALSE(is_base);
    backoff.note_connection(seconds(60));
    EXPECT_EQ(backoff.next(), seconds(5));
}

TEST(Backoff, ACapBelowTheBaseIsTheBase) {
    Backoff backoff({20, 5, 0}, 1);
    for (int i = 0; i < 5; i++) EXPECT_EQ(backoff.next(), seconds(20));
}

}  // namespace
}  // namespace martlet::bridge
