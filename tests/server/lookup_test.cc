#include "server/lookup.h"

#include <gtest/gtest.h>

#include <chrono>

namespace martlet::server {
namespace {

TEST(Lookup, ReadsAnAddressAtOnce) {
    net::Loop loop;
    ASSERT_TRUE(loop.open().ok());
    for (const char* host : {"127.0.0.1", "::1"}) {
        auto lookup = Lookup::begin(host, 1883, loop);
        ASSERT_TRUE(lookup->is_done());
        auto found = lookup->take();
        ASSERT_TRUE(found.ok());
        EXPECT_EQ(found.value().size(), 1u);
    }
}

TEST(Lookup, WakesTheLoopWhenANameIsFound) {
    net::Loop loop;
    ASSERT_TRUE(loop.open().ok());
    auto lookup = Lookup::begin("localhost", 1883, loop);
    for (int i = 0; i < 1000 && !lookup->is_done(); i++) loop.wait(std::chrono::seconds(10));
    auto found = lookup->take();
    ASSERT_TRUE(found.ok());
    EXPECT_FALSE(found.value().empty());
}

TEST(Lookup, AWrongNameIsAnErrorThatNamesIt) {
    net::Loop loop;
    ASSERT_TRUE(loop.open().ok());
    auto lookup = Lookup::begin("no..where", 1883, loop);
    for (int i = 0; i < 1000 && !lookup->is_done(); i++) loop.wait(std::chrono::seconds(10));
    auto found = lookup->take();
    ASSERT_FALSE(found.ok());
    EXPECT_NE(found.error().text.find("'no..where'"), std::string::npos);
}

// The loop may be gone when the answer comes.
TEST(Lookup, ANameThatIsForgottenKeepsNobody) {
    auto lookup = [] {
        net::Loop loop;
        EXPECT_TRUE(loop.open().ok());
        auto begun = Lookup::begin("localhost", 1883, loop);
        begun->forget();
        return begun;
    }();
    lookup.reset();
}

}  // namespace
}  // namespace martlet::server
