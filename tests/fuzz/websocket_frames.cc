// A client's WebSocket bytes in pieces: the first byte says how they are cut. The reader must agree
// with the slow one. With an odd first byte, the rest is a list of frame sizes and packets: put
// into frames, the packets must come out as they were.

#include "base/check.h"
#include "tests/net/websocket_model.h"

#include <cstdint>
#include <string>
#include <string_view>

namespace {

using namespace martlet::net;

void expect_same(const Heard& heard, const Heard& expected) {
    CHECK(heard.payload == expected.payload);
    CHECK(heard.state == expected.state);
    CHECK(heard.fault == expected.fault);
    CHECK(heard.code == expected.code);
    CHECK(heard.last_answer() == expected.last_answer());
    for (const std::string& answer : heard.answers) {
        CHECK(answer.size() >= 2 && answer.size() <= 127);
        CHECK(answer.size() == 2 + static_cast<std::size_t>(answer[1]));
    }
}

void judge(const std::string& bytes, std::size_t piece) {
    Heard expected = WebsocketModel(bytes).heard;
    expect_same(hear(bytes), expected);
    expect_same(hear(cut(bytes, [&] { return piece; })), expected);
}

// The packets begin behind a list of frame sizes, which ends with a 0.
void carry(std::string_view input, std::size_t piece) {
    std::size_t end = std::min(input.find('\0'), input.size());
    std::string_view sizes = input.substr(0, end);
    std::string_view packets = input.substr(end);
    std::string bytes;
    bool is_in_message = false;
    std::size_t at = 0;
    for (char c : sizes) {
        auto how = static_cast<unsigned char>(c);
        std::size_t size = std::min<std::size_t>(std::size_t{how} * 2, packets.size() - at);
        bool is_last = (how & 3) != 0;
        bytes += frame(is_in_message ? 0 : 2, std::string(packets.substr(at, size)), is_last);
        if (how & 4) bytes += frame((how & 8) ? 9 : 10, std::string(how & 127, 'c').substr(0, 125));
        is_in_message = !is_last;
        at += size;
    }
    bytes += frame(is_in_message ? 0 : 2, std::string(packets.substr(at)));
    Heard heard = hear(cut(bytes, [&] { return piece; }));
    CHECK(heard.payload == packets);
    CHECK(heard.state == WebsocketReader::State::Open);
    judge(bytes, piece);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0 || size > 100'000) return 0;
    std::string_view input(reinterpret_cast<const char*>(data) + 1, size - 1);
    std::size_t piece = 1 + data[0] / 2u;
    if (data[0] & 1)
        carry(input, piece);
    else
        judge(std::string(input), piece);
    return 0;
}
