// Streams in WebSocket frames over a socket pair: packets in, frames out, answers and ends.

#include "tests/net/packets.h"
#include "tests/net/websocket_model.h"

#include <gtest/gtest.h>

#include <fcntl.h>
#include <random>
#include <string>
#include <sys/socket.h>
#include <unistd.h>
#include <vector>

namespace martlet::net {
namespace {

using namespace std::string_literals;

// The frames of a server, apart.
struct ServerFrame {
    int opcode = 0;
    std::string payload;
    bool operator==(const ServerFrame&) const = default;
};

std::vector<ServerFrame> frames_of(std::string_view bytes, std::string* rest = nullptr) {
    std::vector<ServerFrame> frames;
    auto byte = [&](std::size_t at) { return static_cast<std::uint8_t>(bytes[at]); };
    while (bytes.size() >= 2) {
        EXPECT_EQ(byte(0) & 0xF0, 0x80) << "one frame a message, no reserved bits";
        std::size_t head = 2, size = byte(1);
        EXPECT_EQ(size & 0x80, 0u) << "a server does not mask";
        if (size >= 126) head = size == 126 ? 4 : 10;
        if (bytes.size() < head) break;
        if (head > 2) size = 0;
        for (std::size_t i = 2; i < head; i++) size = size << 8 | byte(i);
        if (bytes.size() < head + size) break;
        frames.push_back({byte(0) & 15, std::string(bytes.substr(head, size))});
        bytes.remove_prefix(head + size);
    }
    if (rest != nullptr) *rest = bytes;
    return frames;
}

class WebsocketStreams : public testing::Test {
  protected:
    WebsocketStreams() {
        CHECK(loop_.open().ok());
        int fds[2];
        CHECK(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds) == 0);
        peer_ = fds[0];
        stream_ = std::make_unique<Stream>(loop_, fds[1], Endpoint(), nullptr,
                                           std::make_unique<Websocket>());
        packets_ = std::make_unique<Packets>(*stream_, scratch_);
        CHECK(stream_->watch(packets_.get()));
    }
    ~WebsocketStreams() override { close(peer_); }
    void turn() {
        for (epoll_event& event : loop_.wait(Milliseconds(0)))
            static_cast<Watched*>(event.data.ptr)->on_ready(event.events);
        if (stream_->has_answer()) stream_->flush(packets_->outbox);
    }
    void say(const std::string& bytes) {
        for (std::size_t at = 0; at < bytes.size();) {
            ssize_t sent = send(peer_, bytes.data() + at, bytes.size() - at, MSG_NOSIGNAL);
            if (sent > 0) at += static_cast<std::size_t>(sent);
            turn();
        }
    }
    std::string hear() {
        std::string heard, some(1 << 20, 0);
        for (ssize_t got; (got = recv(peer_, some.data(), some.size(), 0)) > 0;) {
            heard.append(some.data(), static_cast<std::size_t>(got));
            turn();
        }
        return heard;
    }

