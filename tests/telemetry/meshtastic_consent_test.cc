// Consent of senders, what is passed on, keys that come later, and what an operator is told.

#include "base/text.h"
#include "telemetry/decoder.h"
#include "telemetry/decoders/meshtastic/data_form.h"
#include "telemetry/decoders/meshtastic/republish.h"
#include "telemetry/rules.h"
#include "tests/telemetry/meshtastic_message.h"

#include <gtest/gtest.h>

#include <cmath>

namespace martlet::telemetry {
namespace {

using meshtastic::Republisher;

const DecoderOptions kRepublish = {{"republish", "consented/"}};

Decoded decode_as(Decoder& decoder, const Incoming& message) {
    Decoded out;
    decoder.decode(message, out);
    return out;
}

TEST(MeshtasticConsent, IsSeenOfEachPacket) {
    wire::Position position;
    position.set_latitude_i(593'293'000);
    position.set_longitude_i(180'686'000);
    wire::Telemetry telemetry;
    telemetry.set_device("\x08\x2a");
    wire::User user;
    user.set_long_name("Tor");
    const std::pair<std::uint32_t, std::string> packets[] = {{1, "hej"},
                                                             {3, position.SerializeAsString()},
                                                             {4, user.SerializeAsString()},
                                                             {67, telemetry.SerializeAsString()},
                                                             {300, "private"}};
    for (const auto& [port, payload] : packets) {
        SCOPED_TRACE(port);
        Message message(port, payload);
        auto yes = decode_once(message.encrypted("LongFast", kDefaultKey));
        EXPECT_EQ(yes.number(kSenderId, "packet/ok_to_mqtt"), 1);
        EXPECT_EQ(yes.sample(kSenderId, "packet/ok_to_mqtt")->time, 1'763'640'000'000);
        EXPECT_EQ(yes.sample(kSenderId, "packets_without_consent"), nullptr);
        message.data.set_bitfield(2);
        auto no = decode_once(message.encrypted("LongFast", kDefaultKey));
        EXPECT_EQ(no.number(kSenderId, "packet/ok_to_mqtt"), 0);
        EXPECT_EQ(no.number(kSenderId, "packets_without_consent"), 1);
        message.data.clear_bitfield();
        auto unknown = decode_once(message.encrypted("LongFast", kDefaultKey));
        EXPECT_EQ(unknown.sample(kSenderId, "packet/ok_to_mqtt"), nullptr);
        EXPECT_EQ(unknown.sample(kSenderId, "packets_without_consent"), nullptr);
        EXPECT_EQ(unknown.fact(kSenderId, "ok_to_mqtt"), "unknown");
    }
}

TEST(MeshtasticRepublish, SameBytesQosAndRetain) {
    std::string payload = Message(1, "hej").encrypted("LongFast", kDefaultKey);
    for (int qos : {0, 1, 2}) {
        for (bool retain : {false, true}) {
            auto decoder = make_meshtastic(kRepublish);
            auto out = decode_as(
                *decoder, {kTopic, payload, kReceived, retain, static_cast<std::uint8_t>(qos)});
            ASSERT_EQ(out.messages.size(), 1u);
            EXPECT_EQ(out.messages[0].topic, "consented/" + std::string(kTopic));
            EXPECT_EQ(out.messages[0].payload, payload);
            EXPECT_EQ(out.messages[0].qos, qos);
            EXPECT_EQ(out.messages[0].retain, retain);
        }
    }
}

TEST(MeshtasticRepublish, OnlyOfThoseWhoConsentUnderEachPolicy) {
    for (const char* policy : {"store", "hide", "require", "strict"}) {
        for (int bitfield : {-1, 0, 1, 2, 3}) {
            for (bool is_own : {false, true}) {
                SCOPED_TRACE(std::string(policy) + " " + std::to_string(bitfield));
                Message message(1, "hej");
                message.data.set_bitfield(static_cast<std::uint32_t>(bitfield));
                if (bitfield < 0) message.data.clear_bitfield();
                if (is_own) message.envelope.set_gateway_id(kSenderId);
                auto decoder = make_meshtastic({{"consent", policy}, {"republish", "consented/"}});
                auto found = decode(*decoder, kTopic, message.plain());
                bool is_yes = bitfield == 1 || bitfield == 3;
                EXPECT_EQ(found.out.messages.size(), is_yes ? 1u : 0u);
            }
        }
    }
}

TEST(MeshtasticRepublish, NothingWithoutTheOption) {
    EXPECT_TRUE(decode_once(Message(1, "hej").plain()).out.messages.empty());
}

TEST(MeshtasticRepublish, NothingThatCannotBeRead) {
    auto decoder = make_meshtastic(kRepublish);
    EXPECT_TRUE(decode(*decoder, kTopic, Message(4, "\x0a\x09!7c").plain()).out.messages.empty());
    EXPECT_TRUE(decode(*decoder, kTopic, "garbage").out.messages.empty());
    EXPECT_TRUE(decode(*decoder, kTopic, "").out.messages.empty());
    EXPECT_TRUE(decode(*decoder, "msh/2/stat/!a1b2c3d4", "online").out.messages.empty());
    EXPECT_TRUE(decode(*decoder, "msh/2/json/LongFast/!a1b2c3d4",
                       R"({"from":7,"id":5,"type":"text","payload":{"text":"x"},"bitfield":1})")
                    .out.messages.empty());
}

// A second broker has the same option, and both bridge everything to each other.
TEST(MeshtasticRepublish, NeverGoesRound) {
    auto here = make_meshtastic(kRepublish);
    auto there = make_meshtastic(kRepublish);
    Message report(73, "\x70\x01");
    report.packet().set_id(0);
    report.data.clear_bitfield();
    for (const std::string& payload : {Message(1, "hej").plain(), report.plain()}) {
        auto first = decode(*here, kTopic, payload);
        ASSERT_EQ(first.out.messages.size(), 1u);
        // Bridged as it stands: it lies under the prefix there, too.
        auto second = decode(*there, first.out.messages[0].topic, payload);
        EXPECT_EQ(second.out.verdict, Verdict::Duplicate);
        EXPECT_TRUE(second.out.messages.empty());
        EXPECT_TRUE(second.out.is_empty());
        // Bridged to a topic of the mesh, and back.
        EXPECT_EQ(decode(*there, kTopic, payload).out.messages.size(), 1u);
        EXPECT_TRUE(decode(*here, kTopic, payload).out.messages.empty());
        EXPECT_TRUE(decode(*here, "msh/x/2/e/LongFast/!a1b2c3d4", payload).out.messages.empty());
    }
}

TEST(MeshtasticRepublish, PrefixBelowTheMeshIsNotReadTwice) {
    auto decoder = make_meshtastic({{"republish", "msh/consented/"}});
    std::string payload = Message(1, "hej").plain();
    auto found = decode(*decoder, kTopic, payload);
    ASSERT_EQ(found.out.messages.size(), 1u);
    auto again = decode(*decoder, found.out.messages[0].topic, payload);
    EXPECT_EQ(again.out.verdict, Verdict::Duplicate);
    EXPECT_TRUE(again.out.is_empty());
}

TEST(MeshtasticRepublish, IsReadByNoOtherDecoder) {
    Options options;
    options.decoder_options = {{"meshtastic", "republish", "consented/"}};
    Rules rules = Rules::make(options).value();
    EXPECT_EQ(rules.choose("consented/msh/2/e/LongFast/!a1b2c3d4").decoder, nullptr);
    EXPECT_EQ(rules.choose("msh/2/e/LongFast/!a1b2c3d4").name, "meshtastic");
    EXPECT_EQ(rules.choose("consented-2/x").name, "json");
}

TEST(MeshtasticRepublish, TopicsThatWouldBeTooLongAreLeftOut) {
    auto decoder = make_meshtastic(kRepublish);
    std::string root(65'510, 'r');
    auto found = decode(*decoder, root + "/2/e/L/!a1b2c3d4", Message(1, "hej").plain());
    EXPECT_EQ(found.out.verdict, Verdict::Read);
    EXPECT_TRUE(found.out.messages.empty());
}

TEST(MeshtasticRepublish, RemembersABoundedNumber) {
    Republisher republisher;
    EXPECT_EQ(republisher.set_prefix("consented/"), "");
    auto pass = [&](std::size_t number, Time now) {
        std::string payload = std::to_string(number);
        Decoded out;
        republisher.pass_on({kTopic, payload, now}, out);
        return out.messages.size();
    };
    for (std::size_t i = 0; i < Republisher::kPassedMax + 100; i++) EXPECT_EQ(pass(i, 1), 1u);
    EXPECT_EQ(republisher.size(), Republisher::kPassedMax);
    EXPECT_EQ(pass(Republisher::kPassedMax, 1), 0u);
    EXPECT_EQ(pass(Republisher::kPassedMax, Republisher::kWindowMs), 0u);
    EXPECT_EQ(pass(Republisher::kPassedMax, Republisher::kWindowMs + 1), 1u);
    EXPECT_EQ(republisher.size(), 1u);
}

TEST(MeshtasticRepublish, PrefixesThatCannotBe) {
    for (std::string_view prefix :
         {"", "/", "consented", "a/+/", "#", "a#/", "$SYS/", "$share/g/", "\xff/", "msh/"}) {
        EXPECT_NE(Republisher().set_prefix(prefix), "") << prefix;
    }
    EXPECT_NE(Republisher().set_prefix(std::string_view("a\0/", 3)), "");
    EXPECT_NE(Republisher().set_prefix(std::string(300, 'a') + "/"), "");
    for (std::string_view prefix : {"consented/", "a/b c/", "med lov på det/", "msh/ok/", "/a/"}) {
        EXPECT_EQ(Republisher().set_prefix(prefix), "") << prefix;
    }
}

TEST(MeshtasticLaterKey, ReadsWhatWasKept) {
    std::string key(32, 'k');
    const DecoderOptions later = {{"key", "Privat a2tra2tra2tra2tra2tra2tra2tra2tra2tra2tra2s="},
                                  kRepublish[0]};
    wire::User user;
    user.set_long_name("Tor");
    Message message(4, user.SerializeAsString());
    std::string payload = message.encrypted("Privat", key);
    message.envelope.set_gateway_id("!0badcafe");
    std::string copy = message.encrypted("Privat", key);

    auto before = make_meshtastic();
    EXPECT_EQ(decode(*before, kTopic, payload).out.verdict, Verdict::Opaque);
    EXPECT_EQ(decode(*before, kTopic, copy).out.verdict, Verdict::Duplicate);
    constexpr Time kTwoDays = 2 * 86'400'000;
    auto after = make_meshtastic(later);
    EXPECT_EQ(decode(*after, kTopic, Message(1, "now").plain(), kReceived + kTwoDays).out.verdict,
              Verdict::Read);
    Incoming kept{kTopic, payload, kReceived, false, 0, {}, true};
    auto out = decode_as(*after, kept);
    EXPECT_EQ(out.verdict, Verdict::Read);
    ASSERT_EQ(out.notes.size(), 1u);
    EXPECT_EQ(out.notes[0].name, "Tor");
    // What was counted when it came is not counted again; nor is it passed on so late.
    ASSERT_EQ(out.samples.size(), 1u);
    EXPECT_EQ(out.samples[0].metric, "packet/ok_to_mqtt");
    EXPECT_EQ(out.samples[0].time, 1'763'640'000'000) << "its own time";
    EXPECT_TRUE(out.packets.empty());
    EXPECT_TRUE(out.messages.empty());
    // The other gateway's copy is the same packet.
    kept.payload = copy;
    EXPECT_EQ(decode_as(*after, kept).verdict, Verdict::Duplicate);
    EXPECT_TRUE(decode_as(*after, kept).is_empty());
}

TEST(MeshtasticLaterKey, WhatIsStillClosedIsNotCountedAgain) {
    std::string payload = Message(1, "hej").encrypted("Privat", std::string(32, 'k'));
    auto decoder = make_meshtastic();
    for (int i = 0; i < 2; i++) {
        auto out = decode_as(*decoder, {kTopic, payload, kReceived, false, 0, {}, true});
        EXPECT_EQ(out.verdict, Verdict::Opaque);
        EXPECT_TRUE(out.is_empty());
        EXPECT_TRUE(out.packets.empty());
    }
}

// The same decoder: a copy by another gateway comes in the clear.
TEST(MeshtasticLaterKey, ACopyThatCanBeReadIsNotCountedAgain) {
    auto decoder = make_meshtastic();
    Message message(1, "hej");
    std::string closed = message.encrypted("Privat", std::string(32, 'k'));
    EXPECT_EQ(decode(*decoder, kTopic, closed).number(kSenderId, "packets/UNKNOWN_KEY"), 1);
    message.packet().clear_encrypted();
    auto found = decode(*decoder, kTopic, message.plain());
    EXPECT_EQ(found.out.verdict, Verdict::Read);
    EXPECT_EQ(found.event("text")->text, "hej");
    EXPECT_EQ(found.sample(kSenderId, "packets"), nullptr);
    EXPECT_EQ(found.sample("!a1b2c3d4", "receptions"), nullptr) << "that gateway told of it";
}

TEST(MeshtasticHint, NamesTheLineThatIsMissing) {
    auto hint = [](const std::string& channel, const std::string& key) {
        return decode_once(Message(1, "hej").encrypted(channel, key)).out.hint;
    };
    std::string key(16, 'x');
    EXPECT_EQ(hint("Fika på stan", key),
              fmt::format("telemetry_option meshtastic key Fika på stan BASE64 "
                          "(channel hash 0x{:02x})",
                          meshtastic::channel_hash("Fika på stan", key)));
    EXPECT_TRUE(hint("", key).starts_with("telemetry_option meshtastic key NAME BASE64 ("));
    EXPECT_EQ(hint("LongFast", kDefaultKey), "") << "it is known";
    Message direct(1, "hej");
    direct.packet().set_pki_encrypted(true);
    EXPECT_EQ(decode_once(direct.encrypted("PKI", key)).out.hint, "") << "there is no such key";
}

std::string data_of(std::uint32_t port, const std::string& payload) {
    wire::Data data;
    data.set_portnum(port);
    data.set_payload(payload);
    return data.SerializeAsString();
}

TEST(MeshtasticDataForm, OfAllPorts) {
    for (std::uint32_t port = 1; port <= 511; port++) {
        EXPECT_TRUE(meshtastic::is_as_nodes_write(data_of(port, "x"))) << port;
    }
    EXPECT_FALSE(meshtastic::is_as_nodes_write(data_of(0, "x")));
    EXPECT_FALSE(meshtastic::is_as_nodes_write(data_of(512, "x")));
    EXPECT_FALSE(meshtastic::is_as_nodes_write(data_of(300, "")));
    EXPECT_FALSE(meshtastic::is_as_nodes_write(""));
    std::string sound = data_of(300, "private");
    for (std::size_t size = 0; size < sound.size(); size++) {
        EXPECT_FALSE(meshtastic::is_as_nodes_write(sound.substr(0, size))) << size;
    }
    EXPECT_FALSE(meshtastic::is_as_nodes_write({"\x08\xac\x82\x80\x00\x12\x01x", 8}))
        << "a long number";
    EXPECT_FALSE(meshtastic::is_as_nodes_write("\x12\x01x\x08\x05")) << "another order";
    EXPECT_FALSE(meshtastic::is_as_nodes_write(sound + sound)) << "twice";
    EXPECT_FALSE(meshtastic::is_as_nodes_write(sound + "\x18\x05")) << "no yes and no no";
    EXPECT_TRUE(meshtastic::is_as_nodes_write(sound + "\x18\x01\x48\x03"));
}

}  // namespace
}  // namespace martlet::telemetry
