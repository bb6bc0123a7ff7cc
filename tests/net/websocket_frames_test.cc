// A client's frames, cut in every way: the bytes of the packets come out as they were, and each
// breach of RFC 6455 ends the connection with its close code.

#include "net/websocket_frames.h"

#include "tests/net/websocket_model.h"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <utility>
#include <vector>

namespace martlet::net {
namespace {

using namespace std::string_literals;
using State = WebsocketReader::State;
using Fault = WebsocketFault;

// With a description of what differs.
void expect_same(const Heard& heard, const Heard& expected, const std::string& what) {
    EXPECT_EQ(heard.payload, expected.payload) << what;
    EXPECT_EQ(heard.state, expected.state) << what;
    EXPECT_EQ(describe(heard.fault), describe(expected.fault)) << what;
    EXPECT_EQ(heard.code, expected.code) << what;
    EXPECT_EQ(heard.last_answer(), expected.last_answer()) << what;
}

// RFC 6455, 5.7: "Hello" in a masked frame, a ping and its pong. The text frames of these examples
// are binary here, as MQTT demands.
TEST(WebsocketFrames, ReadTheExamplesOfTheRfc) {
    std::string hello = "\x82\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58"s;
    EXPECT_EQ(hear(hello).payload, "Hello");
    EXPECT_EQ(hear(hello).state, State::Open);

    std::string ping = "\x89\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58"s;
    EXPECT_EQ(hear(ping).payload, "");
    EXPECT_EQ(hear(ping).last_answer(), "\x8a\x05Hello"s);

    std::string text = "\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58"s;
    EXPECT_EQ(hear(text).fault, Fault::Text);
    std::string unmasked = "\x82\x05Hello"s;
    EXPECT_EQ(hear(unmasked).fault, Fault::Unmasked);
}

// RFC 6455, 5.7: 256 bytes and 64 KiB.
TEST(WebsocketFrames, WriteTheHeadsOfTheRfc) {
    auto head = [](std::uint64_t size) {
        std::uint8_t out[kWebsocketHeadMax];
        std::uint8_t* end = write_websocket_head(size, out);
        EXPECT_EQ(static_cast<std::size_t>(end - out), websocket_head_size(size));
        return std::string(out, end);
    };
    EXPECT_EQ(head(0), "\x82\x00"s);
    EXPECT_EQ(head(5), "\x82\x05"s);
    EXPECT_EQ(head(125), "\x82\x7d"s);
    EXPECT_EQ(head(126), "\x82\x7e\x00\x7e"s);
    EXPECT_EQ(head(256), "\x82\x7e\x01\x00"s);
    EXPECT_EQ(head(65535), "\x82\x7e\xff\xff"s);
    EXPECT_EQ(head(65536), "\x82\x7f\x00\x00\x00\x00\x00\x01\x00\x00"s);
    EXPECT_EQ(head(0x0102'0304'0506), "\x82\x7f\x00\x00\x01\x02\x03\x04\x05\x06"s);
}

// [MQTT-6.0.0-2]: packets are not aligned to frames.
TEST(WebsocketFrames, AreNotPackets) {
    EXPECT_EQ(hear(frame("CONNECTPING")).payload, "CONNECTPING");
    EXPECT_EQ(hear(frame("CON") + frame("NECT") + frame("P") + frame("ING")).payload,
              "CONNECTPING");
    EXPECT_EQ(hear(frame("") + frame("CONNECT") + frame("")).payload, "CONNECT");
    EXPECT_EQ(hear(frame(2, "C", false) + frame(0, "ON", false) + frame(0, "NECT")).payload,
              "CONNECT");
    EXPECT_EQ(hear(frame(2, "", false) + frame(0, "", false) + frame(0, "")).payload, "");
}

TEST(WebsocketFrames, MayHaveControlFramesBetweenFragments) {
    Heard heard = hear(frame(2, "CON", false) + frame(9, "a") + frame(10, "unasked") +
                       frame(0, "NECT") + frame("PING"));
    EXPECT_EQ(heard.payload, "CONNECTPING");
    EXPECT_EQ(heard.answers, std::vector<std::string>{"\x8a\x01"s + "a"});
}

// RFC 6455, 5.5.3: a pong for the last ping is enough, so a flood of them is not answered in kind.
TEST(WebsocketFrames, AnswerTheLastPingOfARead) {
    std::string longest(125, 'p');
    Heard heard = hear(frame(9, "a") + frame(9, "") + frame(9, longest));
    EXPECT_EQ(heard.answers, std::vector<std::string>{"\x8a\x7d" + longest});
    EXPECT_EQ(hear(frame(9, "a") + frame(9, "")).answers, std::vector<std::string>{"\x8a\x00"s});
    EXPECT_EQ(hear({frame(9, "a"), frame(9, "b")}).answers.size(), 2u);
    EXPECT_TRUE(hear(frame(10, "a")).answers.empty());
}

std::string conversation() {
    std::string longer(200, 0);
    for (std::size_t i = 0; i < longer.size(); i++) longer[i] = static_cast<char>(i);
    return frame("CONNECT") + frame(9, "are you there?") + frame(2, "SUB", false) +
           frame(10, "yes") + frame(0, "SCRIBE") + frame("") + frame(9, "") + frame(longer) +
           frame(8, "\x03\xe9going away"s);
}

// One cut at each place, and pieces of each size: one byte up to all.
TEST(WebsocketFrames, ComeOutTheSameWhereverTheyAreCut) {
    std::string bytes = conversation();
    Heard expected = WebsocketModel(bytes).heard;
    ASSERT_EQ(expected.state, State::Closed);
    ASSERT_EQ(expected.payload.size(), 7 + 9 + 200u);
    ASSERT_EQ(expected.answers.size(), 3u);
    for (std::size_t at = 0; at <= bytes.size(); at++) {
        std::string what = "cut at " + std::to_string(at);
        expect_same(hear({bytes.substr(0, at), bytes.substr(at)}), expected, what);
    }
    for (std::size_t size = 1; size <= bytes.size(); size++) {
        std::string what = "pieces of " + std::to_string(size);
        expect_same(hear(cut(bytes, [&] { return size; })), expected, what);
    }
    Heard slow = hear(cut(bytes, [] { return 1u; }));
    EXPECT_EQ(slow.answers, expected.answers);
}

TEST(WebsocketFrames, EndAnywhereWithoutAFault) {
    std::string bytes = conversation();
    for (std::size_t size = 0; size < bytes.size(); size++) {
        std::string begun = bytes.substr(0, size);
        Heard heard = hear(begun);
        EXPECT_EQ(heard.state, State::Open) << size;
        expect_same(heard, WebsocketModel(begun).heard, std::to_string(size) + " bytes");
    }
}

TEST(WebsocketFrames, AtTheEdgesOfTheirLengths) {
    for (std::size_t size :
         {0u,  1u,   2u,   3u,   4u,   5u,   7u,     8u,     9u,     31u,    32u,     33u,
          63u, 124u, 125u, 126u, 127u, 128u, 65534u, 65535u, 65536u, 65537u, 200'000u}) {
        std::string payload(size, 0);
        for (std::size_t i = 0; i < size; i++) payload[i] = static_cast<char>(i * 7);
        std::string bytes = frame(payload) + frame("next");
        EXPECT_EQ(hear(bytes).payload, payload + "next") << size;
        EXPECT_EQ(hear(cut(bytes, [] { return 13u; })).payload, payload + "next") << size;
    }
}

struct Breach {
    std::string bytes;
    Fault fault;
    int code;
};

std::string length64(std::string_view length) {
    return "\x82\xff" + std::string(length) + "mask";
}

std::vector<Breach> breaches() {
    std::vector<Breach> all;
    for (int bits = 1; bits < 8; bits++) {
        ClientFrame reserved{.payload = "x", .reserved = bits};
        all.push_back({reserved.bytes(), Fault::ReservedBits, 1002});
    }
    for (int opcode : {3, 4, 5, 6, 7, 11, 12, 13, 14, 15})
        all.push_back({frame(opcode, "x"), Fault::UnknownOpcode, 1002});
    all.push_back({frame(1, "x"), Fault::Text, 1003});
    all.push_back({frame(1, "x", false), Fault::Text, 1003});
    all.push_back({frame(2, "x", false) + frame(2, "y"), Fault::Interrupted, 1002});
    all.push_back({frame(0, "x"), Fault::NoMessage, 1002});
    all.push_back({frame("x") + frame(0, "y"), Fault::NoMessage, 1002});
    all.push_back({frame(2, "", false) + frame(0, "") + frame(0, ""), Fault::NoMessage, 1002});
    for (int opcode : {8, 9, 10}) {
        all.push_back({frame(opcode, "", false), Fault::FragmentedControl, 1002});
        all.push_back({frame(opcode, std::string(126, 'x')), Fault::LongControl, 1002});
        ClientFrame wide{.opcode = opcode, .payload = "x", .length_bytes = 2};
        all.push_back({wide.bytes(), Fault::LongControl, 1002});
    }
    for (int opcode : {2, 8, 9, 10}) {
        ClientFrame bare{.opcode = opcode, .payload = "x", .is_masked = false};
        all.push_back({bare.bytes(), Fault::Unmasked, 1002});
    }
    for (int form : {2, 8}) {
        ClientFrame wide{.payload = "x", .length_bytes = form};
        all.push_back({wide.bytes(), Fault::NotMinimal, 1002});
        wide.payload = std::string(125, 'x');
        all.push_back({wide.bytes(), Fault::NotMinimal, 1002});
    }
    ClientFrame wide{.payload = std::string(65535, 'x'), .length_bytes = 8};
    all.push_back({wide.bytes(), Fault::NotMinimal, 1002});
    all.push_back({length64("\0\0\0\0\x80\0\0\0"s), Fault::TooLong, 1009});
    all.push_back({length64("\0\0\0\1\0\0\0\0"s), Fault::TooLong, 1009});
    all.push_back({length64("\x7f\xff\xff\xff\xff\xff\xff\xff"s), Fault::TooLong, 1009});
    all.push_back({length64("\x80\0\0\0\0\0\0\0"s), Fault::TooLong, 1009});
    all.push_back({frame(8, "\x03"), Fault::CloseSize, 1002});
    for (int code : {0, 1, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65535}) {
        std::string payload{static_cast<char>(code >> 8), static_cast<char>(code)};
        all.push_back({frame(8, payload), Fault::CloseCode, 1002});
    }
    // Continuation alone, cut off, overlong, surrogate, beyond Unicode.
    for (std::string text : {"\x80", "\xc3", "\xc0\x80", "\xe0\x80\x80", "\xed\xa0\x80",
                             "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xff", "ok\xe2\x82"})
        all.push_back({frame(8, "\x03\xe8" + text), Fault::CloseReason, 1007});
    return all;
}

TEST(WebsocketFrames, BreachesEndTheConnection) {
    for (const Breach& breach : breaches()) {
        // What came before stands, what follows does not.
        std::string bytes = frame("before") + breach.bytes + frame(9, "x") + frame("behind");
        Heard heard = hear(bytes);
        std::string what(describe(breach.fault));
        EXPECT_EQ(heard.state, State::Failed) << what;
        EXPECT_EQ(describe(heard.fault), describe(breach.fault));
        EXPECT_TRUE(heard.payload.starts_with("before")) << what;
        EXPECT_EQ(heard.payload.find("behind"), std::string::npos) << what;
        ASSERT_EQ(heard.answers.size(), 1u) << what;
        std::string code{static_cast<char>(breach.code >> 8), static_cast<char>(breach.code)};
        std::string payload = code + what;
        EXPECT_EQ(heard.answers[0],
                  "\x88" + std::string(1, static_cast<char>(payload.size())) + payload);
        expect_same(heard, WebsocketModel(bytes).heard, what);
        Heard slow = hear(cut(bytes, [] { return 1u; }));
        expect_same(slow, heard, what + ", byte by byte");
        EXPECT_EQ(slow.answers.size(), 1u) << what;
    }
}

// The largest frame that is taken, whose payload does not have to come.
TEST(WebsocketFrames, OfTwoGiBAreBegun) {
    std::string head = length64("\0\0\0\0\x7f\xff\xff\xff"s);
    EXPECT_EQ(hear(head).state, State::Open);
    EXPECT_EQ(hear({head, "m" + std::string(3, 'a')}).payload.size(), 4u);
}

TEST(WebsocketFrames, ReasonsFitAControlFrame) {
    for (int i = 0; i <= static_cast<int>(Fault::CloseReason); i++) {
        std::string_view text = describe(static_cast<Fault>(i));
        EXPECT_LE(text.size(), WebsocketAnswer::kPayloadMax - 2) << text;
        EXPECT_NE(text, "unknown fault") << i;
    }
}

TEST(WebsocketFrames, CloseIsAnsweredWithItsCode) {
    Heard bare = hear(frame(8, "") + frame("behind"));
    EXPECT_EQ(bare.state, State::Closed);
    EXPECT_EQ(bare.code, close_code::kNoStatus);
    EXPECT_EQ(bare.last_answer(), "\x88\x00"s);
    EXPECT_EQ(bare.payload, "");
    for (int code : {1000, 1001, 1002, 1003, 1007, 1008, 1011, 1012, 1014, 3000, 4999}) {
        std::string payload{static_cast<char>(code >> 8), static_cast<char>(code)};
        payload += "Tsch\xc3\xbc\xc3\x9f \xf0\x9f\x91\x8b\xe2\x82\xac"s;
        Heard heard = hear(frame("DISCONNECT") + frame(9, "x") + frame(8, payload));
        EXPECT_EQ(heard.state, State::Closed) << code;
        EXPECT_EQ(heard.code, code);
        EXPECT_EQ(heard.payload, "DISCONNECT");
        EXPECT_EQ(heard.answers.size(), 1u);
        EXPECT_EQ(heard.last_answer(), "\x88"s + static_cast<char>(payload.size()) + payload);
    }
}

TEST(WebsocketFrames, OurCloseFrameCutsNoCharacterInHalf) {
    WebsocketAnswer answer;
    answer.set_close(close_code::kGoingAway, "going away");
    EXPECT_EQ(as_text(answer.bytes()), "\x88\x0c\x03\xe9going away"s);
    answer.set_close(close_code::kPolicyViolation, std::string(122, 'a') + "\xc3\xbc");
    EXPECT_EQ(answer.bytes().size(), 2 + 2 + 122u);
    answer.set_close(close_code::kPolicyViolation, std::string(121, 'a') + "\xc3\xbc");
    EXPECT_EQ(answer.bytes().size(), 2 + 2 + 123u);
}

// A connection moves to its home shard with what the reader knows, in the middle of a frame.
TEST(WebsocketFrames, ReadersMove) {
    std::string bytes = frame(2, "CONN", false) + frame(9, "ping") + frame(0, "ECT");
    for (std::size_t at = 0; at <= bytes.size(); at++) {
        std::vector<std::uint8_t> front(bytes.begin(),
                                        bytes.begin() + static_cast<std::ptrdiff_t>(at));
        std::vector<std::uint8_t> back(bytes.begin() + static_cast<std::ptrdiff_t>(at),
                                       bytes.end());
        WebsocketAnswer answer;
        WebsocketReader reader;
        std::size_t first = reader.read(front, answer);
        WebsocketReader moved = std::move(reader);
        std::size_t second = moved.read(back, answer);
        std::string payload(front.begin(), front.begin() + static_cast<std::ptrdiff_t>(first));
        payload.append(back.begin(), back.begin() + static_cast<std::ptrdiff_t>(second));
        EXPECT_EQ(payload, "CONNECT") << at;
        EXPECT_EQ(as_text(answer.bytes()), "\x8a\x04ping"s) << at;
    }
}

// Random packets, cut into random frames with control frames between, cut into random reads.
class Sender {
  public:
    explicit Sender(std::uint32_t seed) : random_(seed) {}

    std::size_t below(std::size_t limit) { return random_() % limit; }
    std::size_t size() {
        constexpr std::size_t kLimits[] = {1, 10, 126, 300, 70'000};
        return below(kLimits[below(std::size(kLimits))]);
    }
    std::string noise(std::size_t size) {
        std::string text(size, 0);
        for (char& c : text) c = static_cast<char>(random_());
        return text;
    }
    std::string frames_of(std::string_view packets) {
        std::string out;
        bool is_in_message = false;
        do {
            std::size_t part = std::min(size(), packets.size());
            bool is_last = part == packets.size() || below(3) > 0;
            ClientFrame one{.opcode = is_in_message ? 0 : 2,
                            .payload = std::string(packets.substr(0, part)),
                            .is_last = is_last,
                            .mask = noise(4)};
            out += one.bytes();
            packets.remove_prefix(part);
            is_in_message = !is_last;
            if (below(4) == 0) {
                int opcode = below(2) == 0 ? 9 : 10;
                out += ClientFrame{.opcode = opcode, .payload = noise(below(126)), .mask = noise(4)}
                           .bytes();
            }
        } while (!packets.empty() || is_in_message);
        return out;
    }

  private:
    std::mt19937 random_;
};

TEST(WebsocketFrames, RandomPacketsComeOutAsTheyWere) {
    for (std::uint32_t seed = 0; seed < 500; seed++) {
        Sender sender(seed);
        std::string packets = sender.noise(sender.size());
        std::string bytes = sender.frames_of(packets);
        auto pieces = cut(bytes, [&] { return 1 + sender.size(); });
        Heard heard = hear(pieces);
        ASSERT_EQ(heard.payload, packets) << "seed " << seed;
        ASSERT_EQ(heard.state, State::Open) << "seed " << seed;
        expect_same(heard, WebsocketModel(bytes).heard, "seed " + std::to_string(seed));
    }
}

// Frames with a few bytes changed: whatever becomes of them, the slow reader says the same.
TEST(WebsocketFrames, DamagedFramesAreJudgedAsByTheModel) {
    int failed = 0;
    for (std::uint32_t seed = 0; seed < 5'000; seed++) {
        Sender sender(seed);
        std::string bytes = sender.frames_of(sender.noise(sender.below(200))) +
                            frame(8, "\x03\xe8" + sender.noise(sender.below(3)));
        for (std::size_t i = sender.below(4); i > 0; i--)
            bytes[sender.below(bytes.size())] = sender.noise(1)[0];
        Heard heard = hear(cut(bytes, [&] { return 1 + sender.below(20); }));
        expect_same(heard, WebsocketModel(bytes).heard, "seed " + std::to_string(seed));
        failed += heard.state == State::Failed;
    }
    EXPECT_GT(failed, 1'000);
}

}  // namespace
}  // namespace martlet::net
