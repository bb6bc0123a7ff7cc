// Upgrades to WebSocket. The answers of Debian's mosquitto 2.0.11 to these heads were read from its
// socket; where it accepts a head that RFC 6455 forbids, our refusal stands beside it.

#include "http/websocket_upgrade.h"

#include "http/head.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

namespace martlet::http {
namespace {

using State = RequestParser::State;

constexpr std::string_view kAnswer =
    "HTTP/1.1 101 Switching Protocols\r\n"
    "Upgrade: WebSocket\r\n"
    "Connection: Upgrade\r\n"
    "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n";
constexpr std::string_view kKey = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
constexpr std::string_view kFirst = "GET /mqtt HTTP/1.1\r\n";

// RFC 6455's own key. Each line is a field's whole line, or nothing.
struct Head {
    std::string first = std::string(kFirst);
    std::string host = "Host: localhost:1884\r\n";
    std::string upgrade = "Upgrade: websocket\r\n";
    std::string connection = "Connection: Upgrade\r\n";
    std::string key = std::string(kKey);
    std::string version = "Sec-WebSocket-Version: 13\r\n";
    std::string protocol = "Sec-WebSocket-Protocol: mqtt\r\n";
    std::string more = {};

    std::string text() const {
        return first + host + upgrade + connection + key + version + protocol + more + "\r\n";
    }
};

std::string with_protocol(std::string_view protocol) {
    std::string answer(kAnswer);
    if (!protocol.empty()) answer += "Sec-WebSocket-Protocol: " + std::string(protocol) + "\r\n";
    return answer + "\r\n";
}

struct Verdict {
    Upgrade upgrade;
    std::size_t used = 0;
};

Verdict ask(std::string_view text, std::vector<std::string> origins = {},
            std::size_t headers_size = 4096) {
    RequestParser parser(upgrade_limits(headers_size));
    Verdict verdict;
    verdict.used = parser.feed(as_bytes(text));
    EXPECT_NE(parser.state(), State::Head) << text;
    verdict.upgrade = judge_upgrade(parser, origins);
    return verdict;
}

std::string answer_to(const Upgrade& upgrade) {
    std::string out;
    write_upgrade(upgrade, out);
    return out;
}

// Accepted by both: the bytes are the same.
TEST(WebsocketUpgrade, IsAnsweredAsByMosquitto) {
    struct Case {
        std::string head;
        std::string answer;
    };
    auto offered = [](std::string_view protocols) {
        return Head{.protocol = "Sec-WebSocket-Protocol: " + std::string(protocols) + "\r\n"}
            .text();
    };
    std::vector<Case> cases = {
        {Head{}.text(), with_protocol("mqtt")},
        {Head{.protocol = ""}.text(), with_protocol("")},
        {offered(""), with_protocol("")},
        {offered("mqtt "), with_protocol("mqtt")},
        {offered("mqttv3.1"), with_protocol("mqttv3.1")},
        {offered("mqttv3.1, mqtt"), with_protocol("mqttv3.1")},
        {offered("mqtt, mqttv3.1"), with_protocol("mqtt")},
        {offered("mqtt,mqttv3.1"), with_protocol("mqtt")},
        {offered("foo, mqtt"), with_protocol("mqtt")},
        {offered("mqtt,"), with_protocol("mqtt")},
        {offered("mqtt, foo"), with_protocol("mqtt")},
        {offered("foo, bar, mqttv3.1"), with_protocol("mqttv3.1")},
        {Head{.more = "Sec-WebSocket-Protocol: mqttv3.1\r\n"}.text(), with_protocol("mqtt")},
        {offered("foo\r\nSec-WebSocket-Protocol: mqtt"), with_protocol("mqtt")},
    };
    for (std::string upgrade : {"WebSocket", "WEBSOCKET"})
        cases.push_back(
            {Head{.upgrade = "Upgrade: " + upgrade + "\r\n"}.text(), with_protocol("mqtt")});
    for (std::string connection :
         {"upgrade", "keep-alive, Upgrade", "Upgrade, keep-alive", "foo, Upgrade, bar",
          "foo,upgrade", "keep-alive\r\nConnection: Upgrade"})
        cases.push_back({Head{.connection = "Connection: " + connection + "\r\n"}.text(),
                         with_protocol("mqtt")});
    for (std::string target :
         {"/", "/foo", "/mqtt?x=1", "/mqtt/", "http://localhost/mqtt", "*", "/../..", "/%00"})
        cases.push_back(
            {Head{.first = "GET " + target + " HTTP/1.1\r\n"}.text(), with_protocol("mqtt")});
    for (std::string more :
         {"Origin: https://page.example\r\n", "Origin: null\r\n", "Content-Length: 0\r\n",
          "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n",
          "Sec-WebSocket-Extensions: foo\r\n", "Sec-WebSocket-Extensions: \r\n",
          "Cookie: a=b\r\nUser-Agent: x\r\nPragma: no-cache\r\nX-Forwarded-For: 1.2.3.4\r\n"})
        cases.push_back({Head{.more = more}.text(), with_protocol("mqtt")});
    for (const Case& one : cases) {
        Upgrade upgrade = ask(one.head).upgrade;
        EXPECT_EQ(upgrade.status, 101) << one.head << upgrade.problem;
        EXPECT_EQ(answer_to(upgrade), one.answer) << one.head;
    }
}

// RFC 9110, 5.6.1.2: empty elements are skipped. mosquitto closes.
TEST(WebsocketUpgrade, ListsMayHaveEmptyElements) {
    for (std::string protocol : {",mqtt", "foo,,mqtt", " , mqtt ,"}) {
        Head head{.protocol = "Sec-WebSocket-Protocol: " + protocol + "\r\n"};
        EXPECT_EQ(answer_to(ask(head.text()).upgrade), with_protocol("mqtt")) << protocol;
    }
}

TEST(WebsocketUpgrade, NamesOfFieldsHaveNoCase) {
    constexpr std::string_view kHead =
        "GET /mqtt HTTP/1.1\r\nhost:a\r\nupgrade:websocket\r\nconnection:Upgrade\r\n"
        "sec-websocket-key:dGhlIHNhbXBsZSBub25jZQ==\r\nSEC-WEBSOCKET-VERSION:13\r\n"
        "sec-websocket-PROTOCOL:mqtt\r\n\r\n";
    EXPECT_EQ(answer_to(ask(kHead).upgrade), with_protocol("mqtt"));
}

// RFC 6455, 4.1: this key has spare bits that are not 0. The accept is mosquitto's.
TEST(WebsocketUpgrade, TakesTheKeyOfTheRfc) {
    Upgrade upgrade =
        ask(Head{.key = "Sec-WebSocket-Key: AQIDBAUGBwgJCgsMDQ4PEC==\r\n"}.text()).upgrade;
    EXPECT_EQ(upgrade.status, 101);
    EXPECT_EQ(upgrade.accept, "OfS0wDaT5NoxF2gqm7Zj2YtetzM=");
}

struct Refusal {
    std::string head;
    int status;
    std::string_view mosquitto;  // what it does
};

std::vector<Refusal> refusals() {
    std::vector<Refusal> all = {
        {Head{.upgrade = ""}.text(), 426, "closes"},
        {Head{.upgrade = "Upgrade:\r\n"}.text(), 426, "closes"},
        {Head{.upgrade = "Upgrade: h2c\r\n"}.text(), 426, "closes"},
        {Head{.upgrade = "Upgrade: foo\r\n"}.text(), 426, "403"},
        {Head{.upgrade = "Upgrade: websockets\r\n"}.text(), 426, "403"},
        {"GET / HTTP/1.1\r\nHost: a\r\n\r\n", 426, "closes"},
        {Head{.connection = ""}.text(), 400, "closes"},
        {Head{.key = ""}.text(), 400, "closes"},
        {Head{.key = "Sec-WebSocket-Key:\r\n"}.text(), 400, "closes"},
        {Head{.key = std::string(kKey) + std::string(kKey)}.text(), 400, "takes the first"},
        {Head{.version = ""}.text(), 426, "accepts"},
        {Head{.version = "Sec-WebSocket-Version: 8\r\nSec-WebSocket-Version: 13\r\n"}.text(), 426,
         "accepts"},
        {Head{.host = ""}.text(), 400, "closes"},
        {Head{.host = "Host: a\r\nHost: b\r\n"}.text(), 400, "accepts"},
        {Head{.first = "GET /mqtt HTTP/1.0\r\n"}.text(), 400, "accepts"},
        {Head{.first = "GET /mqtt HTTP/2.0\r\n"}.text(), 505, "accepts"},
        {Head{.first = "CONNECT /mqtt HTTP/1.1\r\n"}.text(), 501, "is silent"},
        {Head{.first = "FOO /mqtt HTTP/1.1\r\n"}.text(), 501, "403"},
        {Head{.first = "GET  /mqtt  HTTP/1.1\r\n"}.text(), 400, "accepts"},
        {Head{.more = "garbage\r\n"}.text(), 400, "is silent"},
        {Head{.more = "Content-Length: 5\r\n"}.text() + "hello", 413, "accepts, reads a frame"},
        {Head{.more = "Transfer-Encoding: chunked\r\n"}.text() + "0\r\n\r\n", 400,
         "accepts, reads a frame"},
    };
    for (std::string method : {"POST", "PUT", "HEAD", "OPTIONS", "DELETE"})
        all.push_back({Head{.first = method + " /mqtt HTTP/1.1\r\n"}.text(), 405, "accepts"});
    for (std::string connection :
         {"", "keep-alive", "close", "\"Upgrade\"", "Upgradex", "keep-alive Upgrade"})
        all.push_back(
            {Head{.connection = "Connection: " + connection + "\r\n"}.text(), 400, "closes"});
    for (std::string version : {"", "0", "7", "8", "12", "14", "013", "13x", "13, 8", "x"})
        all.push_back(
            {Head{.version = "Sec-WebSocket-Version: " + version + "\r\n"}.text(), 426, "accepts"});
    for (std::string key :
         {"abc", "dGhlIHNhbXBsZSBub25jZQ", "dGhlIHNhbXBsZSBub25j",
          "!!!!!!!!!!!!!!!!!!!!!!==", "dGhlIHNhbXBsZSBub25jZQ=A", "dGhlIHNhbXBsZSBub25jZWE=",
          "dGhlIHNhbXBsZSBub25jZWFiYw==", "dGhlIHNhbXBsZSBub2==", "AAAAAAAAAAAAAAAAAAAAAAAAAAAA"})
        all.push_back({Head{.key = "Sec-WebSocket-Key: " + key + "\r\n"}.text(), 400, "accepts"});
    for (std::string protocol :
         {"foo", "MQTT", "mqttv5", "mqttv3.11", "foo bar mqtt", ",", ", ,", "foo,"})
        all.push_back({Head{.protocol = "Sec-WebSocket-Protocol: " + protocol + "\r\n"}.text(), 400,
                       "closes"});
    // libwebsockets reads a list of its own kind, and has a protocol of its own.
    for (std::string protocol : {"mqtt;x", "http-only"})
        all.push_back({Head{.protocol = "Sec-WebSocket-Protocol: " + protocol + "\r\n"}.text(), 400,
                       "accepts"});
    return all;
}

TEST(WebsocketUpgrade, RefusalsTellTheReason) {
    for (const Refusal& one : refusals()) {
        Upgrade upgrade = ask(one.head).upgrade;
        EXPECT_EQ(upgrade.status, one.status) << one.head << "mosquitto: " << one.mosquitto;
        EXPECT_FALSE(upgrade.problem.empty()) << one.head;
        EXPECT_TRUE(upgrade.accept.empty()) << one.head;
        Response response = refuse_upgrade(upgrade);
        EXPECT_EQ(response.status, one.status);
        EXPECT_NE(response.body.find(upgrade.problem), std::string::npos) << response.body;
    }
}

// At /mqtt of an HTTP listener, whose parser takes bodies.
TEST(WebsocketUpgrade, HasNoBodyWhereOthersHaveOne) {
    for (std::string body : {"Content-Length: 5\r\n\r\nhello", "Content-Length: 5\r\n\r\nhel",
                             "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"}) {
        std::string head = Head{}.text();
        std::string text = head.substr(0, head.size() - 2) + body;
        RequestParser parser({});
        parser.feed(as_bytes(text));
        EXPECT_EQ(judge_upgrade(parser, {}).status, 400) << text;
    }
}

TEST(WebsocketUpgrade, OtherProtocolsAreRefused) {
    for (std::string_view text : {std::string_view("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
                                  std::string_view("\x10\x0e\0\x04MQTT\r\n\r\n", 12),
                                  std::string_view("\x16\x03\x01\0\xa5\r\n\r\n", 9)})
        EXPECT_GE(ask(text).upgrade.status, 400);
}

// RFC 6455, 4.4.
TEST(WebsocketUpgrade, OtherVersionsAreToldOurs) {
    Upgrade upgrade = ask(Head{.version = "Sec-WebSocket-Version: 8\r\n"}.text()).upgrade;
    std::string head;
    HeadFacts facts;
    facts.keep_alive = false;
    write_head(refuse_upgrade(upgrade), facts, head);
    EXPECT_TRUE(head.starts_with("HTTP/1.1 426 Upgrade Required\r\n")) << head;
    EXPECT_NE(head.find("\r\nSec-WebSocket-Version: 13\r\n"), head.npos) << head;
    EXPECT_NE(head.find("\r\nUpgrade: websocket\r\n"), head.npos) << head;
    Response other = refuse_upgrade(ask(Head{.first = "POST / HTTP/1.1\r\n"}.text()).upgrade);
    EXPECT_EQ(other.headers, (Fields{{"Allow", "GET"}}));
}

TEST(WebsocketUpgrade, OriginsAreComparedExactly) {
    std::vector<std::string> origins = {"https://page.example", "https://other.example:8443"};
    auto status = [&](const std::string& more) {
        return ask(Head{.more = more}.text(), origins).upgrade.status;
    };
    EXPECT_EQ(status("Origin: https://page.example\r\n"), 101);
    EXPECT_EQ(status("Origin: https://other.example:8443\r\n"), 101);
    // No browser.
    EXPECT_EQ(status(""), 101);
    for (std::string origin :
         {"https://bad.example", "null", "", "http://page.example", "https://page.example:443",
          "https://page.example.bad.example", "https://page.exampl", "https://PAGE.example",
          "https://page.example\r\nOrigin: https://bad.example"})
        EXPECT_EQ(status("Origin: " + origin + "\r\n"), 403) << origin;
}

// The same limits as mosquitto's, which begin at 4178 and 1106 bytes, depending on the fields.
TEST(WebsocketUpgrade, HeadsAreBounded) {
    for (std::size_t headers_size : {0u, 4096u, 1024u}) {
        std::size_t most = (headers_size == 0 ? 4096 : headers_size) + 128;
        std::size_t rest = most - Head{}.text().size() - 4;
        std::string fits = Head{.more = "X:" + std::string(rest, 'a') + "\r\n"}.text();
        ASSERT_EQ(fits.size(), most);
        EXPECT_EQ(ask(fits, {}, headers_size).upgrade.status, 101);
        std::string longer = Head{.more = "X:" + std::string(rest + 1, 'a') + "\r\n"}.text();
        EXPECT_EQ(ask(longer, {}, headers_size).upgrade.status, 431);
        EXPECT_EQ(ask(fits.substr(0, most - 4) + "endless", {}, headers_size).upgrade.status, 431);
    }
    std::string many;
    for (int i = 0; i < 200; i++) many += "X-" + std::to_string(i) + ": a\r\n";
    EXPECT_EQ(ask(Head{.more = many}.text()).upgrade.status, 101);
}

TEST(WebsocketUpgrade, MayComeInPieces) {
    std::string head = Head{}.text();
    std::string frames = "\x82\x85maskhello";
    EXPECT_EQ(ask(head + frames).used, head.size());
    for (std::size_t size = 1; size < head.size(); size++) {
        RequestParser parser(upgrade_limits(4096));
        std::string waiting, bytes = head + frames;
        for (std::size_t at = 0; at < bytes.size(); at += size) {
            waiting += bytes.substr(at, size);
            if (parser.state() == State::Head) waiting.erase(0, parser.feed(as_bytes(waiting)));
        }
        ASSERT_EQ(parser.state(), State::Complete) << size;
        EXPECT_EQ(waiting, frames) << size;
        EXPECT_EQ(answer_to(judge_upgrade(parser, {})), with_protocol("mqtt")) << size;
    }
}

}  // namespace
}  // namespace martlet::http
