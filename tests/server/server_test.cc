// The real server on real sockets, in this process: what depends on threads and on its turns.

#include "server/server.h"

#include "base/log.h"
#include "tests/auth/temporary_folder.h"
#include "tests/broker/client.h"
#include "tests/server/socket_client.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <csignal>
#include <sys/ioctl.h>
#include <thread>
#include <unistd.h>

namespace martlet::server {
namespace {

using broker::ConnectWish;
using broker::PublishWish;
using mqtt::Qos;
using mqtt::Version;

class RealServer : public testing::Test {
  protected:
    RealServer() {
        log::Options quiet;
        quiet.levels = 0;
        CHECK(log::configure(quiet).ok());
        settings_.broker.shards = 2;
        settings_.broker.sys_interval = 0;
        settings_.log = quiet;
        settings_.listeners.emplace_back();
        settings_.listeners[0].net.port = 0;
        settings_.listeners[0].net.unix_path = path_ = folder_.path("socket");
        settings_.listeners[0].broker.auth.allow_anonymous = true;
    }
    void start() {
        auto opened = Server::open(settings_);
        ASSERT_TRUE(opened.ok()) << opened.error().text;
        server_ = std::move(opened).value();
        server_->start();
    }
    SocketClient client(const std::string& id, const ConnectWish& wish = {}) {
        SocketClient client(path_);
        client.say(broker::connect_frame(id, wish));
        EXPECT_EQ(client.hear().at(0), 0x20);
        return client;
    }

