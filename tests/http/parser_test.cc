// Requests byte by byte: what is a request, where it ends, and what is refused with which status.

#include "http/parser.h"

#include <gtest/gtest.h>

namespace martlet::http {
namespace {

using State = RequestParser::State;

// Each byte for itself, as a slow or hostile sender would.
std::string feed_slowly(RequestParser& parser, std::string_view text) {
    std::string waiting;
    for (char c : text) {
        waiting += c;
        if (parser.state() == State::Complete || parser.state() == State::Failed) continue;
        waiting.erase(0, parser.feed(as_bytes(waiting)));
    }
    return waiting;
}

struct Case {
    std::string_view text;
    int status;
};

constexpr std::string_view kHost = "Host: a\r\n";

TEST(Parser, WhatIsRefused) {
    const Case kCases[] = {
        {"GET / HTTP/1.1\r\n\r\n", 400},  // no Host
        {"GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", 400},
        {"GET / HTTP/1.1\r\nHost : a\r\n\r\n", 400},
        {"GET / HTTP/2.0\r\nHost: a\r\n\r\n", 505},
        {"GET / HTTP/0.9\r\nHost: a\r\n\r\n", 505},
        {"GET /\r\nHost: a\r\n\r\n", 400},
        {"GET  / HTTP/1.1\r\nHost: a\r\n\r\n", 400},
        {"GET / HTTP/1.1\r\nHost: a\nX: b\r\n\r\n", 400},
        {"GET / HTTP/1.1\r\nHost: a\r\nX\r\n\r\n", 400},
        {"GET / HTTP/1.1\r\nHost: a\r\n: b\r\n\r\n", 400},
        {"CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n", 501},
        {"TRACE / HTTP/1.1\r\nHost: a\r\n\r\n", 501},
        {"PURGEALL / HTTP/1.1\r\nHost: a\r\n\r\n", 501},
        // Two lengths, or a length that is two things: what one program takes for a body, another
        // takes for the next request.
        {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n", 400},
        {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\n", 400},
        {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5, 5\r\n\r\n", 400},
        {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: +5\r\n\r\n", 400},
        {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n", 400},
        {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0x5\r\n\r\n", 400},
        {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length:\r\n\r\n", 400},
        {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999999999999\r\n\r\n", 400},
        {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1048577\r\n\r\n", 413},
        {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n",
         400},
        {"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n",
         400},
        {"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip\r\n\r\n", 501},
        {"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", 501},
        {"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked, gzip\r\n\r\n", 501},
        {"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: xchunked\r\n\r\n", 501},
        {"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: identity\r\n"
         "Transfer-Encoding: chunked\r\n\r\n",
         501},
        {"POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n", 400},
        {"POST / HTTP/1.1\r\nHost: a\r\nExpect: 200-ok\r\nContent-Length: 5\r\n\r\n", 417},
        {"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n\r\n\r\n", 400},
        {"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nabc\r\n0\r\n\r\n",
         400},
        {"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
         "fffffffffffffffff\r\nabc\r\n0\r\n\r\n",
         400},
        {"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nfffffff\r\nabc\r\n", 413},
    };
    for (const Case& one : kCases) {
        RequestParser whole({});
        whole.feed(as_bytes(one.text));
        EXPECT_EQ(whole.state(), State::Failed) << one.text;
        EXPECT_EQ(whole.failed_status(), one.status) << one.text;
        RequestParser slow({});
        feed_slowly(slow, one.text);
        EXPECT_EQ(slow.state(), State::Failed) << one.text;
        EXPECT_EQ(slow.failed_status(), one.status) << one.text;
    }
}

TEST(Parser, ARequestEndsWhereTheNextBegins) {
    const std::string_view kNext = "GET /next HTTP/1.1\r\n";
    const std::pair<std::string, std::string> kCases[] = {
        {"GET / HTTP/1.1\r\nHost: a\r\n\r\n", ""},
        {"\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", ""},
        {"GET / HTTP/1.0\r\n\r\n", ""},
        {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n", ""},
        {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nGET /", "GET /"},
        {"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: Chunked\r\n\r\n0\r\n\r\n", ""},
    };
    for (const auto& [text, body] : kCases) {
        RequestParser whole({});
        std::string both = text + std::string(kNext);
        EXPECT_EQ(whole.feed(as_bytes(both)), text.size()) << text;
        EXPECT_EQ(whole.state(), State::Complete) << text;
        EXPECT_EQ(whole.request().body, body);
        RequestParser slow({});
        EXPECT_EQ(feed_slowly(slow, both), kNext) << text;
        EXPECT_EQ(slow.state(), State::Complete) << text;
        EXPECT_EQ(slow.request().body, body);
    }
}

TEST(Parser, TrailersAddNothing) {
    constexpr std::string_view kText =
        "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2;x=y\r\nde"
        "\r\n0\r\nX-Trailer: z\r\nAuthorization: Bearer x\r\n\r\n";
    RequestParser parser({});
    EXPECT_EQ(feed_slowly(parser, kText), "");
    ASSERT_EQ(parser.state(), State::Complete);
    EXPECT_EQ(parser.request().body, "abcde");
    EXPECT_EQ(parser.request().header("authorization"), nullptr);
    EXPECT_EQ(parser.request().headers.size(), 2u);
}

TEST(Parser, HeadAndFieldsAreBounded) {
    std::string head = "GET / HTTP/1.1\r\n" + std::string(kHost);
    RequestParser endless({});
    endless.feed(as_bytes(head + "X: " + std::string(16 * 1024, 'x')));
    EXPECT_EQ(endless.failed_status(), 431);
    RequestParser slow({});
    feed_slowly(slow, head + "X: " + std::string(17 * 1024, 'x'));
    EXPECT_EQ(slow.failed_status(), 431);
    std::string fields;
    for (int i = 0; i < 100; i++) fields += "X: y\r\n";
    RequestParser many({});
    many.feed(as_bytes(head + fields + "\r\n"));
    EXPECT_EQ(many.failed_status(), 431);
    RequestParser long_target({});
    long_target.feed(
        as_bytes("GET /" + std::string(9000, 'x') + " HTTP/1.1\r\n" + std::string(kHost) + "\r\n"));
    EXPECT_EQ(long_target.failed_status(), 414);
}

TEST(Parser, ChunkedBodiesAreBounded) {
    std::string head = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
    std::string body;
    for (int i = 0; i < 1025; i++) body += "400\r\n" + std::string(1024, 'x') + "\r\n";
    RequestParser parser({});
    parser.feed(as_bytes(head + body));
    EXPECT_EQ(parser.failed_status(), 413);
    RequestParser extension({});
    extension.feed(as_bytes(head + "3;" + std::string(5000, 'x')));
    EXPECT_EQ(extension.failed_status(), 400);
    RequestParser trailer({});
    trailer.feed(as_bytes(head + "0\r\nX: " + std::string(5000, 'x')));
    EXPECT_EQ(trailer.failed_status(), 400);
}

// A body within its bound, in chunks of a byte with long extensions, is as endless as none.
TEST(Parser, WhatStandsAroundChunksIsBounded) {
    RequestParser parser({});
    parser.feed(as_bytes(
        std::string_view("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n")));
    std::string chunk = "1;x=" + std::string(4000, 'y') + "\r\nz\r\n";
    std::string waiting;
    int chunks = 0;
    while (parser.state() == State::Body && chunks < 10'000) {
        waiting += chunk;
        waiting.erase(0, parser.feed(as_bytes(waiting)));
        chunks++;
    }
    EXPECT_EQ(parser.failed_status(), 413);
    EXPECT_LT(chunks, 1000);
}

TEST(Parser, NamesAreInLowerCaseAndMethodsKnown) {
    RequestParser parser({});
    parser.feed(as_bytes("PATCH /a?b HTTP/1.1\r\nHOST: A\r\nX-Some-Field:  v w \r\n\r\n"));
    ASSERT_EQ(parser.state(), State::Complete);
    EXPECT_EQ(parser.request().method, Method::Patch);
    EXPECT_EQ(parser.request().target, "/a?b");
    EXPECT_EQ(*parser.request().header("host"), "A");
    EXPECT_EQ(*parser.request().header("x-some-field"), "v w");
    EXPECT_TRUE(parser.request().keep_alive);
    parser.reset();
    parser.feed(as_bytes("GET / HTTP/1.0\r\n\r\n"));
    ASSERT_EQ(parser.state(), State::Complete);
    EXPECT_FALSE(parser.request().keep_alive);
    EXPECT_EQ(parser.request().headers.size(), 0u);
}

}  // namespace
}  // namespace martlet::http
