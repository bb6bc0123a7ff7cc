#include "net/loop.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <unistd.h>

namespace martlet::net {
namespace {

class Nobody final : public Watched {
  public:
    void on_ready(std::uint32_t) override {}
};

TEST(Loop, AWakeEndsAWaitAndIsNotReportedAsReady) {
    Loop loop;
    ASSERT_TRUE(loop.open().ok());
    loop.wake();
    loop.wake();
    EXPECT_TRUE(loop.wait(Milliseconds(60'000)).empty());
    std::thread waker([&] { loop.wake(); });
    EXPECT_TRUE(loop.wait(Milliseconds(60'000)).empty());
    waker.join();
}

TEST(Loop, ReportsWhatIsReadyUntilItIsRemoved) {
    Loop loop;
    ASSERT_TRUE(loop.open().ok());
    int ends[2];
    ASSERT_EQ(pipe(ends), 0);
    Nobody nobody;
    ASSERT_TRUE(loop.add(ends[0], EPOLLIN, &nobody));
    EXPECT_FALSE(loop.add(ends[0], EPOLLIN, &nobody));
    EXPECT_TRUE(loop.wait(Milliseconds(0)).empty());
    ASSERT_EQ(write(ends[1], "x", 1), 1);
    loop.wake();
    auto ready = loop.wait(Milliseconds(1000));
    ASSERT_EQ(ready.size(), 1u);
    const void* reported = ready[0].data.ptr;  // epoll_event is packed
    EXPECT_EQ(reported, &nobody);
    loop.change(ends[0], 0, &nobody);
    EXPECT_TRUE(loop.wait(Milliseconds(0)).empty());
    loop.change(ends[0], EPOLLIN, &nobody);
    EXPECT_EQ(loop.wait(Milliseconds(0)).size(), 1u);
    loop.remove(ends[0]);
    EXPECT_TRUE(loop.wait(Milliseconds(0)).empty());
    close(ends[0]);
    close(ends[1]);
}

// However the two meet, no wake-up is lost.
TEST(Loop, NoWakeIsLost) {
    Loop loop;
    ASSERT_TRUE(loop.open().ok());
    constexpr int kRounds = 5000;
    std::atomic<int> said{0}, seen{0};
    std::thread waker([&] {
        for (int i = 1; i <= kRounds; i++) {
            said = i;
            loop.wake();
            while (seen < i) std::this_thread::yield();
        }
    });
    while (seen < kRounds) {
        loop.wait(Milliseconds(10'000));
        seen = said.load();
    }
    waker.join();
}

}  // namespace
}  // namespace martlet::net
