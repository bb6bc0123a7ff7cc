// HTTP on real sockets, with real workers: answers come back by mail, large bodies wait for the
// peer, and connections end as they should. The loop is driven by the test.

#include "server/http_ports.h"

#include "tests/server/socket_client.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <fcntl.h>
#include <optional>
#include <string>

namespace martlet::server {
namespace {

using http::Method;
using http::Request;
using http::Response;
using http::Role;
using http::Route;
using http::Services;

constexpr int kPieces = 200;
constexpr std::size_t kPieceBytes = 64 * 1024;

std::atomic<int> sources_alive{0};
std::atomic<int> pieces_made{0};

class Pieces final : public http::BodySource {
  public:
    Pieces() { sources_alive++; }
    ~Pieces() override { sources_alive--; }
    bool next(std::string& out) override {
        pieces_made++;
        out.append(kPieceBytes, 'x');
        return --left_ > 0;
    }

  private:
    int left_ = kPieces;
};

Response small(Services&, const Request& request) {
    Response response;
    response.content_type = "text/plain";
    response.body = "you said " + request.body;
    return response;
}

std::atomic<bool> slow_ones_may_end{false};

Response slow(Services&, const Request&) {
    slow_ones_may_end.wait(false);
    return Response::json("slow");
}

Response large(Services&, const Request&) {
    Response response;
    response.stream = std::make_unique<Pieces>();
    return response;
}

const std::vector<Route>& test_routes() {
    static const std::vector<Route> kRoutes = {
        {Method::Get, "/small", Role::Nobody, "a test", small},
        {Method::Post, "/small", Role::Nobody, "a test", small},
        {Method::Get, "/large", Role::Nobody, "a test", large},
        {Method::Get, "/slow", Role::Nobody, "a test", slow},
        {.method = Method::Get,
         .pattern = "/quick",
         .role = Role::Nobody,
         .summary = "a test",
         .handle = small,
         .is_quick = true},
    };
    return kRoutes;
}

class Web : public testing::Test {
  protected:
    Web() {
        CHECK(loop_.open().ok());
        mail_.at(0).loop = &loop_;
        services_.options.connections_max = 4;
        sources_alive = 0;
        pieces_made = 0;
        slow_ones_may_end = false;
        workers_.emplace(services_, mail_, 2, test_routes());
        ports_.emplace(0, loop_, scratch_, now_, *workers_);
    }
    ~Web() override {
        workers_.reset();
        ports_.reset();
    }

    SocketClient client() {
        std::array<int, 2> ends{};
        CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, ends.data()) == 0);
        CHECK(fcntl(ends[0], F_SETFL, O_NONBLOCK) == 0);
        Socket socket;
        socket.fd = ends[0];
        socket.listener = 7;
        ports_->add(std::move(socket));
        return SocketClient(ends[1]);
    }
    void turn(int ms = 1) {
        auto ready = loop_.wait(Milliseconds(ms));
        now_ = read_clocks();
        now_.steady += later_;
        for (const epoll_event& event : ready)
            static_cast<net::Watched*>(event.data.ptr)->on_ready(event.events);
        ports_->take(mail_.at(0).answers);
        ports_->run_timers();
        ports_->write_and_close();
        for (std::uint16_t listener : ports_->take_closed()) {
            EXPECT_EQ(listener, 7);
            closed_++;
        }
    }
    // Turns until the text ends so, or the connection does, or for two seconds.
    std::string hear_until(SocketClient& client, std::string_view end) {
        std::string heard;
        auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(2);
        while (!heard.ends_with(end) && std::chrono::steady_clock::now() < deadline) {
            turn();
            std::array<char, 65536> bytes;
            ssize_t got = recv(client.fd(), bytes.data(), bytes.size(), MSG_DONTWAIT);
            if (got == 0) break;
            if (got > 0) heard.append(bytes.data(), static_cast<std::size_t>(got));
        }
        return heard;
    }
    void ask(SocketClient& client, std::string_view head, std::string_view body = {}) {
        std::string text(head);
        text += " HTTP/1.1\r\nHost: h\r\n";
        if (!body.empty()) text += "Content-Length: " + std::to_string(body.size()) + "\r\n";
        text += "\r\n";
        text += body;
        ASSERT_TRUE(client.say(as_bytes(text)));
    }