    Loop loop_;
    Scratch scratch_;
    int peer_ = -1;
    std::unique_ptr<Stream> stream_;
    std::unique_ptr<Packets> packets_;
};

// [MQTT-6.0.0-2]
TEST_F(WebsocketStreams, PacketsAndFramesAreCutApart) {
    std::string packets = packet_of("one") + packet_of("") + packet_of("three");
    for (std::size_t cut = 0; cut <= packets.size(); cut++) {
        std::string bytes = frame(packets.substr(0, cut)) + frame(packets.substr(cut));
        for (std::size_t piece : {std::size_t{1}, std::size_t{3}, bytes.size()}) {
            packets_->packets.clear();
            for (std::size_t at = 0; at < bytes.size(); at += piece) say(bytes.substr(at, piece));
            ASSERT_EQ(packets_->packets, (std::vector<std::string>{"one", "", "three"})) << cut;
            ASSERT_TRUE(stream_->unread().empty());
        }
    }
}

TEST_F(WebsocketStreams, RandomPacketsInRandomFramesHeldAndResumed) {
    std::mt19937_64 random(1);
    for (int round = 0; round < 20; round++) {
        packets_->packets.clear();
        std::vector<std::string> expected;
        std::string packets, bytes;
        for (int i = 0; i < 40; i++) {
            std::size_t size = random() % 8 == 0 ? random() % 400'000 : random() % 300;
            expected.push_back(std::string(size, static_cast<char>('a' + i % 26)));
            packets += packet_of(expected.back());
        }
        for (std::size_t at = 0; at < packets.size();) {
            std::size_t size = 1 + (random() % 3 ? random() % 100'000 : random() % 10);
            bytes += frame(packets.substr(at, size));
            if (random() % 4 == 0) bytes += frame(9, "ping");
            at += size;
        }
        for (std::size_t at = 0; at < bytes.size();) {
            std::size_t size = 1 + (random() % 3 ? random() % 200'000 : random() % 10);
            say(bytes.substr(at, size));
            at += size;
            if (random() % 10 == 0) packets_->hold_after = packets_->packets.size() + 1;
            if (packets_->is_held()) {
                turn();
                packets_->release();
            }
            hear();  // pongs
        }
        packets_->release();
        for (int i = 0; i < 100; i++) turn();
        ASSERT_EQ(packets_->packets, expected);
    }
}

TEST_F(WebsocketStreams, WhatWaitsLeavesInOneFrame) {
    packets_->outbox.append(as_bytes("one"));
    packets_->outbox.append(as_bytes("two"));
    stream_->flush(packets_->outbox);
    EXPECT_TRUE(packets_->outbox.empty());
    EXPECT_EQ(hear(), "\x82\x06onetwo");
    EXPECT_EQ(stream_->begun_bytes(), 0u);
}

TEST_F(WebsocketStreams, LargeOutputIsCutIntoBoundedFrames) {
    std::string all;
    BodyRef body = BodyRef::adopt(Body::make(300'000));
    for (std::size_t i = 0; i < body->size(); i++)
        body->data()[i] = static_cast<std::uint8_t>(i * 7);
    for (int i = 0; i < 20; i++) {
        packets_->outbox.append(as_bytes("head"));
        packets_->outbox.append_shared(body.get(), body->view());
        all += "head" + std::string(as_text(body->view()));
    }
    stream_->flush(packets_->outbox);
    EXPECT_TRUE(stream_->is_blocked());
    std::string heard = hear(), joined, rest;
    for (const ServerFrame& frame : frames_of(heard, &rest)) {
        EXPECT_EQ(frame.opcode, 2);
        EXPECT_LE(frame.payload.size(), Websocket::kFrameMax);
        joined += frame.payload;
    }
    EXPECT_EQ(rest, "");
    EXPECT_TRUE(joined == all);
    EXPECT_FALSE(stream_->is_blocked());
}

// The frame that is on its way is finished with the bytes that it announced.
TEST_F(WebsocketStreams, WhatIsDroppedIsNotPartOfAFrame) {
    for (int i = 0; i < 3000; i++)
        packets_->outbox.append(as_bytes(std::string(1000, static_cast<char>('a' + i % 26))));
    stream_->flush(packets_->outbox);
    ASSERT_TRUE(stream_->is_blocked());
    EXPECT_GT(stream_->begun_bytes(), 0u);
    packets_->outbox.drop_unbegun(stream_->begun_bytes());
    packets_->outbox.append(as_bytes("last"));
    std::string rest, joined, heard = hear();
    for (const ServerFrame& frame : frames_of(heard, &rest)) joined += frame.payload;
    EXPECT_EQ(rest, "");
    ASSERT_GE(joined.size(), 4u);
    EXPECT_EQ(joined.size() % 1000, 4u) << "whole packets, then the last one";
    EXPECT_EQ(joined.substr(joined.size() - 4), "last");
}

TEST_F(WebsocketStreams, APingIsAnsweredBetweenFrames) {
    packets_->outbox.append(as_bytes("data"));
    say(frame(9, "hello"));
    EXPECT_EQ(frames_of(hear()), (std::vector<ServerFrame>{{10, "hello"}, {2, "data"}}));
}

// A peer that pings and does not read gets one pong, for its last ping.
TEST_F(WebsocketStreams, PingsDoNotFillMemory) {
    packets_->outbox.append(as_bytes(std::string(2'000'000, 'x')));
    stream_->flush(packets_->outbox);
    ASSERT_TRUE(stream_->is_blocked());
    for (int i = 0; i < 10'000; i++) say(frame(9, std::to_string(i)));
    EXPECT_LE(packets_->outbox.size(), 2'000'200u);
    std::vector<ServerFrame> pongs;
    for (ServerFrame& frame : frames_of(hear()))
        if (frame.opcode == 10) pongs.push_back(std::move(frame));
    ASSERT_EQ(pongs.size(), 1u);
    EXPECT_EQ(pongs[0].payload, "9999");
}

TEST_F(WebsocketStreams, ACloseFrameIsAnsweredBehindAllThatWaits) {
    packets_->outbox.append(as_bytes("data"));
    say(frame(packet_of("last words")) + frame(8, "\x03\xe8 bye"s));
    EXPECT_EQ(packets_->packets, (std::vector<std::string>{"last words"}));
    turn();
    EXPECT_EQ(packets_->outcome, Stream::Outcome::Closed);
    stream_->end_websocket(packets_->outbox, close_code::kGoingAway);
    EXPECT_EQ(frames_of(hear()), (std::vector<ServerFrame>{{2, "data"}, {8, "\x03\xe8 bye"s}}));
}

TEST_F(WebsocketStreams, WhatIsWrongEndsItWithACloseFrame) {
    packets_->outbox.append(as_bytes("data"));
    say(frame(packet_of("valid")) + ClientFrame{.payload = "x", .is_masked = false}.bytes());
    turn();
    EXPECT_EQ(packets_->packets, (std::vector<std::string>{"valid"}));
    EXPECT_EQ(packets_->outcome, Stream::Outcome::Failed);
    EXPECT_EQ(stream_->failure(), "WebSocket error: a frame is not masked");
    stream_->end_websocket(packets_->outbox, close_code::kNormal);
    EXPECT_EQ(frames_of(hear()), (std::vector<ServerFrame>{{2, "data"},
                                                           {8,
                                                            "\x03\xea"
                                                            "a frame is not masked"s}}));
}

// Packets before the end are taken even when the receiver is held meanwhile.
TEST_F(WebsocketStreams, TheEndWaitsForAHeldReceiver) {
    packets_->hold_after = 1;
    say(frame(packet_of("one") + packet_of("two")) + frame(8, ""));
    for (int i = 0; i < 5; i++) turn();
    EXPECT_EQ(packets_->packets.size(), 1u);
    EXPECT_EQ(packets_->outcome, Stream::Outcome::Open);
    EXPECT_LE(packets_->turns, 3) << "it spins while it is held";
    packets_->release();
    for (int i = 0; i < 5; i++) turn();
    EXPECT_EQ(packets_->packets.size(), 2u);
    EXPECT_EQ(packets_->outcome, Stream::Outcome::Closed);
}

TEST_F(WebsocketStreams, OwnCloseFrameIsTheLastThingSaid) {
    packets_->outbox.append(as_bytes("data"));
    stream_->end_websocket(packets_->outbox, close_code::kGoingAway);
    stream_->end_websocket(packets_->outbox, close_code::kNormal);
    EXPECT_EQ(frames_of(hear()), (std::vector<ServerFrame>{{2, "data"}, {8, "\x03\xe9"}}));
}

// The answer to the upgrade goes out as it is, and frames that came with the request are read.
TEST_F(WebsocketStreams, APlainStreamBecomesOne) {
    stream_->release();
    int fds[2];
    CHECK(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds) == 0);
    close(std::exchange(peer_, fds[0]));
    stream_ = std::make_unique<Stream>(loop_, fds[1], Endpoint());
    packets_ = std::make_unique<Packets>(*stream_, scratch_);
    CHECK(stream_->watch(packets_.get()));
    packets_->outbox.append(as_bytes("101"));
    std::string bytes = frame(packet_of("early")) + frame(9, "p") + frame("half of").substr(0, 4);
    stream_->become_websocket(as_bytes(bytes), packets_->outbox);
    packets_->outbox.append(as_bytes("data"));
    stream_->resume(*packets_);
    EXPECT_EQ(packets_->packets, (std::vector<std::string>{"early"}));
    stream_->flush(packets_->outbox);
    EXPECT_EQ(hear(),
              "101\x8a\x01p\x82\x04"
              "data"s);
}

// To the loop of another shard, in the middle of a frame.
TEST_F(WebsocketStreams, ItsStateGoesAlongWithTheSocket) {
    std::string bytes = frame(packet_of("first") + packet_of("second"));
    packets_->hold_after = 1;
    say(bytes.substr(0, bytes.size() - 3));
    std::string unread(as_text(stream_->unread()));
    int fd = stream_->release();
    auto websocket = stream_->release_websocket();
    EXPECT_FALSE(stream_->has_answer());
    packets_ = nullptr;
    stream_ = std::make_unique<Stream>(loop_, fd, Endpoint(), nullptr, std::move(websocket));
    packets_ = std::make_unique<Packets>(*stream_, scratch_);
    CHECK(stream_->watch(packets_.get()));
    stream_->give_unread(as_bytes(unread));
    stream_->resume(*packets_);
    say(bytes.substr(bytes.size() - 3));
    ASSERT_FALSE(packets_->packets.empty());
    EXPECT_EQ(packets_->packets.back(), "second");
}

}  // namespace
}  // namespace martlet::net
