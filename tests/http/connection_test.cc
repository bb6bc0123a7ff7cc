// A connection's life without a socket: one request after the other, slow peers, large and streamed
// bodies, ends at all moments.

#include "tests/http/talk.h"

#include <gtest/gtest.h>

namespace martlet::http {
namespace {

constexpr std::string_view kGet = "GET /a HTTP/1.1\r\nHost: h\r\n\r\n";

class Countdown final : public BodySource {
  public:
    Countdown(int pieces, std::size_t size, int* alive)
        : left_(pieces), size_(size), alive_(alive) {
        ++*alive_;
    }
    ~Countdown() override { --*alive_; }
    bool next(std::string& out) override {
        out.append(size_, 'x');
        return --left_ > 0;
    }

  private:
    int left_;
    std::size_t size_;
    int* alive_;
};

Response streamed(int pieces, std::size_t size, int* alive) {
    Response response;
    response.content_type = "text/plain";
    response.stream = std::make_unique<Countdown>(pieces, size, alive);
    return response;
}

std::string body_of(const std::string& heard) {
    std::size_t end = heard.find("\r\n\r\n");
    return end == heard.npos ? std::string() : heard.substr(end + 4);
}

TEST(HttpConnection, OneRequestAfterTheOther) {
    Talk talk;
    talk.say("GET /a?b=c HTTP/1.1\r\nHost: h\r\n\r\n" + std::string(kGet));
    auto request = talk.asked();
    ASSERT_TRUE(request);
    EXPECT_EQ(request->path, "/a");
    EXPECT_EQ(request->query_value("b"), "c");
    EXPECT_EQ(request->peer, "192.0.2.1:5000");
    EXPECT_FALSE(talk.asked()) << "the second waits for the first";
    talk.answer(Response::json("{}"));
    EXPECT_TRUE(talk.asked());
    std::string heard = talk.hear();
    EXPECT_TRUE(heard.starts_with("HTTP/1.1 200 OK\r\nDate: Tue, 14 Nov 2023 22:13:20 GMT\r\n"));
    EXPECT_NE(heard.find("Content-Length: 3\r\n"), heard.npos);
    EXPECT_NE(heard.find("Connection: keep-alive\r\n"), heard.npos);
    EXPECT_EQ(body_of(heard), "{}\n");
    talk.answer(Response::json("[]"));
    EXPECT_EQ(body_of(talk.hear()), "[]\n");
    EXPECT_TRUE(talk.connection.is_idle());
    EXPECT_FALSE(talk.connection.is_over());
}

TEST(HttpConnection, EveryAnswerSaysWhatItsPageMayDo) {
    Talk talk;
    talk.say(kGet);
    talk.answer(Response::error(404, "<b>\"no\""));
    std::string heard = talk.hear();
    for (std::string_view field :
         {"Content-Security-Policy: default-src 'self';", "frame-ancestors 'none'",
          "X-Content-Type-Options: nosniff", "Referrer-Policy: no-referrer",
          "Cache-Control: no-store", "Content-Type: application/json\r\n"})
        EXPECT_NE(heard.find(field), heard.npos) << field;
    EXPECT_EQ(body_of(heard), R"({"error":{"status":404,"message":"\u003cb>\"no\""}})"
                              "\n");
    talk.say("nonsense\r\n\r\n");
    EXPECT_NE(talk.hear().find("X-Content-Type-Options: nosniff"), std::string::npos);
}

TEST(HttpConnection, AHeaderCannotEndItsLine) {
    Talk talk;
    talk.say(kGet);
    Response response;
    response.headers.emplace_back("X-Echo", "a\r\nSet-Cookie: b");
    response.headers.emplace_back("cache-control", "max-age=5");
    talk.answer(std::move(response));
    std::string heard = talk.hear();
    EXPECT_EQ(heard.find("\r\nSet-Cookie"), heard.npos);
    EXPECT_EQ(heard.find("no-store"), heard.npos);
}

TEST(HttpConnection, HeadHasNoBody) {
    Talk talk;
    talk.say("HEAD /a HTTP/1.1\r\nHost: h\r\n\r\n");
    talk.answer(Response::json("{\"a\":1}"));
    std::string heard = talk.hear();
    EXPECT_NE(heard.find("Content-Length: 8\r\n"), heard.npos);
    EXPECT_EQ(body_of(heard), "");
    talk.say("HEAD /a HTTP/1.1\r\nHost: h\r\n\r\n");
    int alive = 0;
    talk.answer(streamed(2, 10, &alive));
    EXPECT_EQ(alive, 0);
    EXPECT_EQ(body_of(talk.hear()), "");
    EXPECT_TRUE(talk.connection.is_idle());
}