    void TearDown() override {
        slow_ones_may_end = true;
        slow_ones_may_end.notify_all();
    }

    Mailboxes mail_{1};
    net::Loop loop_;
    net::Scratch scratch_;
    Now now_ = read_clocks();
    Milliseconds later_{0};
    Services services_;
    std::optional<HttpWorkers> workers_;
    std::optional<HttpPorts> ports_;
    int closed_ = 0;
};

TEST_F(Web, AnswersComeBack) {
    SocketClient c = client();
    ask(c, "GET /small");
    EXPECT_TRUE(hear_until(c, "you said ").starts_with("HTTP/1.1 200 OK\r\n"));
    ask(c, "POST /small", "hello");
    EXPECT_TRUE(hear_until(c, "you said hello").ends_with("you said hello"));
    EXPECT_EQ(ports_->size(), 1u);
    c.close();
    for (int i = 0; i < 100 && closed_ == 0; i++) turn();
    EXPECT_EQ(closed_, 1);
    EXPECT_EQ(ports_->size(), 0u);
}

TEST_F(Web, HalfClosedPeersAreAnswered) {
    SocketClient c = client();
    ask(c, "GET /small");
    shutdown(c.fd(), SHUT_WR);
    EXPECT_TRUE(hear_until(c, "you said ").ends_with("you said "));
    for (int i = 0; i < 100 && closed_ == 0; i++) turn();
    EXPECT_EQ(closed_, 1);
}

TEST_F(Web, ARefusalReachesItsPeerWholly) {
    SocketClient c = client();
    ASSERT_TRUE(
        c.say(as_bytes("POST /small HTTP/1.1\r\nHost: h\r\nContent-Length: 9999999\r\n\r\n")));
    std::string heard = hear_until(c, "}}");
    EXPECT_TRUE(heard.starts_with("HTTP/1.1 413 ")) << heard;
    c.close();
    for (int i = 0; i < 100 && closed_ == 0; i++) turn();
    EXPECT_EQ(closed_, 1);
}

TEST_F(Web, LargeBodiesWaitForThePeer) {
    SocketClient c = client();
    ask(c, "GET /large");
    // Nobody reads: what the socket takes is all that is made.
    for (int i = 0; i < 100; i++) turn();
    EXPECT_LT(pieces_made, 30);
    EXPECT_EQ(sources_alive, 1);
    std::string heard = hear_until(c, "\r\n0\r\n\r\n");
    EXPECT_TRUE(heard.ends_with("\r\n0\r\n\r\n"));
    EXPECT_EQ(pieces_made, kPieces);
    EXPECT_EQ(std::count(heard.begin(), heard.end(), 'x'),
              static_cast<std::ptrdiff_t>(kPieces * kPieceBytes));
    EXPECT_EQ(sources_alive, 0);
}

TEST_F(Web, APeerThatLeavesMidwayLeavesNothingBehind) {
    for (int i = 0; i < 10; i++) {
        SocketClient c = client();
        ask(c, "GET /large");
        for (int turns = 0; turns < i; turns++) turn();
        c.close();
    }
    for (int i = 0; i < 2000 && (closed_ < 10 || sources_alive > 0); i++) turn();
    EXPECT_EQ(closed_, 10);
    EXPECT_EQ(sources_alive, 0);
}

TEST_F(Web, WhatWaitsWhenItEndsIsFreed) {
    std::vector<SocketClient> clients;
    for (int i = 0; i < 4; i++) {
        clients.push_back(client());
        ask(clients.back(), "GET /large");
    }
    turn();
    turn();
    workers_.reset();
    ports_.reset();
    for (InboxNode* node = mail_.at(0).answers.take_all(); node != nullptr;)
        delete static_cast<HttpAnswer*>(std::exchange(node, node->next));
    EXPECT_EQ(sources_alive, 0);
}

