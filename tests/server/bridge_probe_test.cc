#include "server/bridge_probe.h"

#include <gtest/gtest.h>

#include <arpa/inet.h>
#include <chrono>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

namespace martlet::server {
namespace {

class BridgeProbeTest : public ::testing::Test {
  protected:
    BridgeProbeTest() {
        EXPECT_TRUE(loop_.open().ok());
        listener_ = socket(AF_INET, SOCK_STREAM, 0);
        sockaddr_in name{};
        name.sin_family = AF_INET;
        name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof name;
        EXPECT_EQ(bind(listener_, reinterpret_cast<sockaddr*>(&name), size), 0);
        getsockname(listener_, reinterpret_cast<sockaddr*>(&name), &size);
        port_ = ntohs(name.sin_port);
    }
    ~BridgeProbeTest() override { close(listener_); }

    // Asks once a second for so long, in steps of time that nobody waits for.
    bool is_found_within(Milliseconds longest) {
        for (Milliseconds end = now_ + longest; now_ <= end; now_ += std::chrono::seconds(1))
            if (probe_.look("127.0.0.1", port_, loop_, now_)) return true;
        return false;
    }

    net::Loop loop_;
    BridgeProbe probe_;
    Milliseconds now_{1'000};
    int listener_ = -1;
    std::uint16_t port_ = 0;
};

TEST_F(BridgeProbeTest, FindsAnAddressThatTakesConnections) {
    ASSERT_EQ(listen(listener_, 4), 0);
    EXPECT_FALSE(is_found_within(BridgeProbe::kEvery - std::chrono::seconds(2)))
        << "not before the first attempt is due";
    EXPECT_TRUE(is_found_within(std::chrono::seconds(10)));
}

TEST_F(BridgeProbeTest, DoesNotFindOneThatRefuses) {
    EXPECT_FALSE(is_found_within(3 * BridgeProbe::kEvery));
    ASSERT_EQ(listen(listener_, 4), 0);
    EXPECT_TRUE(is_found_within(2 * BridgeProbe::kEvery))
        << "an attempt that failed is not the last";
}

}  // namespace
}  // namespace martlet::server
