#include "tests/net/packets.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <fcntl.h>
#include <numeric>
#include <random>
#include <string>
#include <sys/socket.h>
#include <unistd.h>
#include <vector>

namespace martlet::net {
namespace {

class Streams : public testing::Test {
  protected:
    Streams() {
        CHECK(loop_.open().ok());
        int fds[2];
        CHECK(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds) == 0);
        peer_ = fds[0];
        stream_ = std::make_unique<Stream>(loop_, fds[1], Endpoint());
        packets_ = std::make_unique<Packets>(*stream_, scratch_);
        CHECK(stream_->watch(packets_.get()));
    }
    ~Streams() override {
        if (peer_ >= 0) close(peer_);
    }
    void turn() {
        for (epoll_event& event : loop_.wait(Milliseconds(0)))
            static_cast<Watched*>(event.data.ptr)->on_ready(event.events);
    }
    // Writes all of it, with turns in between when the socket is full.
    void say(const std::string& bytes) {
        for (std::size_t at = 0; at < bytes.size();) {
            ssize_t sent = send(peer_, bytes.data() + at, bytes.size() - at, MSG_NOSIGNAL);
            if (sent > 0) at += static_cast<std::size_t>(sent);
            turn();
        }
    }
    std::string hear() {
        std::string bytes(1 << 20, 0);
        ssize_t got = recv(peer_, bytes.data(), bytes.size(), 0);
        bytes.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
        return bytes;
    }