TEST_F(Web, TheOneThatIsIdleLongestMakesRoom) {
    std::vector<SocketClient> clients;
    for (int i = 0; i < 4; i++) {
        clients.push_back(client());
        ask(clients.back(), "GET /small");
        EXPECT_TRUE(hear_until(clients.back(), "you said ").ends_with("you said "));
        later_ += Milliseconds(10);
    }
    SocketClient fifth = client();
    ask(fifth, "GET /small");
    EXPECT_TRUE(hear_until(fifth, "you said ").ends_with("you said "));
    EXPECT_TRUE(clients[0].is_closed_within(0));
    EXPECT_FALSE(clients[1].is_closed_within(0));
    EXPECT_EQ(ports_->size(), 4u);
}

// Requests that never become whole keep nobody out.
TEST_F(Web, TheOneThatHasBeenComingLongestMakesRoom) {
    std::vector<SocketClient> clients;
    for (int i = 0; i < 5; i++) {
        clients.push_back(client());
        clients.back().say(as_bytes("G"));
        turn();
        later_ += Milliseconds(10);
    }
    turn();
    EXPECT_TRUE(clients[0].is_closed_within(0));
    for (std::size_t i = 1; i < 5; i++) EXPECT_FALSE(clients[i].is_closed_within(0)) << i;
    EXPECT_EQ(closed_, 1);
}

TEST_F(Web, WithoutRoomTheNewOneIsClosed) {
    std::vector<SocketClient> clients;
    for (int i = 0; i < 5; i++) {
        clients.push_back(client());
        if (i < 4) ask(clients.back(), "GET /slow");
        turn();
    }
    turn();
    EXPECT_TRUE(clients[4].is_closed_within(0));
    EXPECT_FALSE(clients[0].is_closed_within(0));
    EXPECT_EQ(closed_, 1);
}

TEST_F(Web, QuickOnesAreAnsweredWhileAllWorkersAreBusy) {
    std::vector<SocketClient> busy;
    for (int i = 0; i < 2; i++) {
        busy.push_back(client());
        ask(busy.back(), "GET /slow");
        turn();
    }
    SocketClient waiting = client();
    ask(waiting, "GET /small");
    SocketClient c = client();
    ask(c, "GET /quick");
    EXPECT_TRUE(hear_until(c, "you said ").ends_with("you said "));
    slow_ones_may_end = true;
    slow_ones_may_end.notify_all();
    EXPECT_TRUE(hear_until(waiting, "you said ").ends_with("you said "));
}

// It may take its time to read all of it.
TEST_F(Web, HalfClosedPeersGetLargeBodiesWhole) {
    SocketClient c = client();
    ask(c, "GET /large");
    shutdown(c.fd(), SHUT_WR);
    for (int i = 0; i < 100; i++) turn();
    std::string heard = hear_until(c, "\r\n0\r\n\r\n");
    EXPECT_TRUE(heard.ends_with("\r\n0\r\n\r\n"));
    for (int i = 0; i < 100 && closed_ == 0; i++) turn();
    EXPECT_EQ(closed_, 1);
}

TEST_F(Web, SlowPeersAreTimedOut) {
    SocketClient c = client();
    ASSERT_TRUE(c.say(as_bytes("GET / HT")));
    turn();
    turn();
    EXPECT_LE(ports_->next_wake(), now_.steady + Milliseconds(10'000));
    later_ += Milliseconds(10'001);
    EXPECT_TRUE(hear_until(c, "}}").starts_with("HTTP/1.1 408 "));
    later_ += Milliseconds(2'001);
    turn();
    turn();
    EXPECT_EQ(closed_, 1);
}

}  // namespace
}  // namespace martlet::server
