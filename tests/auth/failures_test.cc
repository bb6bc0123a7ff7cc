#include "auth/failures.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace martlet::auth {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

constexpr Milliseconds kStart{1'000'000};

TEST(Failures, PausesGrowFromASecondToAQuarterOfAnHour) {
    Failures failures;
    Milliseconds now = kStart;
    std::vector<std::int64_t> pauses;
    for (int i = 0; i < 15; i++) {
        EXPECT_EQ(failures.pause("net", "ann", now), Milliseconds(0));
        Milliseconds pause = failures.failed("net", "ann", 3, now);
        EXPECT_EQ(failures.pause("net", "ann", now), pause);
        pauses.push_back(pause.count() / 1000);
        now += pause;
    }
    EXPECT_EQ(pauses, (std::vector<std::int64_t>{0, 0, 0, 1, 2, 4, 8, 16, 32, 64, 128, 256, 512,
                                                 900, 900}));
}

TEST(Failures, OthersAreNotBarred) {
    Failures failures;
    for (int i = 0; i < 10; i++) failures.failed("net", "ann", 3, kStart);
    EXPECT_GT(failures.pause("net", "ann", kStart), Milliseconds(0));
    EXPECT_EQ(failures.pause("other", "ann", kStart), Milliseconds(0));
    EXPECT_EQ(failures.pause("net", "bob", kStart), Milliseconds(0));
    EXPECT_EQ(failures.pause("ne", "tann", kStart), Milliseconds(0));
}

TEST(Failures, ManyUsersOfOneNetworkBarAllOfIt) {
    Failures failures;
    for (int i = 0; i < 15; i++)
        EXPECT_EQ(failures.failed("net", std::to_string(i), 3, kStart), Milliseconds(0)) << i;
    EXPECT_EQ(failures.failed("net", "one more", 3, kStart), seconds(1));
    EXPECT_EQ(failures.pause("net", "somebody", kStart), seconds(1));
    // A good log-in of one of them is no reason to let the others guess on.
    failures.succeeded("net", "somebody");
    EXPECT_EQ(failures.pause("net", "somebody", kStart), seconds(1));
}

TEST(Failures, SuccessAndTimeEndTheCount) {
    Failures failures;
    for (int i = 0; i < 3; i++) failures.failed("net", "ann", 3, kStart);
    failures.succeeded("net", "ann");
    for (int i = 0; i < 3; i++)
        EXPECT_EQ(failures.failed("net", "ann", 3, kStart), Milliseconds(0)) << i;
    EXPECT_EQ(failures.failed("net", "ann", 3, kStart + minutes(31)), Milliseconds(0));
}

TEST(Failures, AreBounded) {
    Failures failures;
    for (std::size_t i = 0; i < Failures::kMax + 10; i++)
        failures.failed(std::to_string(i), "ann", 3, kStart);
    EXPECT_LE(failures.size(), Failures::kMax);
}

}  // namespace
}  // namespace martlet::auth
