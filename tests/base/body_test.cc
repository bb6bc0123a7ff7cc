#include "base/body.h"

#include <gtest/gtest.h>

#include <cstring>
#include <thread>
#include <vector>

namespace martlet {
namespace {

TEST(Body, HoldsItsBytes) {
    BodyRef body = BodyRef::adopt(Body::make(5));
    std::memcpy(body->data(), "hello", 5);
    EXPECT_EQ(as_text(body->view()), "hello");
    EXPECT_EQ(BodyRef::adopt(Body::make(0))->size(), 0u);
}

TEST(Body, CopiesAreCountedMovesAreNot) {
    BodyRef one = BodyRef::adopt(Body::make(1));
    EXPECT_TRUE(one->is_unique());
    BodyRef two = one;
    EXPECT_FALSE(one->is_unique());
    BodyRef three = std::move(two);
    EXPECT_FALSE(two);
    three = BodyRef();
    EXPECT_TRUE(one->is_unique());
    BodyRef& itself = one;
    one = itself;
    EXPECT_TRUE(one->is_unique());
}

TEST(Body, ReleaseGivesTheHoldAway) {
    BodyRef one = BodyRef::adopt(Body::make(1));
    BodyRef two = one;
    Body* loose = two.release();
    EXPECT_FALSE(two);
    EXPECT_FALSE(one->is_unique());
    loose->drop();
    EXPECT_TRUE(one->is_unique());
}

TEST(Body, MayBeDroppedByAnyThread) {
    BodyRef body = BodyRef::adopt(Body::make(64));
    std::memset(body->data(), 7, 64);
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; i++) {
        threads.emplace_back([mine = body] {
            for (int turn = 0; turn < 10'000; turn++) {
                BodyRef copy = mine;
                ASSERT_EQ(copy->data()[63], 7);
            }
        });
    }
    for (std::thread& thread : threads) thread.join();
    threads.clear();
    EXPECT_TRUE(body->is_unique());
}

}  // namespace
}  // namespace martlet