    TemporaryFolder folder_;
    config::Settings settings_;
    std::string path_;
    std::unique_ptr<Server> server_;
};

TEST_F(RealServer, ClientsOfAllShardsReachEachOther) {
    start();
    std::vector<SocketClient> clients;
    for (int i = 0; i < 8; i++) {
        clients.push_back(client("c" + std::to_string(i)));
        clients.back().say(broker::subscribe_frame(Version::V5, 1, "t", {.qos = Qos::AtLeastOnce}));
        EXPECT_EQ(clients.back().hear().at(0), 0x90);
    }
    for (SocketClient& publisher : clients) {
        publisher.say(broker::publish_frame(Version::V5, "t", "x", {}));
        for (SocketClient& c : clients) EXPECT_EQ(c.hear().at(0), 0x30);
    }
}

// Waits until the server has read all that was said.
void wait_until_read(const SocketClient& client) {
    int waiting = 1;
    for (int i = 0; i < 5000 && waiting > 0; i++) {
        CHECK(ioctl(client.fd(), TIOCOUTQ, &waiting) == 0);
        if (waiting > 0) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    ASSERT_EQ(waiting, 0);
}

// They are on their way to the client's shard with the rest of the CONNECT.
TEST_F(RealServer, PacketsBehindAConnectThatCameInPartsMoveAlong) {
    start();
    for (int i = 0; i < 8; i++) {
        auto bytes = broker::connect_frame("parts" + std::to_string(i), {});
        auto subscribe = broker::subscribe_frame(Version::V5, 1, "t", {});
        std::size_t cut = bytes.size() - 2;
        bytes.insert(bytes.end(), subscribe.begin(), subscribe.end());
        SocketClient client(path_);
        client.say(ByteView(bytes).first(cut));
        wait_until_read(client);
        client.say(ByteView(bytes).subspan(cut));
        EXPECT_EQ(client.hear().at(0), 0x20);
        auto answer = client.hear();
        ASSERT_FALSE(answer.empty()) << "the SUBSCRIBE was lost";
        EXPECT_EQ(answer[0], 0x90);
    }
}

TEST_F(RealServer, ARemovedSocketFileAndASecondServer) {
    start();
    auto second = Server::open(settings_);
    ASSERT_FALSE(second.ok());
    EXPECT_NE(second.error().text.find(path_), std::string::npos) << second.error().text;
    EXPECT_EQ(client("a").is_closed_within(0), false);
}

TEST_F(RealServer, ReloadIsForTheSameListenersOnly) {
    start();
    SocketClient a = client("a");
    config::Settings other = settings_;
    other.listeners.push_back(other.listeners[0]);
    EXPECT_FALSE(server_->reload(other).ok());
    other = settings_;
    other.listeners[0].net.unix_path += "x";
    EXPECT_FALSE(server_->reload(other).ok());
    other = settings_;
    other.listeners[0].broker.auth.acl_file = folder_.path("no such file");
    EXPECT_FALSE(server_->reload(other).ok());
    EXPECT_FALSE(a.is_closed_within(0));
    other.listeners[0].broker.auth.acl_file.reset();
    other.listeners[0].broker.auth.allow_anonymous = false;
    EXPECT_TRUE(server_->reload(other).ok());
    EXPECT_TRUE(a.is_closed_within(5000));
}

TEST_F(RealServer, StopTellsClients) {
    start();
    SocketClient a = client("a");
    server_->stop();
    EXPECT_EQ(a.hear(), (std::vector<std::uint8_t>{0xE0, 1, 0x8B}));
    EXPECT_TRUE(a.is_closed_within(1000));
}

// SIGHUP as the process gets it: blocked in all threads, and taken by whoever reloads.
class Reloading : public RealServer {
  protected:
    Reloading() {
        sigemptyset(&hangup_);
        sigaddset(&hangup_, SIGHUP);
        pthread_sigmask(SIG_BLOCK, &hangup_, &before_);
    }
    ~Reloading() override {
        take_signal();
        pthread_sigmask(SIG_SETMASK, &before_, nullptr);
    }
    bool take_signal() {
        timespec no_time{};
        return sigtimedwait(&hangup_, nullptr, &no_time) == SIGHUP;
    }
    // What is silent for so long would have been answered.
    static constexpr int kWhile = 200;
    std::vector<std::uint8_t> ping_ = {0xC0, 0};

  private:
    sigset_t hangup_, before_;
};

TEST_F(Reloading, BytesThatComeAfterTheSignalWaitForItsSettings) {
    start();
    SocketClient a = client("a"), b = client("b");
    ASSERT_EQ(kill(getpid(), SIGHUP), 0);
    a.say(ping_);
    b.say(ping_);
    EXPECT_TRUE(a.hear(kWhile).empty());  // pending
    server_->begin_reload();
    ASSERT_TRUE(take_signal());
    EXPECT_TRUE(b.hear(kWhile).empty());  // taken
    config::Settings other = settings_;
    other.listeners[0].broker.max_qos = Qos::AtMostOnce;
    a.say(broker::publish_frame(Version::V5, "t", "x", {.qos = Qos::AtLeastOnce, .packet_id = 1}));
    EXPECT_TRUE(server_->reload(other).ok());
    server_->end_reload();
    EXPECT_EQ(a.hear().at(0), 0xD0);
    EXPECT_EQ(b.hear().at(0), 0xD0);
    EXPECT_EQ(a.hear(), (std::vector<std::uint8_t>{0xE0, 1, 0x9B}));
}

TEST_F(Reloading, ARefusedOneLetsThemGoOn) {
    start();
    SocketClient a = client("a");
    ASSERT_EQ(kill(getpid(), SIGHUP), 0);
    a.say(ping_);
    server_->begin_reload();
    ASSERT_TRUE(take_signal());
    server_->end_reload();
    EXPECT_EQ(a.hear().at(0), 0xD0);
    a.say(ping_);
    EXPECT_EQ(a.hear().at(0), 0xD0);
}

// Nobody takes the signal: traffic stands still for two seconds, once.
TEST_F(Reloading, TheWaitHasABound) {
    start();
    SocketClient a = client("a");
    ASSERT_EQ(kill(getpid(), SIGHUP), 0);
    a.say(ping_);
    EXPECT_EQ(a.hear().at(0), 0xD0);
    a.say(ping_);
    EXPECT_EQ(a.hear(1000).at(0), 0xD0);
}

// CONNECTs that come just when their connect timeout runs out, most of them in need of moving to
// the other shard.
TEST_F(RealServer, hardening_05_connect_at_the_very_moment_of_its_timeout) {
    settings_.broker.connect_timeout_s = 1;
    start();
    auto opened = std::chrono::steady_clock::now();
    std::vector<SocketClient> clients;
    for (int i = 0; i < 600; i++) clients.emplace_back(path_);
    std::this_thread::sleep_until(opened + std::chrono::milliseconds(960));
    for (std::size_t i = 0; i < clients.size(); i++) {
        clients[i].say(broker::connect_frame("late" + std::to_string(i), {}));
        auto next = opened + std::chrono::milliseconds(960) + std::chrono::microseconds(300) * i;
        while (std::chrono::steady_clock::now() < next) {
        }
    }
    for (SocketClient& c : clients) {
        std::vector<std::uint8_t> answer = c.hear();
        EXPECT_TRUE(answer.empty() || answer[0] == 0x20);
    }
    client("still there");
}

// hardening row 5: one client id on many connections at once, with wills, subscriptions and
// messages; the thread sanitizer looks on.
TEST_F(RealServer, hardening_05_one_client_id_a_thousand_times) {
    start();
    SocketClient publisher = client("publisher");
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; t++) {
        threads.emplace_back([&, t] {
            for (int i = 0; i < 250; i++) {
                SocketClient c(path_);
                ConnectWish wish{.clean_start = i % 3 == 0, .expiry = i % 2 ? 10u : 0u};
                wish.will_topic = "w";
                if (i % 2) wish.will_delay = 1;
                c.say(broker::connect_frame("same", wish));
                std::string filter = i % 5 ? "t/#" : "$share/g/t/#";
                c.say(broker::subscribe_frame(Version::V5, 1, filter, {.qos = Qos::ExactlyOnce}));
                c.say(broker::publish_frame(Version::V5, "t/" + std::to_string(t), "x",
                                            {.qos = Qos::AtLeastOnce, .packet_id = 1}));
                if (i % 4) c.say(broker::unsubscribe_frame(Version::V5, 2, filter));
                if (i % 7 == 0) c.hear(50);
            }
        });
    }
    for (int i = 0; i < 2000; i++) {
        publisher.say(
            broker::publish_frame(Version::V5, "t/9", "x",
                                  {.qos = Qos::AtLeastOnce, .retain = i % 2 == 0, .packet_id = 1}));
        ASSERT_EQ(publisher.hear().at(0), 0x40);
    }
    for (std::thread& thread : threads) thread.join();
    SocketClient last = client("same");
    EXPECT_FALSE(last.is_closed_within(0));
}

// Retained messages are published by one shard while another subscribes, again and again: each
// subscriber sees the state once, and each later value, in order, none missed.
TEST_F(RealServer, NothingIsMissedDoubledOrOutOfDateWhenSubscribingToAMovingTopic) {
    start();
    std::atomic<bool> must_stop{false};
    std::atomic<std::uint64_t> published{0};
    std::thread publisher([&] {
        SocketClient p = client("publisher");
        for (std::uint64_t n = 1; !must_stop; n++) {
            p.say(broker::publish_frame(Version::V5, "moving", std::to_string(n),
                                        {.qos = Qos::AtLeastOnce, .retain = true, .packet_id = 1}));
            if (p.hear().empty()) return;
            published = n;
        }
    });
    for (int round = 0; round < 300; round++) {
        SocketClient s = client("subscriber" + std::to_string(round % 16));
        std::uint64_t before = published;
        s.say(broker::subscribe_frame(Version::V5, 1, "moving", {}));
        std::uint64_t last = 0;
        for (int got = 0; got < 8;) {
            std::vector<std::uint8_t> packet = s.hear();
            ASSERT_FALSE(packet.empty());
            if (packet[0] >> 4 != 3) continue;
            mqtt::Publish publish;
            ASSERT_EQ(
                mqtt::decode(packet[0] & 15, ByteView(packet).subspan(2), Version::V5, publish),
                mqtt::ReasonCode::Success);
            std::uint64_t n = std::stoull(std::string(as_text(publish.payload)));
            if (got == 0) {
                ASSERT_GE(n, before) << "out of date";
            } else {
                ASSERT_EQ(n, last + 1) << (publish.retain ? "as retained" : "live");
            }
            last = n;
            got++;
        }
    }
    must_stop = true;
    publisher.join();
}

}  // namespace
}  // namespace martlet::server
