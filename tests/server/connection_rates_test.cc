#include "server/connection_rates.h"

#include <gtest/gtest.h>

#include <string>

namespace martlet::server {
namespace {

constexpr Milliseconds kStart{1'000'000};

int accepted(ConnectionRates& rates, int tries, Milliseconds now) {
    int count = 0;
    for (int i = 0; i < tries; i++) count += rates.take("net", 5, now).is_accepted;
    return count;
}

TEST(ConnectionRates, OneSecondsShareAtOnceAndThenTheRate) {
    ConnectionRates rates;
    EXPECT_EQ(accepted(rates, 20, kStart), 5);
    EXPECT_EQ(accepted(rates, 20, kStart + Milliseconds(199)), 0);
    EXPECT_EQ(accepted(rates, 20, kStart + Milliseconds(400)), 2);
    // What was not spent does not add up.
    EXPECT_EQ(accepted(rates, 20, kStart + Milliseconds(60'000)), 5);
    EXPECT_TRUE(rates.take("other", 5, kStart + Milliseconds(60'000)).is_accepted);
}

TEST(ConnectionRates, ARefusalIsNewsNowAndThen) {
    ConnectionRates rates;
    EXPECT_TRUE(rates.take("net", 1, kStart).is_accepted);
    EXPECT_TRUE(rates.take("net", 1, kStart).is_news);
    EXPECT_FALSE(rates.take("net", 1, kStart).is_news);
    EXPECT_TRUE(rates.take("net", 1, kStart + ConnectionRates::kPace).is_accepted);
    EXPECT_TRUE(rates.take("net", 1, kStart + ConnectionRates::kPace).is_news);
}

TEST(ConnectionRates, AUnixSocketHasNone) {
    ConnectionRates rates;
    for (int i = 0; i < 20; i++) EXPECT_TRUE(rates.take("", 1, kStart).is_accepted);
    EXPECT_EQ(rates.size(), 0u);
}

TEST(ConnectionRates, AreBounded) {
    ConnectionRates rates;
    for (std::size_t i = 0; i < ConnectionRates::kMax + 10; i++)
        rates.take(std::to_string(i), 1, kStart);
    EXPECT_LE(rates.size(), ConnectionRates::kMax);
}

}  // namespace
}  // namespace martlet::server
