// What a message costs in allocator calls and locks, in the real server, on all its threads, after
// 10,000 messages to warm up.

#include "base/hash_map.h"
#include "base/log.h"
#include "server/server.h"
#include "tests/allocations/counters.h"
#include "tests/auth/temporary_folder.h"
#include "tests/broker/client.h"
#include "tests/server/socket_client.h"

#include <gtest/gtest.h>

namespace martlet::server {
namespace {

using allocations::Counts;
using mqtt::PacketType;
using mqtt::Qos;
using mqtt::Version;

constexpr int kWarmUp = 10'000;
constexpr int kMeasured = 10'000;

class MessagePath : public testing::Test {
  protected:
    MessagePath() {
        allocations::leave_this_thread_out();
        log::Options quiet;
        quiet.levels = 0;
        CHECK(log::configure(quiet).ok());
    }

    void start(std::uint32_t shards) {
        server_.reset();
        config::Settings settings;
        settings.broker.shards = shards;
        settings.broker.sys_interval = 0;
        settings.log.levels = 0;
        settings.listeners.emplace_back();
        settings.listeners[0].net.port = 0;
        settings.listeners[0].net.unix_path = folder_.path("socket");
        settings.listeners[0].broker.auth.allow_anonymous = true;
        auto opened = Server::open(settings);
        ASSERT_TRUE(opened.ok()) << opened.error().text;
        server_ = std::move(opened).value();
        server_->start();
    }
    SocketClient client(const std::string& name, std::uint32_t shard) {
        std::string id = name;
        for (int i = 0; hash_text(id) % server_->shards() != shard; i++)
            id = name + std::to_string(i);
        SocketClient client(folder_.path("socket"));
        client.say(broker::connect_frame(id, {}));
        EXPECT_FALSE(client.hear().empty());
        return client;
    }

    // `count` messages in bursts of `burst`: written at once, then each answered.
    static void exchange(SocketClient& publisher, SocketClient& subscriber, Qos qos, int count,
                         int burst) {
        for (int sent = 0; sent < count; sent += burst) {
            std::vector<std::uint8_t> bytes;
            for (int i = 0; i < burst; i++) {
                broker::PublishWish wish{.qos = qos};
                if (qos != Qos::AtMostOnce) wish.packet_id = static_cast<std::uint16_t>(i + 1);
                auto frame = broker::publish_frame(Version::V5, "some/topic/of/the/house",
                                                   std::string(64, 'x'), wish);
                bytes.insert(bytes.end(), frame.begin(), frame.end());
            }
            ASSERT_TRUE(publisher.say(bytes));
            receive(subscriber, qos, burst);
            finish(publisher, qos, burst);
        }
    }
    static std::uint16_t id_of(const std::vector<std::uint8_t>& packet, std::size_t at) {
        return static_cast<std::uint16_t>(packet.at(at) << 8 | packet.at(at + 1));
    }
    static void receive(SocketClient& subscriber, Qos qos, int count) {
        for (int i = 0; i < count; i++) {
            std::vector<std::uint8_t> packet = subscriber.hear();
            ASSERT_FALSE(packet.empty());
            if (qos == Qos::AtMostOnce) continue;
            std::uint16_t id = id_of(packet, 4 + 23);
            bool once = qos == Qos::AtLeastOnce;
            subscriber.say(
                broker::ack_frame(once ? PacketType::Puback : PacketType::Pubrec, Version::V5, id));
        }
        for (int i = 0; i < count && qos == Qos::ExactlyOnce; i++) {
            std::uint16_t id = id_of(subscriber.hear(), 2);
            subscriber.say(broker::ack_frame(PacketType::Pubcomp, Version::V5, id));
        }
    }
    static void finish(SocketClient& publisher, Qos qos, int count) {
        for (int i = 0; i < count && qos != Qos::AtMostOnce; i++) {
            std::uint16_t id = id_of(publisher.hear(), 2);
            if (qos == Qos::AtLeastOnce) continue;
            publisher.say(broker::ack_frame(PacketType::Pubrel, Version::V5, id));
        }
        for (int i = 0; i < count && qos == Qos::ExactlyOnce; i++)
            ASSERT_FALSE(publisher.hear().empty());
    }

    struct Cost {
        double allocations, locks;
    };
    Cost cost(std::uint32_t shards, Qos qos, int burst) {
        start(shards);
        SocketClient subscriber = client("subscriber", shards - 1);
        SocketClient publisher = client("publisher", 0);
        subscriber.say(broker::subscribe_frame(Version::V5, 1, "some/+/of/#", {.qos = qos}));
        subscriber.hear();
        exchange(publisher, subscriber, qos, kWarmUp, burst);
        Counts before = allocations::counts();
        exchange(publisher, subscriber, qos, kMeasured, burst);
        Counts after = allocations::counts();
        Cost cost{static_cast<double>(after.allocations - before.allocations) / kMeasured,
                  static_cast<double>(after.locks - before.locks) / kMeasured};
        std::printf("%u shards, q%d, bursts of %d: %.4f allocations, %.4f locks a message\n",
                    shards, static_cast<int>(qos), burst, cost.allocations, cost.locks);
        return cost;
    }

    TemporaryFolder folder_;
    std::unique_ptr<Server> server_;
};

TEST_F(MessagePath, QosZeroInsideAShardAsksForNothing) {
    for (int burst : {1, 20}) {
        Cost c = cost(1, Qos::AtMostOnce, burst);
        EXPECT_EQ(c.allocations, 0);
        EXPECT_EQ(c.locks, 0);
    }
}

TEST_F(MessagePath, QosOneAndTwoInsideAShardMakeTheBodyOnly) {
    for (Qos qos : {Qos::AtLeastOnce, Qos::ExactlyOnce}) {
        for (int burst : {1, 20}) {
            Cost c = cost(1, qos, burst);
            EXPECT_LT(c.allocations, 1.01);
            EXPECT_EQ(c.locks, 0);
        }
    }
}

TEST_F(MessagePath, AcrossShardsTheBodyOnly) {
    for (Qos qos : {Qos::AtMostOnce, Qos::AtLeastOnce, Qos::ExactlyOnce}) {
        for (int burst : {1, 20}) {
            Cost c = cost(2, qos, burst);
            EXPECT_LT(c.allocations, 1.01);
            EXPECT_EQ(c.locks, 0);
        }
    }
}

// The counters count: else zero would say nothing.
TEST_F(MessagePath, ConnectingIsSeen) {
    start(1);
    Counts before = allocations::counts();
    SocketClient c = client("c", 0);
    EXPECT_GT(allocations::counts().allocations, before.allocations);
}

}  // namespace
}  // namespace martlet::server