TEST(HttpConnection, CloseIsSaidAndDone) {
    for (std::string_view text :
         {"GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n", "GET / HTTP/1.0\r\n\r\n"}) {
        Talk talk;
        talk.say(text);
        talk.answer(Response::json("{}"));
        EXPECT_TRUE(talk.connection.is_over());
        EXPECT_NE(talk.hear().find("Connection: close\r\n"), std::string::npos);
    }
}

TEST(HttpConnection, ContinueIsSaidOnce) {
    Talk talk;
    talk.say("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n");
    EXPECT_EQ(talk.hear(), "HTTP/1.1 100 Continue\r\n\r\n");
    talk.say("ab");
    EXPECT_EQ(talk.hear(), "");
    talk.say("cd");
    auto request = talk.asked();
    ASSERT_TRUE(request);
    EXPECT_EQ(request->body, "abcd");
}

TEST(HttpConnection, AfterARefusalNothingIsReadOn) {
    Talk talk;
    talk.say("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 99999999\r\n\r\n" + std::string(kGet));
    EXPECT_EQ(talk.status(), 413);
    EXPECT_TRUE(talk.connection.is_lingering());
    talk.say(kGet);
    EXPECT_FALSE(talk.asked());
    talk.wait(1999);
    EXPECT_FALSE(talk.connection.is_over());
    talk.wait(1);
    EXPECT_TRUE(talk.connection.is_over());
}

