#include "net/proxy_header.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

namespace martlet::net {
namespace {

using State = ProxyHeader::State;
using namespace std::string_literals;

struct Seen {
    State state = State::Open;
    std::string address, failure;
    std::size_t used = 0;
};

Seen read_in_pieces(int version, std::string_view bytes, std::size_t piece,
                    ProxiedClient* client = nullptr) {
    ProxyHeader header(version);
    Seen seen;
    while (header.state() == State::Open && seen.used < bytes.size()) {
        std::string_view next = bytes.substr(seen.used, piece);
        std::size_t used = header.take(as_bytes(next));
        seen.used += used;
        if (used < next.size()) {
            EXPECT_NE(header.state(), State::Open);
        }
    }
    seen.state = header.state();
    seen.failure = header.failure();
    if (header.client().address) seen.address = header.client().address->text();
    if (client != nullptr) *client = header.client();
    return seen;
}

// However the bytes are cut, the outcome is the same.
Seen read(int version, std::string_view bytes, ProxiedClient* client = nullptr) {
    Seen whole = read_in_pieces(version, bytes, SIZE_MAX, client);
    for (std::size_t piece : {1u, 2u, 3u, 7u, 16u, 50u}) {
        Seen cut = read_in_pieces(version, bytes, piece);
        EXPECT_EQ(cut.state, whole.state) << piece;
        EXPECT_EQ(cut.address, whole.address) << piece;
        EXPECT_EQ(cut.failure, whole.failure) << piece;
        if (whole.state == State::Complete) {
            EXPECT_EQ(cut.used, whole.used) << piece;
        }
    }
    return whole;
}

std::string sized(std::string_view body) {
    return std::string{static_cast<char>(body.size() >> 8), static_cast<char>(body.size() & 0xff)} +
           std::string(body);
}

std::string extension(char type, std::string_view value) {
    return type + sized(value);
}

std::string v2(char command, char family, std::string_view body) {
    return "\r\n\r\n\0\r\nQUIT\n"s + command + family + sized(body);
}

// 192.0.2.7:4711 to 192.0.2.1:1883.
const std::string kAddresses4 = "\xc0\x00\x02\x07\xc0\x00\x02\x01\x12\x67\x07\x5b"s;

TEST(ProxyHeader, Version1) {
    Seen seen = read(1, "PROXY TCP4 192.0.2.7 192.0.2.1 4711 1883\r\n\x10\x0c");
    EXPECT_EQ(seen.state, State::Complete);
    EXPECT_EQ(seen.address, "192.0.2.7:4711");
    EXPECT_EQ(seen.used, 42u);  // the client's own bytes are left
    EXPECT_EQ(read(1, "PROXY TCP6 2001:db8::7 ::1 65535 0\r\n").address, "2001:db8::7:65535");
    EXPECT_EQ(read(1, "PROXY TCP6 ::ffff:192.0.2.7 ::1 1 1\r\n").address, "192.0.2.7:1");
    for (std::string_view line : {"PROXY UNKNOWN\r\n", "PROXY UNKNOWN a b c d e\r\n"}) {
        seen = read(1, line);
        EXPECT_EQ(seen.state, State::Complete) << line;
        EXPECT_EQ(seen.address, "") << line;
    }
}

TEST(ProxyHeader, Version1ThatIsWrong) {
    for (std::string_view line : {"PROXY TCP4 192.0.2.7 192.0.2.1 4711\r\n",
                                  "PROXY TCP4 192.0.2.7 192.0.2.1 4711 1883 \r\n",
                                  "PROXY TCP4 192.0.2.7  192.0.2.1 4711 1883\r\n",
                                  "PROXY TCP4 192.0.2.256 192.0.2.1 1 1\r\n",
                                  "PROXY TCP4 ::1 ::1 1 1\r\n",
                                  "PROXY TCP6 192.0.2.7 192.0.2.1 1 1\r\n",
                                  "PROXY TCP4 192.0.2.7 192.0.2.1 65536 1\r\n",
                                  "PROXY TCP4 192.0.2.7 192.0.2.1 -1 1\r\n",
                                  "PROXY TCP4 192.0.2.7 192.0.2.1 01 1\r\n",
                                  "PROXY TCP4 192.0.2.7 192.0.2.1 +1 1\r\n",
                                  "PROXY TCP4\r\n",
                                  "PROXY \r\n",
                                  "PROXY UDP4 192.0.2.7 192.0.2.1 1 1\r\n",
                                  "PROXY UNKNOWN\n",
                                  "PROXY TCP4 192.0.2.7 192.0.2.1 1 1\n",
                                  "proxy TCP4 1.1.1.1 1.1.1.1 1 1\r\n",
                                  "\x10\x0c\x00\x04MQTT",
                                  "GET / HTTP/1.1\r\n\r\n",
                                  "\r\n\r\n",
                                  "PROXY\r\n"}) {
        Seen seen = read(1, line);
        EXPECT_EQ(seen.state, State::Corrupt) << line;
        EXPECT_NE(seen.failure, "") << line;
    }
    // 107 bytes are the most.
    std::string longest = "PROXY UNKNOWN " + std::string(91, 'x') + "\r\n";
    ASSERT_EQ(longest.size(), 107u);
    EXPECT_EQ(read(1, longest).state, State::Complete);
    EXPECT_EQ(read(1, "PROXY UNKNOWN " + std::string(92, 'x') + "\r\n").state, State::Corrupt);
    EXPECT_EQ(read(1, "PROXY UNKNOWN").state, State::Open);
    EXPECT_EQ(read(1, v2(0x21, 0x11, kAddresses4)).state, State::Corrupt);
}

TEST(ProxyHeader, Version2) {
    ProxiedClient client;
    Seen seen = read(2, v2(0x21, 0x11, kAddresses4) + "\x10\x0c", &client);
    EXPECT_EQ(seen.state, State::Complete);
    EXPECT_EQ(seen.address, "192.0.2.7:4711");
    EXPECT_EQ(seen.used, 28u);
    EXPECT_FALSE(client.is_tls);
    std::string six = "\x20\x01\x0d\xb8"s + std::string(11, '\0') + "\x07" + std::string(16, '\0') +
                      "\x00\x50\x07\x5b"s;
    EXPECT_EQ(read(2, v2(0x21, 0x21, six)).address, "2001:db8::7:80");
    EXPECT_EQ(read(2, v2(0x21, 0x31, std::string(216, 'x'))).address, "unix-socket");
    // The proxy's own connection, and one that it knows nothing of.
    EXPECT_EQ(read(2, v2(0x20, 0x00, "")).state, State::Complete);
    EXPECT_EQ(read(2, v2(0x20, 0x11, kAddresses4)).address, "");
    seen = read(2, v2(0x21, 0x00, ""));
    EXPECT_EQ(seen.state, State::Complete);
    EXPECT_EQ(seen.address, "");
}

TEST(ProxyHeader, Version2TellsOfTls) {
    std::string tls = "\x07\0\0\0\0"s + extension(0x21, "TLSv1.3") + extension(0x22, "anna") +
                      extension(0x23, "TLS_AES_256_GCM_SHA384");
    ProxiedClient client;
    std::string other = extension(0x01, "h2") + extension(0x05, "id");
    Seen seen = read(2, v2(0x21, 0x11, kAddresses4 + other + extension(0x20, tls)), &client);
    EXPECT_EQ(seen.state, State::Complete);
    EXPECT_TRUE(client.is_tls);
    EXPECT_TRUE(client.has_certificate);
    EXPECT_EQ(client.common_name, "anna");
    EXPECT_EQ(client.tls_version, "TLSv1.3");
    EXPECT_EQ(client.cipher, "TLS_AES_256_GCM_SHA384");
    // A certificate that the proxy could not verify is none, and neither is one without TLS.
    tls[4] = 1;
    read(2, v2(0x21, 0x11, kAddresses4 + extension(0x20, tls)), &client);
    EXPECT_TRUE(client.is_tls);
    EXPECT_FALSE(client.has_certificate);
    read(2, v2(0x21, 0x11, kAddresses4 + extension(0x20, "\x01\0\0\0\0"s)), &client);
    EXPECT_TRUE(client.is_tls);
    EXPECT_FALSE(client.has_certificate);
    read(2, v2(0x21, 0x11, kAddresses4 + extension(0x20, "\x06\0\0\0\0"s)), &client);
    EXPECT_FALSE(client.is_tls);
    EXPECT_FALSE(client.has_certificate);
}

TEST(ProxyHeader, Version2ThatIsWrong) {
    std::string good = v2(0x21, 0x11, kAddresses4);
    for (std::string bad :
         {v2(0x11, 0x11, kAddresses4), v2(0x31, 0x11, kAddresses4), v2(0x22, 0x11, kAddresses4),
          v2(0x21, 0x12, kAddresses4), v2(0x21, 0x41, kAddresses4),
          v2(0x21, 0x11, kAddresses4.substr(1)), v2(0x21, 0x21, kAddresses4),
          v2(0x21, 0x31, std::string(215, 'x')), v2(0x21, 0x11, kAddresses4 + "\x01"),
          v2(0x21, 0x11, kAddresses4 + "\x01\x00\x02x"s),
          v2(0x21, 0x11, kAddresses4 + extension(0x20, "\x01\0\0\0"s)),
          v2(0x21, 0x11, kAddresses4 + extension(0x20, "\x01\0\0\0\0\x22\0\x09x"s)),
          v2(0x21, 0x11, std::string(4081, 'x')), "PROXY TCP4 192.0.2.7 192.0.2.1 1 1\r\n"s,
          "\x10\x0c\x00\x04MQTT"s, "\r\n\r\n\0\r\nQUIX\n"s}) {
        EXPECT_EQ(read(2, bad).state, State::Corrupt) << ::testing::PrintToString(bad);
    }
    for (std::size_t size = 0; size < good.size(); size++)
        EXPECT_EQ(read(2, good.substr(0, size)).state, State::Open) << size;
}

}  // namespace
}  // namespace martlet::net