    Loop loop_;
    Scratch scratch_;
    int peer_ = -1;
    std::unique_ptr<Stream> stream_;
    std::unique_ptr<Packets> packets_;
};

TEST_F(Streams, PacketsCutAtEveryPoint) {
    std::string bytes = packet_of("one") + packet_of("") + packet_of("three");
    for (std::size_t cut = 0; cut <= bytes.size(); cut++) {
        packets_->packets.clear();
        say(bytes.substr(0, cut));
        say(bytes.substr(cut));
        ASSERT_EQ(packets_->packets, (std::vector<std::string>{"one", "", "three"})) << cut;
        ASSERT_TRUE(stream_->unread().empty());
    }
}

// Whoever judges by time is told of bytes that do not make a packet whole.
TEST_F(Streams, PartsOfAPacketAreTold) {
    std::string bytes = packet_of(std::string(100, 'x'));
    say(bytes.substr(0, 50));  // tells the size, by on_bytes()
    say(bytes.substr(50, 1));
    say(bytes.substr(51, 20));
    EXPECT_EQ(packets_->parts, (std::vector<std::size_t>{51, 71}));
    say(bytes.substr(71));
    EXPECT_EQ(packets_->parts.size(), 2u);
    EXPECT_EQ(packets_->packets.size(), 1u);
}

TEST_F(Streams, RandomPacketsInRandomPieces) {
    std::mt19937_64 random(1);
    for (int round = 0; round < 30; round++) {
        packets_->packets.clear();
        std::vector<std::string> expected;
        std::string bytes;
        for (int i = 0; i < 40; i++) {
            std::size_t size = random() % 8 == 0 ? random() % 400'000 : random() % 300;
            expected.push_back(std::string(size, static_cast<char>('a' + i % 26)));
            bytes += packet_of(expected.back());
        }
        for (std::size_t at = 0; at < bytes.size();) {
            std::size_t size = 1 + (random() % 3 ? random() % 200'000 : random() % 10);
            say(bytes.substr(at, size));
            at += size;
            if (random() % 10 == 0) packets_->hold_after = packets_->packets.size() + 1;
            if (packets_->is_held()) {
                say("");
                turn();
                packets_->release();
            }
        }
        packets_->release();
        for (int i = 0; i < 100; i++) turn();
        ASSERT_EQ(packets_->packets, expected);
    }
    EXPECT_GT(packets_->frames, 0u);
}

TEST_F(Streams, HeldItReadsNoMoreThanWasUnderWay) {
    packets_->hold_after = 1;
    say(packet_of("first") + packet_of("second"));
    EXPECT_EQ(packets_->packets.size(), 1u);
    // The socket fills up, and the stream's memory does not.
    std::size_t sent = 0;
    std::string chunk = packet_of(std::string(10'000, 'x'));
    for (int i = 0; i < 1000; i++) {
        ssize_t n = send(peer_, chunk.data(), chunk.size(), MSG_NOSIGNAL);
        if (n == static_cast<ssize_t>(chunk.size())) sent++;
        if (n < 0) break;
        turn();
    }
    EXPECT_LT(sent, 900u);
    EXPECT_LE(stream_->unread().size(), Scratch::kSize + 20'000);
    int turns = packets_->turns;
    for (int i = 0; i < 50; i++) turn();
    EXPECT_LE(packets_->turns - turns, 1) << "it spins while it is held";
    packets_->release();
    for (int i = 0; i < 1000; i++) turn();
    EXPECT_GE(packets_->packets.size(), 2 + sent);
}

TEST_F(Streams, HeldItDoesNotSpinWhenThePeerIsGone) {
    packets_->hold_after = 1;
    say(packet_of("first") + packet_of("second"));
    close(std::exchange(peer_, -1));
    for (int i = 0; i < 50; i++) turn();
    EXPECT_LE(packets_->turns, 4) << "a hang-up is told at each wait";
    packets_->release();
    for (int i = 0; i < 5; i++) turn();
    EXPECT_EQ(packets_->packets.size(), 2u);
    EXPECT_EQ(packets_->outcome, Stream::Outcome::Closed);
}

std::size_t memory_kb() {
    std::FILE* file = std::fopen("/proc/self/statm", "r");
    unsigned long total = 0, resident = 0;
    int read = std::fscanf(file, "%lu %lu", &total, &resident);
    std::fclose(file);
    return read == 2 ? resident * 4 : 0;
}

// hardening row 1: an announced length costs nothing until bytes come.
TEST_F(Streams, hardening_01_an_announced_length_is_not_believed) {
    std::size_t before = memory_kb();
    std::vector<std::unique_ptr<Stream>> streams;
    std::vector<std::unique_ptr<Packets>> receivers;
    std::vector<int> peers;
    for (int i = 0; i < 200; i++) {
        int fds[2];
        ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds), 0);
        peers.push_back(fds[0]);
        streams.push_back(std::make_unique<Stream>(loop_, fds[1], Endpoint()));
        receivers.push_back(std::make_unique<Packets>(*streams.back(), scratch_));
        ASSERT_TRUE(streams.back()->watch(receivers.back().get()));
        std::uint32_t announced = 256u << 20;
        for (int piece = 0; piece < 3; piece++) {
            std::string bytes(100, 'x');
            if (piece == 0) std::memcpy(bytes.data(), &announced, 4);
            ASSERT_EQ(send(fds[0], bytes.data(), bytes.size(), MSG_NOSIGNAL), 100);
            turn();
        }
        EXPECT_EQ(streams.back()->unread().size(), 300u);
    }
    EXPECT_LT(memory_kb() - before, 64u * 1024);
    for (int peer : peers) close(peer);
}

TEST_F(Streams, WritesWhatTheSocketTakesAndGoesOnWhenThereIsRoom) {
    int small = 4096;
    setsockopt(stream_->fd(), SOL_SOCKET, SO_SNDBUF, &small, sizeof small);
    std::string all;
    BodyRef body = BodyRef::adopt(Body::make(100'000));
    for (std::size_t i = 0; i < body->size(); i++)
        body->data()[i] = static_cast<std::uint8_t>(i * 7);
    for (int i = 0; i < 20; i++) {
        std::string head = "head" + std::to_string(i);
        packets_->outbox.append(as_bytes(head));
        packets_->outbox.append_shared(body.get(), body->view());
        all += head;
        all += as_text(body->view());
    }
    EXPECT_EQ(stream_->flush(packets_->outbox), Stream::Outcome::Open);
    EXPECT_TRUE(stream_->is_blocked());
    std::string heard;
    for (int i = 0; i < 100'000 && heard.size() < all.size(); i++) {
        heard += hear();
        turn();
    }
    EXPECT_TRUE(heard == all);
    EXPECT_FALSE(stream_->is_blocked());
    EXPECT_TRUE(body->is_unique());
    int turns = packets_->turns;
    for (int i = 0; i < 20; i++) turn();
    EXPECT_EQ(packets_->turns, turns) << "it asks for room though nothing waits";
}

TEST_F(Streams, TellsClosedFromFailed) {
    say(packet_of("last"));
    close(std::exchange(peer_, -1));
    turn();
    EXPECT_EQ(packets_->outcome, Stream::Outcome::Closed);
    packets_->outbox.append(as_bytes("x"));
    EXPECT_EQ(stream_->flush(packets_->outbox), Stream::Outcome::Failed);
    EXPECT_EQ(stream_->failure(), "Broken pipe");
}

TEST_F(Streams, ItsSocketCanMoveToAnotherLoopWithWhatWasRead) {
    say(packet_of("whole") + packet_of("in part").substr(0, 6));
    std::string unread(as_text(stream_->unread()));
    EXPECT_EQ(unread.size(), 6u);
    int fd = stream_->release();
    EXPECT_FALSE(stream_->is_open());
    Loop other;
    ASSERT_TRUE(other.open().ok());
    Stream moved(other, fd, Endpoint());
    Packets receiver(moved, scratch_);
    ASSERT_TRUE(moved.watch(&receiver));
    moved.give_unread(as_bytes(unread));
    moved.resume(receiver);
    EXPECT_TRUE(receiver.packets.empty());
    std::string rest = packet_of("in part").substr(6);
    ASSERT_GT(send(peer_, rest.data(), rest.size(), 0), 0);
    for (epoll_event& event : other.wait(Milliseconds(100)))
        static_cast<Watched*>(event.data.ptr)->on_ready(event.events);
    EXPECT_EQ(receiver.packets, std::vector<std::string>{"in part"});
}

}  // namespace
}  // namespace martlet::net