TEST(HttpConnection, SlowHeads) {
    Talk silent;
    silent.wait(9'999);
    EXPECT_FALSE(silent.connection.is_over());
    silent.wait(1);
    EXPECT_TRUE(silent.connection.is_over());
    EXPECT_EQ(silent.hear(), "");
    Talk slow;
    for (char c : std::string_view("GET / HT")) {
        slow.say(std::string_view(&c, 1));
        slow.wait(1'000);
    }
    EXPECT_EQ(slow.status(), 0);
    slow.wait(1'999);
    EXPECT_EQ(slow.status(), 0);
    slow.wait(1);
    EXPECT_EQ(slow.status(), 408);
}

TEST(HttpConnection, SlowBodies) {
    Talk talk;
    talk.say("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1000000\r\n\r\n");
    // Fast enough for an hour, as far as it goes.
    for (int i = 0; i < 60; i++) {
        talk.say(std::string(5'000, 'x'));
        talk.wait(1'000);
        ASSERT_EQ(talk.status(), 0);
    }
    // And now a byte every second.
    int status = 0;
    for (int i = 0; i < 120 && status == 0; i++) {
        talk.say("x");
        talk.wait(1'000);
        status = talk.status();
    }
    EXPECT_EQ(status, 408);
}

TEST(HttpConnection, IdleConnectionsEnd) {
    Talk talk;
    talk.say(kGet);
    talk.wait(100'000);
    EXPECT_FALSE(talk.connection.is_over()) << "an answer takes as long as it takes";
    talk.answer(Response::json("{}"));
    talk.hear();
    talk.wait(59'999);
    EXPECT_FALSE(talk.connection.is_over());
    talk.wait(1);
    EXPECT_TRUE(talk.connection.is_over());
}

TEST(HttpConnection, APeerThatDoesNotRead) {
    Talk talk;
    talk.say(kGet);
    talk.answer(Response::json(std::string(100'000, 'x')));
    talk.wait(29'000);
    talk.hear(10);
    talk.wait(29'999);
    EXPECT_FALSE(talk.connection.is_over());
    talk.wait(1);
    EXPECT_TRUE(talk.connection.is_over());
    EXPECT_TRUE(talk.connection.outbox.empty());
}

TEST(HttpConnection, TooMuchAheadOfItsTurn) {
    Talk talk;
    talk.say(kGet);
    talk.say(std::string(64 * 1024, 'x'));
    EXPECT_FALSE(talk.connection.is_over());
    talk.say("x");
    EXPECT_TRUE(talk.connection.is_over());
    talk.answer(Response::json("{}"));
    EXPECT_EQ(talk.hear(), "");
}

TEST(HttpConnection, ThePeerEndsBeforeTheAnswer) {
    Talk talk;
    talk.say(kGet);
    talk.connection.on_end();
    EXPECT_FALSE(talk.connection.is_over());
    talk.answer(Response::json("{}"));
    EXPECT_EQ(body_of(talk.hear()), "{}\n");
    EXPECT_TRUE(talk.connection.is_over());
    Talk midway;
    midway.say("GET / HT");
    midway.connection.on_end();
    EXPECT_TRUE(midway.connection.is_over());
}

TEST(HttpConnection, WhatWasSentAheadOfTheEndIsAnswered) {
    Talk talk;
    talk.say(std::string(kGet) + std::string(kGet) + "GET / HT");
    talk.connection.on_end();
    for (int i = 0; i < 2; i++) {
        ASSERT_TRUE(talk.asked()) << i;
        EXPECT_FALSE(talk.connection.is_over());
        talk.answer(Response::json("{}"));
        EXPECT_EQ(body_of(talk.hear()), "{}\n");
    }
    EXPECT_FALSE(talk.asked());
    EXPECT_TRUE(talk.connection.is_over()) << "of the third, no more will come";
}

TEST(HttpConnection, StrangersSendNoLargeBodies) {
    const std::string kHead = "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 100000\r\n\r\n";
    Talk known;
    known.say(kHead + std::string(50'000, 'x'));
    known.say(std::string(50'000, 'x'));
    EXPECT_TRUE(known.asked());
    Talk stranger;
    stranger.desk.knows_all = false;
    stranger.say(kHead + std::string(16 * 1024, 'x'));
    EXPECT_EQ(stranger.status(), 0);
    stranger.say("x");
    EXPECT_EQ(stranger.status(), 401);
    EXPECT_TRUE(stranger.connection.is_lingering());
    EXPECT_FALSE(stranger.asked());
}

TEST(HttpConnection, BusyIsSaid) {
    Talk talk;
    talk.desk.is_full = true;
    talk.say(kGet);
    EXPECT_EQ(talk.status(), 503);
    EXPECT_TRUE(talk.connection.is_over());
}

TEST(HttpConnection, StreamsGoByChunks) {
    int alive = 0;
    Talk talk;
    talk.say(kGet);
    talk.answer(streamed(2, 10, &alive));
    std::string heard = talk.hear();
    EXPECT_NE(heard.find("Transfer-Encoding: chunked\r\n"), heard.npos);
    EXPECT_EQ(heard.find("Content-Length"), heard.npos);
    talk.feed_piece();
    EXPECT_EQ(talk.hear(), "a\r\nxxxxxxxxxx\r\n");
    talk.feed_piece();
    EXPECT_EQ(talk.hear(), "a\r\nxxxxxxxxxx\r\n0\r\n\r\n");
    EXPECT_EQ(alive, 0);
    EXPECT_TRUE(talk.connection.is_idle());
}

// So does the JSON of every other answer, refusals included.
TEST(HttpConnection, AStreamOfJsonEndsWithALineEnd) {
    int alive = 0;
    Talk talk;
    talk.say(kGet);
    Response response = streamed(2, 3, &alive);
    response.content_type = "application/json";
    talk.answer(std::move(response));
    talk.hear();
    talk.feed_piece();
    EXPECT_EQ(talk.hear(), "3\r\nxxx\r\n");
    talk.feed_piece();
    EXPECT_EQ(talk.hear(), "4\r\nxxx\n\r\n0\r\n\r\n");
    talk.say("nonsense\r\n\r\n");
    EXPECT_TRUE(talk.hear().ends_with("}}\n"));
}

TEST(HttpConnection, AnEmptyPieceDoesNotEndAStream) {
    int alive = 0;
    Talk talk;
    talk.say(kGet);
    talk.answer(streamed(2, 0, &alive));
    talk.hear();
    talk.feed_piece();
    EXPECT_EQ(talk.hear(), "");
    talk.feed_piece();
    EXPECT_EQ(talk.hear(), "0\r\n\r\n");
}

// The peer must see that what came was not all.
TEST(HttpConnection, ABrokenStreamHasNoEnd) {
    int alive = 0;
    Talk talk;
    talk.say(kGet);
    talk.answer(streamed(2, 10, &alive));
    talk.feed_piece();
    talk.desk.sources.clear();
    talk.connection.on_broken();
    EXPECT_TRUE(talk.connection.is_over());
    std::string heard = talk.hear();
    EXPECT_TRUE(heard.ends_with("a\r\nxxxxxxxxxx\r\n")) << heard;
    EXPECT_EQ(alive, 0);
}

TEST(HttpConnection, OldPeersGetStreamsUntilTheEnd) {
    int alive = 0;
    Talk talk;
    talk.say("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
    talk.answer(streamed(1, 3, &alive));
    talk.feed_piece();
    std::string heard = talk.hear();
    EXPECT_EQ(body_of(heard), "xxx");
    EXPECT_NE(heard.find("Connection: close\r\n"), heard.npos);
    EXPECT_TRUE(talk.connection.is_over());
}

TEST(HttpConnection, StreamsWaitForThePeer) {
    int alive = 0;
    Talk talk;
    talk.say(kGet);
    talk.answer(streamed(1000, 70'000, &alive));
    talk.feed_piece();
    EXPECT_TRUE(talk.desk.sources.empty()) << "there is enough on its way";
    EXPECT_LT(talk.connection.outbox.size(), 80'000u);
    talk.hear();
    EXPECT_EQ(talk.desk.sources.size(), 1u);
}

TEST(HttpConnection, NoSourceIsLeftBehind) {
    int alive = 0;
    {
        Talk talk;  // ends while it waits for room
        talk.say(kGet);
        talk.answer(streamed(1000, 70'000, &alive));
        talk.feed_piece();
        EXPECT_EQ(alive, 1);
        talk.connection.abort();
        EXPECT_EQ(alive, 0);
    }
    {
        Talk talk;  // ends while the next piece is made
        talk.say(kGet);
        talk.answer(streamed(1000, 10, &alive));
        talk.connection.abort();
        EXPECT_EQ(alive, 1);
        talk.feed_piece();
        EXPECT_EQ(alive, 0);
    }
}

std::string upgrade_request(const std::string& more = {}, const std::string& host = "h") {
    return "GET /mqtt HTTP/1.1\r\nHost: " + host +
           "\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
           "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
           "Sec-WebSocket-Protocol: mqtt\r\n" +
           more + "\r\n";
}

TEST(HttpConnection, BecomesAWebSocketAtItsPath) {
    Talk talk;
    talk.say(upgrade_request("X-Forwarded-For: 203.0.113.9\r\n") + "fra");
    talk.say("mes");
    EXPECT_TRUE(talk.connection.is_upgraded());
    EXPECT_FALSE(talk.connection.is_over());
    EXPECT_EQ(as_text(talk.connection.early_bytes()), "frames");
    EXPECT_EQ(talk.desk.forwarded_for, "203.0.113.9");
    EXPECT_FALSE(talk.asked()) << "no handler sees it";
    std::string heard = talk.hear();
    EXPECT_TRUE(heard.starts_with("HTTP/1.1 101 ")) << heard;
    EXPECT_TRUE(heard.ends_with("Sec-WebSocket-Protocol: mqtt\r\n\r\n")) << heard;
    EXPECT_EQ(talk.connection.deadline(), Milliseconds::max());
}

TEST(HttpConnection, BecomesAWebSocketAfterOtherRequests) {
    Talk talk;
    talk.say(std::string(kGet) + upgrade_request());
    EXPECT_FALSE(talk.connection.is_upgraded());
    talk.answer(Response::json("{}"));
    EXPECT_TRUE(talk.connection.is_upgraded());
    std::string heard = talk.hear();
    EXPECT_TRUE(heard.starts_with("HTTP/1.1 200 "));
    EXPECT_NE(heard.find("HTTP/1.1 101 "), heard.npos);
}

TEST(HttpConnection, ARefusedUpgradeEndsIt) {
    Talk talk;
    talk.say("GET /mqtt HTTP/1.1\r\nHost: h\r\n\r\n");
    EXPECT_EQ(talk.status(), 426);
    EXPECT_TRUE(talk.connection.is_lingering());
    EXPECT_EQ(talk.desk.refused, std::vector<int>{426});
}

// Any page can make its visitor's browser ask; only this broker's own and listed ones may.
TEST(HttpConnection, PagesOfOtherSitesGetNoWebSocket) {
    auto status_of = [](const std::string& more, const std::string& host, Peer peer) {
        Talk talk({}, std::move(peer));
        talk.desk.rules = {{"https://listed.example"}, {"proxied.example"}};
        talk.say(upgrade_request(more, host));
        return talk.status();
    };
    Peer lan{"192.0.2.1:5000"}, local{"127.0.0.1:5000", true};
    EXPECT_EQ(status_of("", "broker:8080", lan), 101) << "no browser";
    EXPECT_EQ(status_of("Origin: http://broker:8080\r\n", "broker:8080", lan), 101);
    EXPECT_EQ(status_of("Origin: https://listed.example\r\n", "broker:8080", lan), 101);
    EXPECT_EQ(status_of("Origin: http://broker\r\n", "broker:8080", lan), 403);
    EXPECT_EQ(status_of("Origin: https://evil.example\r\n", "broker:8080", lan), 403);
    EXPECT_EQ(status_of("Origin: null\r\n", "broker:8080", lan), 403);
    EXPECT_EQ(status_of("Origin: http://evil.example\r\n", "evil.example", local), 421)
        << "a name that was made to point here";
    EXPECT_EQ(status_of("Origin: http://localhost:8080\r\n", "localhost:8080", local), 101);
    EXPECT_EQ(status_of("Origin: https://proxied.example\r\n", "proxied.example", local), 101);
}

TEST(HttpConnection, WithoutWebSocketItsPathIsLikeAnyOther) {
    Talk talk;
    talk.desk.has_websocket = false;
    talk.say(upgrade_request());
    EXPECT_TRUE(talk.asked());
}

}  // namespace
}  // namespace martlet::http
