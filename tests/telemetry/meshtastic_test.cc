// The rules of the Meshtastic decoder beyond single packets: topics, one packet by many gateways,
// consent, keys.

#include "telemetry/decoder.h"
#include "telemetry/decoders/meshtastic/receptions.h"
#include "telemetry/decoders/meshtastic/topic.h"
#include "tests/telemetry/meshtastic_message.h"

#include <gtest/gtest.h>

namespace martlet::telemetry {
namespace {

std::string problem_of(const DecoderOptions& options) {
    std::string problem;
    EXPECT_EQ(find_decoder("meshtastic")->make(options, problem), nullptr);
    return problem;
}

struct TopicCase {
    const char* topic;
    meshtastic::TopicKind kind;
    const char* root;
    const char* channel;
    std::uint32_t gateway;
};

TEST(MeshtasticTopic, IsReadFromTheRight) {
    using enum meshtastic::TopicKind;
    const TopicCase cases[] = {
        {"msh/2/e/LongFast/!a1b2c3d4", Packet, "msh", "LongFast", 0xa1b2c3d4},
        {"msh/EU_868/SE/Stockholm/2/c/Söder 2/!0badcafe", Packet, "msh/EU_868/SE/Stockholm",
         "Söder 2", 0x0badcafe},
        {"msh/2/2/e/2/!0badcafe", Packet, "msh/2", "2", 0x0badcafe},
        {"msh/EU_868/2/map/", Map, "msh/EU_868", "", 0},
        {"msh/EU_868/2/json/mqtt/", Json, "msh/EU_868", "mqtt", 0},
        {"msh/EU_868/2/stat/!0badcafe", Status, "msh/EU_868", "", 0x0badcafe},
        {"msh/EU_868/2/e/LongFast/!0BADcafeX", Packet, "msh/EU_868", "LongFast", 0},
        {"msh/EU_868/2/e/LongFast", Other, "", "", 0},
        {"msh/EU_868/2/x/LongFast/!0badcafe", Other, "", "", 0},
        {"/2/e/LongFast/!0badcafe", Other, "", "", 0},
        {"msh/2/", Other, "", "", 0},
        {"", Other, "", "", 0},
    };
    for (const TopicCase& each : cases) {
        SCOPED_TRACE(each.topic);
        auto topic = meshtastic::parse_topic(each.topic);
        EXPECT_EQ(topic.kind, each.kind);
        if (each.kind == Other) continue;
        EXPECT_EQ(topic.root, each.root);
        EXPECT_EQ(topic.channel, each.channel);
        EXPECT_EQ(topic.gateway, each.gateway);
    }
}

TEST(MeshtasticTopic, OfSomebodyElseIsUnreadable) {
    auto decoder = make_meshtastic();
    auto found = decode(*decoder, "msh/EU_868/notes", "hello");
    EXPECT_EQ(found.out.verdict, Verdict::Unreadable);
    EXPECT_EQ(found.out.problem, "not a Meshtastic topic");
}

TEST(MeshtasticGateways, OnePacketAndAListOfReceptions) {
    auto decoder = make_meshtastic();
    Message message(1, "heard by three");
    auto first = decode(*decoder, kTopic, message.encrypted("LongFast", kDefaultKey));
    EXPECT_EQ(first.out.verdict, Verdict::Read);
    EXPECT_EQ(first.fact(kSenderId, "gateways"), "!a1b2c3d4");

    message.envelope.set_gateway_id("!0badcafe");
    auto second =
        decode(*decoder, kTopic, message.encrypted("LongFast", kDefaultKey), kReceived + 9);
    EXPECT_EQ(second.out.verdict, Verdict::Duplicate);
    EXPECT_EQ(second.out.sender.id, kSenderId);
    EXPECT_EQ(second.number("!0badcafe", "receptions"), 1);
    EXPECT_EQ(second.sample(kSenderId, "packets"), nullptr);
    EXPECT_TRUE(second.out.events.empty());
    EXPECT_EQ(second.fact(kSenderId, "gateways"), "!a1b2c3d4 !0badcafe");

    // The same once more, from a bridge that goes in a circle: nobody heard it anew.
    auto again =
        decode(*decoder, kTopic, message.encrypted("LongFast", kDefaultKey), kReceived + 99);
    EXPECT_EQ(again.out.verdict, Verdict::Duplicate);
    EXPECT_EQ(again.sample("!0badcafe", "receptions"), nullptr);
}

TEST(MeshtasticGateways, AreRememberedForTenMinutes) {
    auto decoder = make_meshtastic();
    std::string payload = Message(1, "again").plain();
    constexpr Time kWindow = meshtastic::Receptions::kWindowMs;
    EXPECT_EQ(decode(*decoder, kTopic, payload).out.verdict, Verdict::Read);
    EXPECT_EQ(decode(*decoder, kTopic, payload, kReceived + kWindow - 1).out.verdict,
              Verdict::Duplicate);
    EXPECT_EQ(decode(*decoder, kTopic, payload, kReceived + kWindow).out.verdict, Verdict::Read);
    // Of another sender, or of another number, it is another packet.
    Message other(1, "again");
    other.packet().set_from(kSender + 1);
    EXPECT_EQ(decode(*decoder, kTopic, other.plain()).out.verdict, Verdict::Read);
    other.packet().set_id(78);
    EXPECT_EQ(decode(*decoder, kTopic, other.plain()).out.verdict, Verdict::Read);
}

TEST(MeshtasticGateways, MapReportsAreNeverTheSame) {
    auto decoder = make_meshtastic();
    Message report(73, "\x0a\x01X");
    report.packet().set_id(0);
    report.packet().set_from(0xa1b2c3d4);
    for (int i = 0; i < 3; i++) {
        auto found = decode(*decoder, "msh/EU_868/2/map/", report.plain());
        EXPECT_EQ(found.out.verdict, Verdict::Read);
        EXPECT_EQ(found.number("!a1b2c3d4", "receptions"), 1);
    }
}

TEST(MeshtasticGateways, ADamagedCopyDoesNotHideASoundOne) {
    auto decoder = make_meshtastic();
    EXPECT_EQ(decode(*decoder, kTopic, Message(4, "\x0a\x09!7c").plain()).out.verdict,
              Verdict::Unreadable);
    EXPECT_EQ(decode(*decoder, kTopic, Message(1, "sound").plain()).out.verdict, Verdict::Read);
    // Nor does one that was encrypted with another key.
    Message closed(1, "sound");
    closed.packet().set_id(5);
    closed.packet().set_encrypted("0123456789abcdef");
    closed.packet().set_channel(8);
    std::string payload = closed.envelope.SerializeAsString();
    EXPECT_EQ(decode(*decoder, kTopic, payload).out.verdict, Verdict::Opaque);
    auto twice = decode(*decoder, kTopic, payload);
    EXPECT_EQ(twice.out.verdict, Verdict::Duplicate);
    EXPECT_EQ(twice.sample(kSenderId, "packets"), nullptr);
    closed.packet().clear_encrypted();
    EXPECT_EQ(decode(*decoder, kTopic, closed.plain()).out.verdict, Verdict::Read);
}

TEST(MeshtasticGateways, JsonBesideBinaryIsTheSamePacket) {
    auto decoder = make_meshtastic();
    EXPECT_EQ(decode(*decoder, kTopic, Message(1, "hej").plain()).out.verdict, Verdict::Read);
    auto found = decode(*decoder, "msh/EU_868/2/json/LongFast/!a1b2c3d4",
                        R"({"id":77,"from":2086346282,"to":-1,"type":"text",
                            "sender":"!a1b2c3d4","payload":{"text":"hej"}})");
    EXPECT_EQ(found.out.verdict, Verdict::Duplicate);
    EXPECT_EQ(found.sample("!a1b2c3d4", "receptions"), nullptr);
}

TEST(MeshtasticReceptions, AreBounded) {
    meshtastic::Receptions receptions;
    meshtastic::Packet packet;
    packet.from = kSender;
    packet.gateway = 1;
    packet.received = kReceived;
    constexpr auto kMax = meshtastic::Receptions::kPacketsMax;
    for (std::uint32_t id = 1; id <= kMax + 500; id++) {
        packet.id = id;
        EXPECT_TRUE(receptions.note(packet, meshtastic::Receptions::Fate::Kept));
    }
    EXPECT_EQ(receptions.size(), kMax);
    packet.id = 500;
    EXPECT_EQ(receptions.find(packet), nullptr);
    packet.id = 501;
    EXPECT_NE(receptions.find(packet), nullptr);
    for (std::uint32_t gateway = 2; gateway < 100; gateway++) {
        packet.gateway = gateway;
        receptions.note(packet, meshtastic::Receptions::Fate::Kept);
    }
    EXPECT_EQ(receptions.find(packet)->gateways.size(), meshtastic::Receptions::kGatewaysMax);
    // A day later everything is gone.
    packet.received += 86'400'000;
    receptions.note(packet, meshtastic::Receptions::Fate::Kept);
    EXPECT_EQ(receptions.size(), 1u);
}

struct ConsentCase {
    const char* policy;
    int bitfield;  // -1: none
    bool is_own;   // of the gateway itself
    Verdict verdict;
    bool is_counted;  // there are samples of the sender
};

TEST(MeshtasticConsent, Policies) {
    const ConsentCase cases[] = {
        {"store", 0, false, Verdict::Read, true},
        {"store", -1, false, Verdict::Read, true},
        {"hide", 1, false, Verdict::Read, true},
        {"hide", 0, false, Verdict::Withheld, true},
        {"hide", -1, false, Verdict::Read, true},
        {"require", 0, false, Verdict::Withheld, false},
        {"require", 2, false, Verdict::Withheld, false},
        {"require", 3, false, Verdict::Read, true},
        {"require", -1, false, Verdict::Read, true},
        {"strict", -1, false, Verdict::Withheld, false},
        {"strict", 1, false, Verdict::Read, true},
        {"strict", -1, true, Verdict::Read, true},
        {"require", 0, true, Verdict::Read, true},
    };
    for (const ConsentCase& each : cases) {
        SCOPED_TRACE(std::string(each.policy) + " " + std::to_string(each.bitfield));
        auto decoder = make_meshtastic({{"consent", each.policy}});
        Message message(1, "not for all");
        message.data.set_bitfield(static_cast<std::uint32_t>(each.bitfield));
        if (each.bitfield < 0) message.data.clear_bitfield();
        if (each.is_own) message.envelope.set_gateway_id(kSenderId);
        auto found = decode(*decoder, kTopic, message.encrypted("LongFast", kDefaultKey));
        EXPECT_EQ(found.out.verdict, each.verdict);
        bool is_read = each.verdict == Verdict::Read;
        EXPECT_EQ(found.out.events.empty(), !is_read);
        EXPECT_EQ(found.sample(kSenderId, "packets") != nullptr, each.is_counted);
        EXPECT_EQ(found.note(kSenderId) != nullptr, each.is_counted);
        EXPECT_EQ(found.out.sender.id, each.is_counted ? kSenderId : "");
        EXPECT_EQ(found.out.problem, is_read ? "" : "no consent");
        EXPECT_EQ(found.number(each.is_own ? kSenderId : "!a1b2c3d4", "receptions"), 1);
        if (!each.is_counted) continue;
        const char* told = each.bitfield < 0 ? "unknown" : each.bitfield & 1 ? "yes" : "no";
        EXPECT_EQ(found.fact(kSenderId, "ok_to_mqtt"), told);

        std::string again_gateways = (each.is_own ? kSenderId : "!a1b2c3d4") + " !0badcafe";
        message.envelope.set_gateway_id("!0badcafe");
        auto again = decode(*decoder, kTopic, message.encrypted("LongFast", kDefaultKey));
        // Not a duplicate: its payload must not be kept for inspection either.
        EXPECT_EQ(again.out.verdict, is_read ? Verdict::Duplicate : Verdict::Withheld);
        EXPECT_EQ(again.fact(kSenderId, "gateways"), again_gateways);
    }
}

TEST(MeshtasticConsent, NothingOfAWithheldPacketComesByAnotherGateway) {
    auto decoder = make_meshtastic({{"consent", "strict"}});
    Message message(1, "not for all");
    message.data.set_bitfield(0);
    decode(*decoder, kTopic, message.plain());
    message.envelope.set_gateway_id("!0badcafe");
    auto found = decode(*decoder, kTopic, message.plain());
    EXPECT_EQ(found.out.verdict, Verdict::Withheld);
    EXPECT_EQ(found.note(kSenderId), nullptr);
    EXPECT_EQ(found.out.sender.id, "");
    EXPECT_EQ(found.number("!0badcafe", "receptions"), 1);
    // What cannot be decrypted cannot consent.
    Message closed(1);
    closed.packet().set_id(78);
    closed.packet().set_encrypted("0123456789abcdef");
    auto opaque = decode(*decoder, kTopic, closed.envelope.SerializeAsString());
    EXPECT_EQ(opaque.out.verdict, Verdict::Opaque);
    EXPECT_EQ(opaque.note(kSenderId), nullptr);
}

TEST(MeshtasticConsent, MapReportsAndStatusNeedNone) {
    auto decoder = make_meshtastic({{"consent", "strict"}});
    Message report(73, "\x0a\x03GW1");
    report.packet().set_from(0xa1b2c3d4);
    report.data.clear_bitfield();
    EXPECT_EQ(decode(*decoder, "msh/2/map/", report.plain()).out.verdict, Verdict::Read);
    EXPECT_EQ(decode(*decoder, "msh/2/stat/!a1b2c3d4", "online").out.verdict, Verdict::Read);
}

TEST(MeshtasticKeys, OwnChannelIsReadFromThenOn) {
    // 3 bytes, filled up to 16.
    std::string key("abc");
    key.resize(16);
    std::string payload = Message(1, "hemligt").encrypted("Fika på stan", key);
    EXPECT_EQ(decode_once(payload).out.verdict, Verdict::Opaque);
    auto found = decode_once(payload, {{"key", "Fika på stan YWJj"}});
    EXPECT_EQ(found.out.verdict, Verdict::Read);
    EXPECT_EQ(found.event("text")->text, "hemligt");
    EXPECT_EQ(found.fact(kSenderId, "channel"), "Fika på stan");
    // Without its name as well, and in the spelling of links.
    EXPECT_EQ(decode_once(payload, {{"key", "YWJj"}}).out.verdict, Verdict::Read);
    std::string high(32, '\xff');
    payload = Message(1, "hemligt").encrypted("Hög", high);
    EXPECT_EQ(decode_once(payload, {{"key", "Hög " + std::string(42, '_') + "8"}}).out.verdict,
              Verdict::Read);
}

TEST(MeshtasticKeys, TopicMayNameTheChannelOtherwise) {
    std::string key(32, 'k');
    Message message(1, "hej");
    std::string payload = message.encrypted("Privat", key);
    message.envelope.set_channel_id("privat-2");
    std::string option = "Privat " + std::string("a2tra2tra2tra2tra2tra2tra2tra2tra2tra2tra2s=");
    EXPECT_EQ(decode_once(message.envelope.SerializeAsString(), {{"key", option}}).out.verdict,
              Verdict::Read);
}

TEST(MeshtasticKeys, ShortOnesCountOnFromTheDefaultKey) {
    std::string key = kDefaultKey;
    key.back() = '\x00';  // 0x01 + 255 - 1, in one byte: "/w=="
    key.back() = static_cast<char>(0x01 + 254);
    std::string payload = Message(1, "hej").encrypted("Last", key);
    EXPECT_EQ(decode_once(payload, {{"key", "Last /w=="}}).out.verdict, Verdict::Read);
    EXPECT_EQ(decode_once(payload, {{"key", "Last /g=="}}).out.verdict, Verdict::Opaque);
}

TEST(MeshtasticKeys, WrongOnesAreNamedButNotShown) {
    EXPECT_EQ(problem_of({{"key", "Privat not*base64"}}), "The key Privat is not base64");
    EXPECT_EQ(problem_of({{"key", "Privat " + std::string(44, 'A')}}),
              "The key Privat is longer than 32 bytes");
    EXPECT_EQ(problem_of({{"key", "AA=="}}),
              "The key without a channel's name says that the channel is not encrypted; leave it "
              "out");
    EXPECT_EQ(problem_of({{"key", ""}}).empty(), false);
    EXPECT_EQ(problem_of({{"key", "Privat A"}}), "The key Privat is not base64");
    EXPECT_TRUE(problem_of({{"consent", "perhaps"}}).starts_with("consent perhaps is unknown"));
    EXPECT_EQ(problem_of({{"kay", "AQ=="}}),
              "There is no option kay; key, consent and republish are");
}

TEST(MeshtasticKeys, GarbageIsNotTakenForAMessage) {
    auto decoder = make_meshtastic();
    std::uint32_t random = 1;
    int read = 0;
    for (std::uint32_t id = 1; id <= 3000; id++) {
        Message message(1);
        std::string noise;
        for (std::uint32_t i = 0; i < 12 + id % 60; i++) {
            random = random * 1664525 + 1013904223;
            noise += static_cast<char>(random >> 24);
        }
        message.packet().set_id(id);
        message.packet().set_channel(8);
        message.packet().set_encrypted(noise);
        auto found = decode(*decoder, kTopic, message.envelope.SerializeAsString());
        read += found.out.verdict == Verdict::Opaque ? 0 : 1;
    }
    EXPECT_EQ(read, 0);
}

}  // namespace
}  // namespace martlet::telemetry
