// The request for a WebSocket from its first byte to the verdict, in pieces of any size.

#include "server/websocket_door.h"

#include "base/check.h"

#include <gtest/gtest.h>

#include <string>

namespace martlet::server {
namespace {

using Verdict = WebsocketDoor::Verdict;

std::string request(const std::string& more = {}) {
    return "GET /mqtt HTTP/1.1\r\nHost: broker\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
           "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
           "Sec-WebSocket-Protocol: mqtt\r\n" +
           more + "\r\n";
}

net::Endpoint address(std::string_view text) {
    auto read = net::read_address(text);
    CHECK(read.has_value());
    return *read;
}

const net::Endpoint kPeer = address("192.0.2.1:5000");

class Door : public testing::Test {
  protected:
    WebsocketDoor open() const { return WebsocketDoor(options_); }
    // The client that the log names.
    std::string client(const std::string& more, std::string_view peer = "10.0.0.1:5000") {
        WebsocketDoor door(options_);
        EXPECT_EQ(door.on_bytes(as_bytes(request(more)), address(peer)), Verdict::Upgraded)
            << door.problem();
        return door.peer().text();
    }
    void trust(std::string_view network) {
        options_.trusted_proxies.push_back(*net::Network::read(network));
    }
    // With its status; 0: none.
    int status(const std::string& bytes, broker::Refusal refusal) {
        WebsocketDoor door = open();
        if (door.on_bytes(as_bytes(bytes), kPeer) != Verdict::Refused) return 0;
        EXPECT_EQ(door.refusal(), refusal);
        EXPECT_FALSE(door.problem().empty());
        EXPECT_NE(door.answer().find("Connection: close"), std::string::npos) << door.answer();
        EXPECT_NE(door.answer().find("\r\n\r\n{"), std::string::npos) << door.answer();
        return std::stoi(door.answer().substr(9, 3));
    }

    net::WebsocketOptions options_;
};

TEST_F(Door, OpensWhereverTheBytesAreCut) {
    std::string bytes = request() + "frames";
    for (std::size_t piece : {std::size_t{1}, std::size_t{7}, bytes.size()}) {
        WebsocketDoor door = open();
        Verdict verdict = Verdict::NeedsMore;
        std::size_t at = 0;
        for (; at < bytes.size() && verdict == Verdict::NeedsMore; at += piece)
            verdict = door.on_bytes(as_bytes(bytes).subspan(at, std::min(piece, bytes.size() - at)),
                                    kPeer);
        ASSERT_EQ(verdict, Verdict::Upgraded);
        EXPECT_EQ(
            door.answer(),
            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: WebSocket\r\nConnection: Upgrade\r\n"
            "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"
            "Sec-WebSocket-Protocol: mqtt\r\n\r\n");
        std::string rest(as_text(door.rest()));
        for (; at < bytes.size(); at += piece) rest += bytes.substr(at, piece);
        EXPECT_EQ(rest, "frames");
        EXPECT_EQ(door.peer().text(), "192.0.2.1:5000");
    }
}

TEST_F(Door, RefusesWithAnAnswerAndAReason) {
    using broker::Refusal;
    EXPECT_EQ(status("GET / HTTP/1.1\r\nHost: b\r\n\r\n", Refusal::WebsocketUpgrade), 426);
    EXPECT_EQ(status("nonsense\r\n\r\n", Refusal::WebsocketUpgrade), 400);
    std::string large = "X: " + std::string(5000, 'x') + "\r\n";
    EXPECT_EQ(status(request(large), Refusal::WebsocketUpgrade), 431);
    EXPECT_EQ(status(request(large).substr(0, 4600), Refusal::WebsocketUpgrade), 431)
        << "no end of the head is waited for";
    options_.origins = {"https://a.example"};
    EXPECT_EQ(status(request("Origin: https://b.example\r\n"), Refusal::WebsocketOrigin), 403);
}

// Whoever speaks something else is not kept waiting for the end of a head.
TEST_F(Door, BytesThatAreNoHttpAreRefusedAtOnce) {
    for (const char* first : {"\x10\x12", "\x16\x03\x01", "\r\x01", "get"}) {
        WebsocketDoor door = open();
        Verdict verdict = door.on_bytes(as_bytes(std::string_view(first)), kPeer);
        EXPECT_EQ(verdict, first[0] == '\r' ? Verdict::NeedsMore : Verdict::Refused);
    }
}

TEST_F(Door, OnlyATrustedProxySaysForWhomItSpeaks) {
    std::string one = "X-Forwarded-For: 203.0.113.9\r\n";
    EXPECT_EQ(client(one), "10.0.0.1:5000");
    trust("10.0.0.0/8");
    EXPECT_EQ(client(one), "203.0.113.9:5000");
    EXPECT_EQ(client(one, "192.0.2.1:6000"), "192.0.2.1:6000");
    EXPECT_EQ(client("X-Forwarded-For: 203.0.113.9:77\r\n"), "203.0.113.9:77");
    EXPECT_EQ(client(""), "10.0.0.1:5000");
}

// The client can send the header as well: addresses to the left of the first that is not a proxy's
// are its invention.
TEST_F(Door, TheLastAddressThatIsNoProxyCounts) {
    trust("10.0.0.0/8");
    EXPECT_EQ(client("X-Forwarded-For: 127.0.0.1, 203.0.113.9, 10.1.1.1\r\n"), "203.0.113.9:5000");
    EXPECT_EQ(client("X-Forwarded-For: 1.1.1.1\r\nX-Forwarded-For: 203.0.113.9 , 10.1.1.1\r\n"),
              "203.0.113.9:5000");
    EXPECT_EQ(client("X-Forwarded-For: 10.2.2.2, 10.1.1.1\r\n"), "10.2.2.2:5000");
    EXPECT_EQ(client("X-Forwarded-For: 203.0.113.9, unknown, 10.1.1.1\r\n"), "10.1.1.1:5000");
    EXPECT_EQ(client("X-Forwarded-For: \r\n"), "10.0.0.1:5000");
    EXPECT_EQ(client("X-Forwarded-For: 2001:db8::9\r\n"), "2001:db8::9:5000");
}

}  // namespace
}  // namespace martlet::server
