#include "tests/bridge/played_relay.h"

#include <gtest/gtest.h>

namespace martlet::bridge {
namespace {

using mqtt::PacketType;
using mqtt::ReasonCode;
using mqtt::Version;
using Texts = std::vector<std::string>;

const Bytes kAccepted = {0x20, 2, 0, 0};
const Bytes kResumed = {0x20, 2, 1, 0};
const Bytes kSuback = {0x90, 3, 0xFF, 0xFF, 1};

Options both(Version version = Version::V311) {
    Options options;
    options.protocol_version = version;
    options.topics = {{"#", Direction::Both, mqtt::Qos::ExactlyOnce, "in/", "out/"}};
    return options;
}

TEST(Relay, ConnectsAndSubscribesOnBothSides) {
    PlayedRelay play(both());
    play.relay->open(true, play.now);
    EXPECT_EQ(play.sent(), Texts({"CONNECT r v4 bridge c0"}));
    EXPECT_EQ(play.attached, 0);
    play.far(kAccepted);
    EXPECT_EQ(play.given(), Texts({"CONNECT l v5 c0", "SUBSCRIBE in/#:2"}));
    EXPECT_EQ(play.sent(), Texts({"SUBSCRIBE out/#:2"}));
    EXPECT_FALSE(play.relay->is_ready());
    play.far(kSuback);
    EXPECT_TRUE(play.relay->is_ready());
}

TEST(Relay, IdsAndAcknowledgementsPassUnchangedInBothDirections) {
    PlayedRelay play(both());
    play.connect(kAccepted);
    play.near(publish(Version::V5, "in/a", 1, 7));
    play.near(publish(Version::V5, "in/b", 2, 8, "y", true));
    EXPECT_EQ(play.sent(), Texts({"PUBLISH q1 i7 r0 d0 out/a=x", "PUBLISH q2 i8 r1 d0 out/b=y"}));
    play.far(ack(Version::V311, PacketType::Puback, 7));
    play.far(ack(Version::V311, PacketType::Pubrec, 8));
    EXPECT_EQ(play.given(), Texts({"PUBACK i7 0x00", "PUBREC i8 0x00"}));
    play.near(ack(Version::V5, PacketType::Pubrel, 8));
    EXPECT_EQ(play.sent(), Texts({"PUBREL i8 0x00"}));
    play.far(ack(Version::V311, PacketType::Pubcomp, 8));
    EXPECT_EQ(play.given(), Texts({"PUBCOMP i8 0x00"}));

    play.far(publish(Version::V311, "out/c", 2, 9, "z", true, true));
    EXPECT_EQ(play.given(), Texts({"PUBLISH q2 i9 r1 d1 in/c=z"}));
    play.near(ack(Version::V5, PacketType::Pubrec, 9));
    play.far(ack(Version::V311, PacketType::Pubrel, 9));
    play.near(ack(Version::V5, PacketType::Pubcomp, 9));
    EXPECT_EQ(play.sent(), Texts({"PUBREC i9 0x00", "PUBCOMP i9 0x00"}));
    EXPECT_EQ(play.given(), Texts({"PUBREL i9 0x00"}));
    EXPECT_EQ(play.relay->counts().sent, 2u);
    EXPECT_EQ(play.relay->counts().received, 1u);
}

// SUBSCRIBE has an id that a message may have as well.
TEST(Relay, NothingOfTheLocalSessionLeavesBeforeSuback) {
    PlayedRelay play(both());
    play.relay->open(false, play.now);
    play.far(kAccepted);
    play.sent();
    play.near_connack();
    play.near(publish(Version::V5, "in/a", 1, Relay::kSubscribeId));
    EXPECT_EQ(play.sent(), Texts());
    play.far(kSuback);
    play.relay->on_local(play.outbox, play.now);
    EXPECT_EQ(play.sent(), Texts({"PUBLISH q1 i65535 r0 d0 out/a=x"}));
}

TEST(Relay, APacketThatTheLocalSideDoesNotTakeIsReadAgain) {
    PlayedRelay play(both());
    play.connect(kAccepted);
    play.takes = 1;
    Bytes bytes = publish(Version::V311, "out/1", 1, 1);
    for (std::uint16_t id = 2; id <= 3; id++) {
        Bytes more = publish(Version::V311, "out/" + std::to_string(id), 1, id);
        bytes.insert(bytes.end(), more.begin(), more.end());
    }
    play.far(bytes);
    EXPECT_EQ(play.given(), Texts({"PUBLISH q1 i1 r0 d0 in/1=x"}));
    EXPECT_EQ(play.relay->counts().received, 1u);
    play.read();
    EXPECT_EQ(play.given(), Texts());
    play.takes = 100;
    play.read();
    EXPECT_EQ(play.given(), Texts({"PUBLISH q1 i2 r0 d0 in/2=x", "PUBLISH q1 i3 r0 d0 in/3=x"}));
    EXPECT_EQ(play.relay->counts().received, 3u);
    EXPECT_TRUE(play.unread.empty());
}

// What answers the far end by itself must not be answered twice when a packet before it waits.
TEST(Relay, ADropBehindAWaitingPacketIsAnsweredOnce) {
    PlayedRelay play(both());
    play.connect(kAccepted);
    play.takes = 0;
    Bytes bytes = publish(Version::V311, "out/1", 1, 1);
    Bytes stray = publish(Version::V311, "stray", 1, 2);
    bytes.insert(bytes.end(), stray.begin(), stray.end());
    play.far(bytes);
    play.read();
    EXPECT_EQ(play.sent(), Texts());
    play.takes = 100;
    play.read();
    EXPECT_EQ(play.sent(), Texts({"PUBACK i2 0x00"}));
    EXPECT_EQ(play.given(), Texts({"PUBLISH q1 i1 r0 d0 in/1=x"}));
    EXPECT_EQ(play.relay->counts().dropped_in[static_cast<std::size_t>(Drop::NoTopicLine)], 1u);
}

TEST(Relay, WhatComesByteByByteIsTheSame) {
    PlayedRelay play(both());
    play.connect(kAccepted);
    for (std::uint8_t byte : publish(Version::V311, "out/a", 1, 5, "payload")) play.far({byte});
    EXPECT_EQ(play.given(), Texts({"PUBLISH q1 i5 r0 d0 in/a=payload"}));
}

TEST(Relay, StrayMessagesAreAcknowledgedAndCounted) {
    PlayedRelay play(both(Version::V5));
    play.connect({0x20, 3, 0, 0, 0});
    play.far(publish(Version::V5, "stray", 0));
    play.far(publish(Version::V5, "stray", 1, 3));
    play.far(publish(Version::V5, "stray", 2, 4));
    EXPECT_EQ(play.sent(), Texts({"PUBACK i3 0x90", "PUBREC i4 0x90"}));
    EXPECT_EQ(play.given(), Texts());
    EXPECT_EQ(play.relay->counts().dropped_in[static_cast<std::size_t>(Drop::NoTopicLine)], 3u);
}

TEST(Relay, AMappedTopicThatIsTooLongIsDropped) {
    PlayedRelay play(both());
    play.connect(kAccepted);
    std::string topic = "out/" + std::string(65531, 'x');
    play.far(publish(Version::V311, topic, 1, 3));
    EXPECT_EQ(play.given(), Texts({"PUBLISH q1 i3 r0 d0 in/" + std::string(65531, 'x') + "=x"}));
    Options longer = both();
    longer.topics[0].local_prefix = "longer/";
    PlayedRelay other(longer);
    other.connect(kAccepted);
    other.far(publish(Version::V311, topic, 1, 3));
    EXPECT_EQ(other.given(), Texts());
    EXPECT_EQ(other.sent(), Texts({"PUBACK i3 0x00"}));
    EXPECT_EQ(other.relay->counts().dropped_in[static_cast<std::size_t>(Drop::BadTopic)], 1u);
}

TEST(Relay, ATopicOfMoreLevelsThanAreTakenIsDropped) {
    for (Version version : {Version::V311, Version::V5}) {
        PlayedRelay play(both(version));
        play.connect(version == Version::V5 ? Bytes{0x20, 3, 0, 0, 0} : kAccepted);
        std::string topic = "out/" + std::string(300, '/');
        play.far(publish(version, topic, 1, 3));
        play.far(publish(version, topic, 2, 4));
        play.far(publish(version, topic, 0));
        EXPECT_EQ(play.relay->state(), Relay::State::Open);
        std::string code = version == Version::V5 ? "0x90" : "0x00";
        EXPECT_EQ(play.sent(), Texts({"PUBACK i3 " + code, "PUBREC i4 " + code}));
        EXPECT_EQ(play.relay->counts().dropped_in[static_cast<std::size_t>(Drop::BadTopic)], 3u);
        play.far(publish(version, std::string(300, '/') + "#", 1, 3));
        EXPECT_EQ(play.relay->end(), Relay::End::Broken);
    }
}

TEST(Relay, WhatIsTooLargeForTheFarEndIsDroppedAndTheSessionGoesOn) {
    PlayedRelay play(both(Version::V5));
    play.connect({0x20, 8, 0, 0, 5, 0x27, 0, 0, 0, 40});  // Maximum Packet Size 40
    play.near(publish(Version::V5, "in/a", 1, 7, std::string(100, 'x')));
    play.near(publish(Version::V5, "in/a", 2, 8, std::string(100, 'x')));
    play.near(publish(Version::V5, "in/a", 1, 9));
    EXPECT_EQ(play.sent(), Texts({"PUBLISH q1 i9 r0 d0 out/a=x"}));
    EXPECT_EQ(play.given(), Texts({"PUBACK i7 0x00", "PUBREC i8 0x83"}));
    EXPECT_EQ(play.relay->counts().dropped_out[static_cast<std::size_t>(Drop::TooLarge)], 2u);
}

TEST(Relay, QosIsLoweredToWhatTheFarEndTakes) {
    PlayedRelay play(both(Version::V5));
    play.connect({0x20, 5, 0, 0, 2, 0x24, 1});  // Maximum QoS 1
    play.near(publish(Version::V5, "in/a", 2, 7));
    EXPECT_EQ(play.sent(), Texts({"PUBLISH q1 i7 r0 d0 out/a=x"}));
    play.far(ack(Version::V5, PacketType::Puback, 7));
    EXPECT_EQ(play.given(), Texts({"PUBREC i7 0x83"})) << "ends the exchange of QoS 2";
    PlayedRelay none(both(Version::V5));
    none.connect({0x20, 5, 0, 0, 2, 0x24, 0});
    none.near(publish(Version::V5, "in/a", 1, 8));
    EXPECT_EQ(none.sent(), Texts({"PUBLISH q0 i0 r0 d0 out/a=x"}));
    EXPECT_EQ(none.given(), Texts({"PUBACK i8 0x00"}));
}

TEST(Relay, RetainIsClearedWhereItIsNotWanted) {
    Options options = both();
    options.outgoing_retain = false;
    PlayedRelay play(options);
    play.connect(kAccepted);
    play.near(publish(Version::V5, "in/a", 0, 0, "x", true));
    EXPECT_EQ(play.sent(), Texts({"PUBLISH q0 i0 r0 d0 out/a=x"}));
    PlayedRelay none(both(Version::V5));
    none.connect({0x20, 5, 0, 0, 2, 0x25, 0});  // Retain Available 0
    none.near(publish(Version::V5, "in/a", 0, 0, "x", true));
    EXPECT_EQ(none.sent(), Texts({"PUBLISH q0 i0 r0 d0 out/a=x"}));
}

TEST(Relay, ALargePayloadThatStandsInAPieceOfItsOwn) {
    PlayedRelay play(both());
    play.connect(kAccepted);
    Bytes packet = publish(Version::V5, "in/a", 1, 7, std::string(50'000, 'p'));
    std::size_t head = packet.size() - 50'000;
    Body* body = Body::make(50'000);
    std::memcpy(body->data(), packet.data() + head, 50'000);
    BodyRef held = BodyRef::adopt(body);
    for (int i = 0; i < 40; i++) {  // more pieces than are looked at together
        play.outbox.append(ByteView(packet).first(head));
        play.outbox.append_shared(body, body->view());
    }
    while (!play.outbox.empty()) {
        play.relay->on_local(play.outbox, play.now);
        for (const std::string& text : play.sent())
            ASSERT_EQ(text, "PUBLISH q1 i7 r0 d0 out/a=50000 bytes");
    }
    EXPECT_EQ(play.relay->counts().sent, 40u);
}

TEST(Relay, TakesNothingOfTheLocalSessionWhileTheFarEndDoesNotRead) {
    PlayedRelay play(both());
    play.connect(kAccepted);
    std::string payload(10'000, 'p');
    for (int i = 0; i < 100; i++) play.near(publish(Version::V5, "in/a", 0, 0, payload));
    EXPECT_FALSE(play.outbox.empty());
    EXPECT_LE(play.relay->remote().size(), Relay::kRemoteBytesMax + 11'000);
    play.sent();
    play.relay->on_local(play.outbox, play.now);
    EXPECT_GT(play.relay->counts().sent, 30u);
}

// Each of its messages is answered, and nothing of that leaves.
TEST(Relay, AFarEndThatSendsAndDoesNotReadIsLeft) {
    PlayedRelay play(both());
    play.connect(kAccepted);
    Bytes many;
    for (int i = 0; i < 1000; i++) {
        Bytes one = publish(Version::V311, "stray", 1, 3);
        many.insert(many.end(), one.begin(), one.end());
    }
    std::size_t most = 0;
    for (int i = 0; i < 10'000 && play.relay->state() == Relay::State::Open; i++) {
        play.far(many);
        most = std::max(most, play.relay->remote().size());
    }
    EXPECT_EQ(play.relay->end(), Relay::End::Broken);
    EXPECT_LE(most, Relay::kUnreadBytesMax + 4'000);
}

TEST(Relay, AFarEndWithoutTheSessionHasIdsForgotten) {
    PlayedRelay play(both());
    play.connect(kResumed);
    EXPECT_EQ(play.forgotten, 0);
    play.relay->on_remote_end("");
    play.connect(kAccepted);
    EXPECT_EQ(play.forgotten, 1);
}

// The far end may hold an id of the session before, and would take the new message for its
// repetition.
TEST(Relay, ANewLocalSessionReleasesTheIdsOfTheOneBefore) {
    PlayedRelay play(both());
    play.connect(kResumed, false);
    play.near(publish(Version::V5, "in/a", 2, 7));
    EXPECT_EQ(play.sent(), Texts({"PUBREL i7 0x00", "PUBLISH q2 i7 r0 d0 out/a=x"}));
    play.far(ack(Version::V311, PacketType::Pubcomp, 7));
    EXPECT_EQ(play.given(), Texts()) << "it answers nothing of the local session";
    play.far(ack(Version::V311, PacketType::Pubrec, 7));
    play.near(ack(Version::V5, PacketType::Pubrel, 7));
    play.far(ack(Version::V311, PacketType::Pubcomp, 7));
    EXPECT_EQ(play.given(), Texts({"PUBREC i7 0x00", "PUBCOMP i7 0x00"}));
    play.near(publish(Version::V5, "in/a", 2, 7));
    EXPECT_EQ(play.sent(), Texts({"PUBREL i7 0x00", "PUBLISH q2 i7 r0 d0 out/a=x"}))
        << "the first PUBREL is the local session's";
}

TEST(Relay, UnsubscribesFromWhatOnlyGoesOutWhereTheFarEndHasASession) {
    Options options;
    options.topics = {{"a/#", Direction::Out, mqtt::Qos::AtMostOnce, "", ""},
                      {"b/#", Direction::In, mqtt::Qos::AtLeastOnce, "", ""}};
    PlayedRelay play(options);
    play.relay->open(false, play.now);
    play.sent();
    play.far(kResumed);
    EXPECT_EQ(play.sent(), Texts({"UNSUBSCRIBE a/#", "SUBSCRIBE b/#:1"}));
    play.stale = {"old/#"};
    play.relay->on_remote_end("");
    play.given();
    play.relay->open(false, play.now);
    play.sent();
    play.far(kAccepted);
    EXPECT_EQ(play.sent(), Texts({"SUBSCRIBE b/#:1"}));
    EXPECT_EQ(play.given(), Texts({"CONNECT l v5 c0", "UNSUBSCRIBE old/#", "SUBSCRIBE a/#:0"}));
}

TEST(Relay, TheWindowIsTheSmallerOfBoth) {
    struct : PlayedRelay {
        using PlayedRelay::PlayedRelay;
        std::size_t give(ByteView packets) override {
            mqtt::FrameHead head;
            mqtt::Connect packet;
            if (mqtt::read_frame_head(packets, head) == mqtt::FrameState::Complete &&
                head.type() == PacketType::Connect &&
                !mqtt::is_error(
                    mqtt::decode(0, packets.subspan(head.size, head.remaining_length), packet)))
                window = packet.properties.receive_maximum;
            return PlayedRelay::give(packets);
        }
        int window = 0;
    } play(both(Version::V5));
    play.connect({0x20, 6, 0, 0, 3, 0x21, 0, 5});  // Receive Maximum 5
    EXPECT_EQ(play.window, 5);
    play.relay->on_remote_end("");
    play.connect({0x20, 3, 0, 0, 0});
    EXPECT_EQ(play.window, 20);
}

TEST(Relay, PingsAndGivesUp) {
    PlayedRelay play(both());
    play.connect(kAccepted);
    EXPECT_EQ(play.relay->next_wake(), play.now + std::chrono::seconds(60));
    play.relay->on_time(play.now + std::chrono::seconds(60), true);
    EXPECT_EQ(play.sent(), Texts({"PINGREQ"}));
    Milliseconds due = play.relay->next_wake();
    play.relay->on_time(due - Milliseconds(1), true);
    EXPECT_EQ(play.relay->state(), Relay::State::Open);
    play.relay->on_time(due, true);
    EXPECT_EQ(play.relay->end(), Relay::End::SilentFarEnd);
    PlayedRelay mute(both());
    mute.relay->open(true, mute.now);
    mute.relay->on_time(mute.relay->next_wake(), true);
    EXPECT_EQ(mute.relay->end(), Relay::End::SilentFarEnd);
}

// Held back by the local broker, the far end cannot be blamed for silence.
TEST(Relay, SilenceMeansNothingWhileNothingIsRead) {
    PlayedRelay play(both());
    play.connect(kAccepted);
    for (int i = 1; i < 20; i++) {
        play.relay->on_time(play.now + std::chrono::seconds(30 * i), false);
        ASSERT_EQ(play.relay->state(), Relay::State::Open);
    }
}

TEST(Relay, RefusalsSayWhy) {
    struct Case {
        Version version;
        Bytes connack;
        Relay::End end;
        std::string text;
    };
    for (const Case& one : {
             Case{Version::V311,
                  {0x20, 2, 0, 1},
                  Relay::End::VersionRefused,
                  "the far end refused the connection: unacceptable protocol version (1)"},
             Case{Version::V311,
                  {0x20, 2, 0, 5},
                  Relay::End::Refused,
                  "the far end refused the connection: not authorised (5)"},
             Case{Version::V5,
                  {0x20, 3, 0, 0x87, 0},
                  Relay::End::Refused,
                  "the far end refused the connection: not authorized (135)"},
             Case{Version::V5,
                  {0x20, 2, 0, 1},
                  Relay::End::VersionRefused,
                  "the far end refused the connection: unsupported protocol version (132)"},
         }) {
        PlayedRelay play(both(one.version));
        play.relay->open(true, play.now);
        play.far(one.connack);
        EXPECT_EQ(play.relay->end(), one.end);
        EXPECT_EQ(play.relay->end_text(), one.text);
        EXPECT_EQ(play.attached, 0);
    }
}

TEST(Relay, AFarEndThatBreaksTheProtocolIsLeft) {
    const std::vector<Bytes> packets = {
        {0x10, 0},                               // CONNECT
        {0x20, 2, 0, 0},                         // a second CONNACK
        {0x82, 6, 0, 1, 0, 1, 'a', 0},           // SUBSCRIBE
        {0xC0, 0},                               // PINGREQ
        {0xE0, 0},                               // DISCONNECT, which only MQTT 5 has
        {0xF0, 0},                               // AUTH
        {0x00, 0},                               // no packet
        {0x90, 3, 0, 1, 0},                      // SUBACK that answers nothing
        {0x90, 3, 0xFF, 0xFF, 0},                // the same with the id that is over
        {0x40, 1, 0},                            // PUBACK that is cut
        {0x40, 2, 0, 0},                         // PUBACK of id 0
        {0x36, 2, 0, 0},                         // PUBLISH with QoS 3
        {0x30, 3, 0, 1, '#'},                    // PUBLISH to a filter
        {0x32, 4, 0, 1, 'a', 0},                 // PUBLISH whose id is cut
        {0x30, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 1}  // a length of five bytes
    };
    for (const Bytes& packet : packets) {
        PlayedRelay play(both());
        play.connect(kAccepted);
        play.far(packet);
        EXPECT_EQ(play.relay->end(), Relay::End::Broken) << static_cast<int>(packet[0]);
        EXPECT_FALSE(play.relay->end_text().empty());
        EXPECT_EQ(play.given(), Texts());
    }
    PlayedRelay early(both());
    early.relay->open(true, early.now);
    early.far(publish(Version::V311, "out/a"));
    EXPECT_EQ(early.relay->end(), Relay::End::Broken) << "a message before CONNACK";
    PlayedRelay other(both());
    other.relay->open(true, other.now);
    std::string_view http = "HTTP/1.1 400";  // by its first bytes a PUBACK of 84 bytes
    other.far({http.begin(), http.end()});
    EXPECT_EQ(other.relay->end(), Relay::End::Broken);
}

TEST(Relay, AliasesAndIdentifiersThatNobodyAskedForAreRefused) {
    for (const Bytes& property : {Bytes{0x23, 0, 1}, Bytes{0x0B, 1}}) {
        PlayedRelay play(both(Version::V5));
        play.connect({0x20, 3, 0, 0, 0});
        Bytes packet = {0x30, 0, 0, 5, 'o', 'u', 't', '/', 'a'};
        packet.push_back(static_cast<std::uint8_t>(property.size()));
        packet.insert(packet.end(), property.begin(), property.end());
        packet[1] = static_cast<std::uint8_t>(packet.size() - 2);
        play.far(packet);
        EXPECT_EQ(play.relay->end(), Relay::End::Broken);
        EXPECT_EQ(play.given(), Texts());
    }
}

TEST(Relay, APacketThatTheLocalBrokerWouldNotTakeEndsIt) {
    PlayedRelay play(both());
    play.largest = 100;
    play.connect(kAccepted);
    play.far(publish(Version::V311, "out/a", 1, 1, std::string(80, 'x')));
    EXPECT_EQ(play.given().size(), 1u);
    // Larger by what MQTT 5 and the prefix add.
    Options longer = both();
    longer.topics[0].local_prefix = "a-longer-one/";
    PlayedRelay grown(longer);
    grown.largest = 100;
    grown.connect(kAccepted);
    grown.far(publish(Version::V311, "out/a", 1, 1, std::string(85, 'x')));
    EXPECT_EQ(grown.sent(), Texts({"PUBACK i1 0x00"}));
    EXPECT_EQ(grown.relay->counts().dropped_in[static_cast<std::size_t>(Drop::TooLarge)], 1u);
    play.far(publish(Version::V311, "out/a", 1, 1, std::string(200, 'x')));
    EXPECT_EQ(play.relay->end(), Relay::End::Broken);
    EXPECT_NE(play.relay->end_text().find("max_packet_size is 100"), std::string::npos);
}

TEST(Relay, ItsStateIsAWillAndAMessage) {
    Options options = both();
    PlayedRelay play(options);
    play.options.notifications = true;
    play.relay->open(true, play.now);
    play.sent();
    play.far(kAccepted);
    EXPECT_EQ(play.sent().back(), "PUBLISH q0 i0 r1 d0 $SYS/broker/connection/r/state=1");
    play.relay->close();
    EXPECT_EQ(play.sent(),
              Texts({"PUBLISH q0 i0 r1 d0 $SYS/broker/connection/r/state=0", "DISCONNECT"}));
}

}  // namespace
}  // namespace martlet::bridge
