// Connections and sessions over time: connect timeout, keep alive, expiry, takeover, passwords.

#include "auth/password_hash.h"
#include "tests/auth/temporary_folder.h"
#include "tests/broker/client.h"

#include <gtest/gtest.h>

namespace martlet::broker {
namespace {

using std::chrono::seconds;

TEST(Connect, SilenceBeforeConnectEndsTheConnection) {
    Table table;
    Line& line = table.open_line(0);
    line.to_broker = {0x10};  // the beginning of a CONNECT
    table.pass(seconds(29));
    EXPECT_TRUE(line.is_open());
    table.pass(seconds(2));
    EXPECT_FALSE(line.is_open());
    EXPECT_TRUE(line.from_broker.empty());
}

// [MQTT-3.1.2-22]
TEST(Connect, SilenceForOneAndAHalfKeepAlivesEndsTheConnection) {
    Table table;
    Client a(table, "a");
    a.connect({.keep_alive = 10});
    table.pass(seconds(14));
    a.say({0xC0, 0});
    EXPECT_EQ(a.heard(), "PINGRESP");
    table.pass(seconds(14));
    EXPECT_TRUE(a.is_connected());
    table.pass(seconds(2));
    EXPECT_EQ(a.heard(), "DISCONNECT 8D | closed");
}

// Says the frame in pieces of `size` bytes, one each `pause`.
void say_slowly(Table& table, Client& client, const std::vector<std::uint8_t>& frame,
                std::size_t size, Milliseconds pause) {
    for (std::size_t at = 0; at < frame.size() && client.is_connected(); at += size) {
        std::size_t end = std::min(at + size, frame.size());
        client.say({frame.begin() + static_cast<std::ptrdiff_t>(at),
                    frame.begin() + static_cast<std::ptrdiff_t>(end)});
        table.pass(pause);
    }
}

TEST(Connect, APacketMayTakeManyTimesTheKeepAlive) {
    for (Version version : {Version::V311, Version::V5}) {
        Table table;
        Client a(table, "a");
        a.connect({.version = version, .keep_alive = 4});
        std::string image(2000, 'j');
        PublishWish wish{.qos = Qos::AtLeastOnce, .packet_id = 1};
        say_slowly(table, a, publish_frame(version, "cam", image, wish), 20, seconds(1));
        ASSERT_TRUE(a.is_connected());
        EXPECT_NE(a.heard().find("PUBACK"), std::string::npos);
        // Silence ends it as before, in the middle of a packet as well.
        a.say({0x30, 100, 0, 1});
        table.pass(seconds(6));
        EXPECT_TRUE(a.is_connected());
        table.pass(seconds(2));
        EXPECT_FALSE(a.is_connected());
    }
}

TEST(Connect, ManySlowPacketsAreJudgedOneByOne) {
    Table table;
    Client a(table, "a");
    a.connect({.keep_alive = 4});
    std::vector<std::uint8_t> frame = publish_frame(Version::V5, "t", std::string(30, 'x'), {});
    for (int i = 0; i < 20; i++) say_slowly(table, a, frame, 10, seconds(1));
    EXPECT_TRUE(a.is_connected());
}

TEST(Connect, AByteNowAndThenKeepsNoConnection) {
    Table table;
    Client a(table, "a");
    a.connect({.keep_alive = 4});
    std::vector<std::uint8_t> frame = publish_frame(Version::V5, "t", std::string(1000, 'x'), {});
    for (std::size_t i = 0; i < 8; i++) {
        EXPECT_TRUE(a.is_connected()) << i;
        a.say({frame[i]});
        table.pass(seconds(1));
    }
    EXPECT_EQ(a.heard(), "DISCONNECT 8D | closed");
}

TEST(Connect, WithoutARateAPacketMayBeAsSlowAsItLikes) {
    TableOptions options;
    options.broker.packet_rate_min = 0;
    Table table(options);
    Client a(table, "a");
    a.connect({.keep_alive = 4});
    say_slowly(table, a, publish_frame(Version::V5, "t", std::string(100, 'x'), {}), 1, seconds(5));
    EXPECT_TRUE(a.is_connected());
}

TEST(Connect, ASlowConnectHasItsDeadlineAllTheSame) {
    Table table;
    Line& line = table.open_line(0);
    std::vector<std::uint8_t> frame = connect_frame("a", {.will_topic = std::string(1000, 'w')});
    for (int i = 0; i < 31 && line.is_open(); i++) {
        auto at = frame.begin() + i * 20;
        line.to_broker.insert(line.to_broker.end(), at, at + 20);
        table.pass(seconds(1));
        EXPECT_EQ(line.is_open(), i < 29) << i;
    }
}

TEST(Connect, WithoutKeepAliveSilenceIsFine) {
    Table table;
    Client a(table, "a");
    a.connect();
    table.pass(seconds(100'000));
    EXPECT_TRUE(a.is_connected());
}

TEST(Connect, MaxKeepaliveIsToldInMqttFive) {
    TableOptions options;
    options.broker.max_keepalive = 20;
    Table table(options);
    Client a(table, "a"), b(table, "b");
    EXPECT_NE(a.connect({.keep_alive = 100}).find("server-keep-alive=20"), std::string::npos);
    table.pass(seconds(31));
    EXPECT_FALSE(a.is_connected());
    EXPECT_EQ(b.connect({.version = Version::V311, .keep_alive = 100}), "CONNACK 02 | closed");
}

TEST(Connect, ASessionEndsWithItsExpiry) {
    Table table;
    Client a(table, "a"), b(table, "b");
    ConnectWish wish{.clean_start = false, .expiry = 100};
    a.connect(wish);
    b.connect();
    a.subscribe("t", {.qos = Qos::AtLeastOnce});
    a.cut();
    table.pass(seconds(99));
    b.publish("t", "x", {.qos = Qos::AtLeastOnce});
    EXPECT_NE(a.connect(wish).find("present"), std::string::npos);
    a.cut();
    table.pass(seconds(101));
    b.heard();
    b.publish("t", "x", {.qos = Qos::AtLeastOnce});
    EXPECT_EQ(b.heard(), "PUBACK m2 10");
    EXPECT_EQ(a.connect(wish).find("present"), std::string::npos);
    EXPECT_EQ(table.shared.sessions.load(), 2);
}

TEST(Connect, DisconnectMayChangeTheExpiryButNotRaiseItFromNothing) {
    Table table;
    Client a(table, "a");
    mqtt::Disconnect packet;
    packet.properties.mark(mqtt::PropertyId::SessionExpiryInterval);
    packet.properties.session_expiry_interval = 50;
    a.connect({.expiry = 10});
    a.say(mqtt::encode_any(packet, Version::V5));
    EXPECT_EQ(a.heard(), "closed");
    table.pass(seconds(40));
    EXPECT_NE(a.connect({.clean_start = false}).find("present"), std::string::npos);
    a.say(mqtt::encode_any(packet, Version::V5));
    EXPECT_EQ(a.heard(), "DISCONNECT 82 | closed");
    EXPECT_EQ(a.connect({.clean_start = false}).find("present"), std::string::npos);
}

TEST(Connect, PersistentClientExpirationCutsTheExpiryAndSaysSo) {
    TableOptions options;
    options.broker.persistent_client_expiration = 60;
    Table table(options);
    Client a(table, "a"), old(table, "old");
    EXPECT_NE(a.connect({.expiry = 1000}).find("session-expiry=60"), std::string::npos);
    old.connect({.version = Version::V311, .clean_start = false});
    a.cut();
    old.cut();
    table.pass(seconds(62));
    EXPECT_EQ(table.shared.sessions.load(), 0);
}

// [MQTT-3.1.4-3]
TEST(Connect, TheSecondTakesTheSessionOver) {
    Table table;
    Client first(table, "a"), second(table, "a"), b(table, "b");
    ConnectWish wish{.clean_start = false, .expiry = 100};
    first.connect(wish);
    first.subscribe("t", {.qos = Qos::AtLeastOnce});
    EXPECT_NE(second.connect(wish).find("present"), std::string::npos);
    EXPECT_EQ(first.heard(), "DISCONNECT 8E | closed");
    b.connect();
    b.publish("t", "x", {.qos = Qos::AtLeastOnce});
    EXPECT_EQ(second.heard(), "PUBLISH q1 m1 't' 'x'");
}

TEST(Connect, TwoConnectsOfOneTurn) {
    for (bool clean : {false, true}) {
        Table table;
        Client first(table, "a"), second(table, "a");
        ConnectWish wish{.clean_start = clean, .expiry = 100};
        first.open(wish);
        second.open(wish);
        first.settle();
        EXPECT_EQ(first.is_connected() + second.is_connected(), 1);
        EXPECT_EQ(table.shared.sessions.load(), 1);
    }
}

TEST(Connect, ACloseAndANewConnectionInOneTurn) {
    Table table;
    Client first(table, "a"), second(table, "a");
    first.connect({.will_topic = "w"});
    first.line().is_cut = true;
    EXPECT_EQ(second.connect({.clean_start = false}).find("present"), std::string::npos);
    EXPECT_TRUE(second.is_connected());
    EXPECT_EQ(table.shared.sessions.load(), 1);
}

TEST(Connect, AssignedIdsAreAtHomeWhereTheyCameIn) {
    Table table({.shards = 3, .broker = {}, .listener = {}});
    for (std::uint32_t shard = 0; shard < 3; shard++) {
        Line& line = table.open_line(shard);
        line.to_broker = connect_frame("", {});
        table.settle();
        mqtt::AnyPacket any;
        ASSERT_GT(line.from_broker.size(), 2u);
        ASSERT_EQ(mqtt::decode_any(line.from_broker[0], ByteView(line.from_broker).subspan(2),
                                   Version::V5, any),
                  ReasonCode::Success);
        auto& connack = std::get<mqtt::Connack>(any);
        EXPECT_EQ(table.shared.home_of(connack.properties.assigned_client_identifier), shard);
    }
}

class Passwords : public testing::Test {
  protected:
    TableOptions options() const {
        auto hash = auth::PasswordHash::make(auth::HashScheme::Pbkdf2Sha512, 1, as_bytes("secret"));
        CHECK(hash.ok());
        std::string line = ":" + hash.value().encode() + "\n";
        TableOptions options;
        options.listener.auth.password_file =
            folder_.write("passwords", "ann" + line + "bob" + line);
        return options;
    }
    static ConnectWish wish(const std::string& user, const std::string& password) {
        ConnectWish wish{.clean_start = false, .expiry = 100};
        wish.user = user;
        wish.password = password;
        return wish;
    }
    TemporaryFolder folder_;
};

TEST_F(Passwords, NothingIsTakenFromTheClientUntilItsPasswordIsVerified) {
    Table table(options());
    Client a(table, "a");
    a.open(wish("ann", "secret"));
    a.say({0xC0, 0});
    EXPECT_EQ(a.heard(), "");
    EXPECT_EQ(table.checker.waiting(), 1u);
    table.checker.answer();
    std::string heard = a.heard();
    EXPECT_TRUE(heard.starts_with("CONNACK 00")) << heard;
    EXPECT_TRUE(heard.ends_with(" | PINGRESP")) << heard;
}

TEST_F(Passwords, AWrongOneIsRefused) {
    Table table(options());
    Client a(table, "a"), unknown(table, "b");
    a.open(wish("ann", "wrong"));
    unknown.open(wish("eve", "secret"));
    a.settle();
    while (table.checker.waiting() > 0) table.checker.answer();
    EXPECT_EQ(a.heard(), "CONNACK 87 | closed");
    EXPECT_EQ(unknown.heard(), "CONNACK 87 | closed");
    EXPECT_EQ(table.shared.sessions.load(), 0);
}

TEST_F(Passwords, AnAnswerForAConnectionThatIsGoneIsForgotten) {
    Table table(options());
    Client a(table, "a");
    a.open(wish("ann", "secret"));
    a.settle();
    // Held, it is not read; its end is seen when somebody else's answer closes it.
    std::erase(table.lines, &a.line());
    a.line().close();
    table.checker.answer();
    Client b(table, "b");
    b.open(wish("ann", "secret"));
    b.settle();
    table.checker.answer();
    EXPECT_TRUE(b.heard().starts_with("CONNACK 00"));
    EXPECT_EQ(table.shared.sessions.load(), 1);
}

TEST_F(Passwords, TwoOfOneIdThatAreCheckedAtOnceLeaveOne) {
    Table table(options());
    Client first(table, "a"), second(table, "a");
    first.open(wish("ann", "secret"));
    second.open(wish("ann", "secret"));
    first.settle();
    while (table.checker.waiting() > 0) table.checker.answer();
    second.settle();
    EXPECT_TRUE(second.is_connected());
    EXPECT_FALSE(first.is_connected());
}

TEST_F(Passwords, ASessionIsNotGivenToAnotherUser) {
    Table table(options());
    Client first(table, "a"), second(table, "a");
    first.open(wish("ann", "secret"));
    first.settle();
    table.checker.answer();
    EXPECT_TRUE(first.is_connected());
    second.open(wish("bob", "secret"));
    second.settle();
    table.checker.answer();
    EXPECT_EQ(second.heard(), "CONNACK 87 | closed");
    EXPECT_TRUE(first.is_connected());
}

TEST_F(Passwords, TooManyAtOnceAreToldThatTheServerIsBusy) {
    Table table(options());
    table.checker.is_full = true;
    Client a(table, "a");
    EXPECT_EQ(a.connect(wish("ann", "secret")), "CONNACK 89 | closed");
}

TEST_F(Passwords, OneThatWaitedTooLongIsToldThatTheServerIsBusy) {
    Table table(options());
    Client a(table, "a");
    a.open(wish("ann", "secret"));
    a.settle();
    ASSERT_EQ(table.checker.networks, std::vector<std::string>{"192.0.2.0"});
    table.checker.answer(PasswordVerdict::TooLate);
    EXPECT_EQ(a.heard(), "CONNACK 89 | closed");
    auto busy = static_cast<std::size_t>(Refusal::PasswordsBusy);
    EXPECT_EQ(table.shared.counters[0].refused[busy].get(), 1u);
    EXPECT_EQ(table.shared.counters[0].denied_connects.get(), 0u);
}

}  // namespace
}  // namespace martlet::broker
