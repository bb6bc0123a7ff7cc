#include "telemetry/mesh_traffic.h"

#include "tests/telemetry/meshtastic_message.h"

#include <string>
#include <vector>

namespace martlet::telemetry {
namespace {

constexpr Time kMinute = 60'000;

MeshPacket packet(std::uint32_t from, std::uint32_t to, std::uint32_t id,
                  std::string_view port = "TEXT_MESSAGE_APP") {
    MeshPacket made;
    made.from = from;
    made.to = to;
    made.id = id;
    made.port = port;
    return made;
}

void add(MeshTraffic& traffic, const MeshPacket& made, Time now = kReceived) {
    traffic.add({&made, 1}, now);
}

TEST(MeshTraffic, CountsByPairAndPort) {
    MeshTraffic traffic;
    add(traffic, packet(2, 9, 1));
    add(traffic, packet(1, 9, 2));
    add(traffic, packet(1, 9, 3, "NODEINFO_APP"));
    add(traffic, packet(1, 9, 4));
    auto pairs = traffic.pairs(0);
    ASSERT_EQ(pairs.size(), 2u);
    EXPECT_EQ(pairs[0].from, 1u);
    EXPECT_EQ(pairs[0].packets, 3u);
    ASSERT_EQ(pairs[0].ports.size(), 2u);
    EXPECT_EQ(pairs[0].ports[0].packets, 2u);
    EXPECT_EQ(pairs[0].ports[1].name, "NODEINFO_APP");
    EXPECT_EQ(pairs[1].packets, 1u);
}

TEST(MeshTraffic, ThePairThatWasHeardLongestAgoMakesRoom) {
    MeshTraffic traffic({.pairs_max = 2});
    add(traffic, packet(1, 9, 1));
    add(traffic, packet(2, 9, 1));
    add(traffic, packet(1, 9, 2));
    add(traffic, packet(3, 9, 1));
    auto pairs = traffic.pairs(0);
    ASSERT_EQ(pairs.size(), 2u);
    EXPECT_EQ(pairs[0].from, 1u);
    EXPECT_EQ(pairs[0].packets, 2u);
    EXPECT_EQ(pairs[1].from, 3u);
    EXPECT_EQ(traffic.forgotten(), 1u);
    add(traffic, packet(2, 9, 3));
    EXPECT_EQ(traffic.pairs(0)[0].from, 2u) << "1 was the oldest now";
}

TEST(MeshTraffic, InventedChannelsAndPortsAreToldTogether) {
    MeshTraffic traffic({.ports_max = 1, .channels_max = 2});
    for (std::uint32_t i = 0; i < 5; i++) {
        MeshPacket made = packet(1, 9, i + 1, i == 0 ? "TEXT_MESSAGE_APP" : "ALERT_APP");
        made.channel = i;
        add(traffic, made);
    }
    MeshPair pair = traffic.pairs(0).at(0);
    ASSERT_EQ(pair.channels.size(), 3u);
    EXPECT_EQ(pair.channels[1].number, 1u);
    EXPECT_EQ(pair.channels[2].number, std::nullopt);
    EXPECT_EQ(pair.channels[2].packets, 3u);
    ASSERT_EQ(pair.ports.size(), 2u);
    EXPECT_EQ(pair.ports[1].name, "OTHER");
    EXPECT_EQ(pair.ports[1].packets, 4u);
}

TEST(MeshTraffic, IdsAreRememberedForAWhile) {
    MeshTraffic traffic({.recent_max = 3});
    add(traffic, packet(1, 9, 0));  // a map report
    add(traffic, packet(1, 9, 1), kReceived - 11 * kMinute);
    add(traffic, packet(1, 9, 2), kReceived - 9 * kMinute);
    add(traffic, packet(1, 8, 2));  // another packet of that id
    auto recent = traffic.recent(kReceived);
    ASSERT_EQ(recent.size(), 1u);
    EXPECT_EQ(recent[0].id, 2u);
    for (std::uint32_t id = 10; id < 20; id++) add(traffic, packet(1, 9, id));
    recent = traffic.recent(kReceived);
    ASSERT_EQ(recent.size(), 3u);
    EXPECT_EQ(recent[2].id, 19u);
}

TEST(MeshTraffic, SinceWhen) {
    MeshTraffic traffic;
    add(traffic, packet(1, 9, 1), 1000);
    add(traffic, packet(2, 9, 1), 2000);
    ASSERT_EQ(traffic.pairs(2000).size(), 1u);
    EXPECT_EQ(traffic.pairs(2000)[0].from, 2u);
}

// What the decoder tells of a packet, whatever is in it.
TEST(MeshtasticTraffic, OfOnePacketThatManyHeard) {
    auto decoder = make_meshtastic();
    Message message(1, "hello");
    message.packet().set_to(0x0badcafe);
    message.packet().set_want_ack(true);
    message.packet().set_via_mqtt(true);
    message.packet().set_rx_snr(-7.1F);
    message.packet().set_hop_limit(2);
    std::string bytes = message.encrypted("LongFast", kDefaultKey);
    auto first = decode(*decoder, kTopic, bytes);
    ASSERT_EQ(first.out.packets.size(), 1u);
    const MeshPacket& seen = first.out.packets[0];
    EXPECT_EQ(seen.from, kSender);
    EXPECT_EQ(seen.to, 0x0badcafeu);
    EXPECT_EQ(seen.id, 77u);
    EXPECT_EQ(seen.port, "TEXT_MESSAGE_APP");
    EXPECT_EQ(seen.channel, message.packet().channel());
    EXPECT_EQ(seen.bytes, 5u);
    EXPECT_EQ(seen.snr_db, -7.1);
    EXPECT_EQ(seen.rssi_dbm, -90);
    EXPECT_EQ(seen.hop_limit, 2u);
    EXPECT_EQ(seen.hop_start, 3u);
    EXPECT_TRUE(seen.want_ack);
    EXPECT_TRUE(seen.is_via_mqtt);
    message.envelope.set_gateway_id("!0badcafe");
    EXPECT_TRUE(
        decode(*decoder, kTopic, message.encrypted("LongFast", kDefaultKey)).out.packets.empty());
}

TEST(MeshtasticTraffic, OfWhatCannotBeRead) {
    auto closed = decode_once(Message(1, "secret").encrypted("LongFast", std::string(16, 'k')));
    ASSERT_EQ(closed.out.packets.size(), 1u);
    EXPECT_EQ(closed.out.packets[0].port, "UNKNOWN_KEY");
    Message broken(4, "\xff\xff");
    EXPECT_TRUE(decode_once(broken.plain()).out.packets.empty());
}

TEST(MeshtasticTraffic, WithoutConsent) {
    Message message(1, "keep me off");
    message.data.set_bitfield(0);
    EXPECT_EQ(decode_once(message.plain(), {{"consent", "hide"}}).out.packets.size(), 1u);
    EXPECT_TRUE(decode_once(message.plain(), {{"consent", "require"}}).out.packets.empty());
}

}  // namespace
}  // namespace martlet::telemetry
