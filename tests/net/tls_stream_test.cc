// Streams with TLS over a socket pair, with OpenSSL's own client at the other end.

#include "tests/net/packets.h"
#include "tests/net/websocket_model.h"

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <fcntl.h>
#include <memory>
#include <random>
#include <signal.h>
#include <string>
#include <sys/socket.h>
#include <unistd.h>
#include <vector>

namespace martlet::net {
namespace {

std::string folder_of_certificates() {
    static const std::string folder = [] {
        std::string path = testing::TempDir() + "martlet-tls-" + std::to_string(getpid());
        std::string command =
            "mkdir -p " + path + " && cd " + path +
            " && for n in a b; do openssl req -x509 -newkey ec -pkeyopt "
            "ec_paramgen_curve:P-256 -nodes -days 40 -subj /CN=$n -keyout $n.key -out $n.crt "
            "2>/dev/null || exit 1; done"
            " && openssl pkey -in a.key -aes256 -passout pass:secret -out locked.key"
            " && openssl req -x509 -key a.key -days 20 -subj /CN=soon -out soon.crt"
            " && echo hello > text && echo 'one:00ff' > psk";
        CHECK(std::system(command.c_str()) == 0);
        return path + "/";
    }();
    return folder;
}

TlsOptions server_options() {
    TlsOptions options;
    options.certfile = folder_of_certificates() + "a.crt";
    options.keyfile = folder_of_certificates() + "a.key";
    return options;
}

std::shared_ptr<const TlsContext> context_of(const TlsOptions& options) {
    auto made = TlsContext::make(options);
    CHECK(made.ok());
    return std::move(made).value();
}

// OpenSSL's client, on a socket that does not block.
class Client {
  public:
    explicit Client(int fd, int version = 0) : fd_(fd) {
        context_ = SSL_CTX_new(TLS_client_method());
        if (version != 0) SSL_CTX_set_max_proto_version(context_, version);
        SSL_CTX_set_mode(context_,
                         SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
        SSL_CTX_set_msg_callback(context_, on_message);
        SSL_CTX_set_msg_callback_arg(context_, this);
        ssl = SSL_new(context_);
        SSL_set_fd(ssl, fd);
        SSL_set_connect_state(ssl);
    }
    ~Client() {
        SSL_free(ssl);
        SSL_CTX_free(context_);
        if (fd_ >= 0) close(fd_);
    }
    std::size_t write(const std::string& bytes) {
        ERR_clear_error();
        int sent = bytes.empty() ? SSL_do_handshake(ssl)
                                 : SSL_write(ssl, bytes.data(), static_cast<int>(bytes.size()));
        return sent > 0 ? static_cast<std::size_t>(sent) : 0;
    }
    std::string read() {
        ERR_clear_error();
        std::string all, some(20'000, 0);
        for (int got; (got = SSL_read(ssl, some.data(), static_cast<int>(some.size()))) > 0;)
            all.append(some.data(), static_cast<std::size_t>(got));
        return all;
    }

    SSL* ssl = nullptr;
    int records = 0;  // received with application data

  private:
    static void on_message(int is_sent, int, int type, const void* bytes, std::size_t, SSL*,
                           void* client) {
        bool is_data = type == SSL3_RT_HEADER &&
                       static_cast<const unsigned char*>(bytes)[0] == SSL3_RT_APPLICATION_DATA;
        if (is_sent == 0 && is_data) static_cast<Client*>(client)->records++;
    }
    SSL_CTX* context_ = nullptr;
    int fd_;
};

class TlsStreams : public testing::Test {
  protected:
    TlsStreams() {
        signal(SIGPIPE, SIG_IGN);
        CHECK(loop_.open().ok());
        CHECK(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds_) == 0);
    }
    ~TlsStreams() override {
        if (!client_) close(fds_[0]);
    }
    void open(const TlsOptions& options = server_options(), int version = 0) {
        serve(TlsSession::accept(context_of(options), fds_[1]));
        client_ = std::make_unique<Client>(fds_[0], version);
    }
    void serve(std::unique_ptr<TlsSession> tls) {
        stream_ = std::make_unique<Stream>(loop_, fds_[1], Endpoint(), std::move(tls));
        packets_ = std::make_unique<Packets>(*stream_, scratch_);
        CHECK(stream_->watch(packets_.get()));
    }
    void turn() {
        for (epoll_event& event : loop_.wait(Milliseconds(0)))
            static_cast<Watched*>(event.data.ptr)->on_ready(event.events);
    }
    void shake_hands() {
        for (int i = 0; i < 10 && SSL_is_init_finished(client_->ssl) == 0; i++) {
            client_->write("");
            turn();
        }
        turn();
        EXPECT_TRUE(stream_->tls()->is_established()) << stream_->failure();
        client_->read();  // the tickets
        client_->records = 0;
    }
    void say(const std::string& bytes) {
        for (std::size_t at = 0; at < bytes.size();) {
            at += client_->write(bytes.substr(at, 100'000));
            turn();
        }
        turn();
    }
    // Everything that the stream has to say.
    std::string hear_all(std::size_t size) {
        std::string heard;
        for (int i = 0; i < 10'000 && heard.size() < size; i++) {
            heard += client_->read();
            turn();
        }
        return heard;
    }

    Loop loop_;
    Scratch scratch_;
    int fds_[2];
    std::unique_ptr<Stream> stream_;
    std::unique_ptr<Packets> packets_;
    std::unique_ptr<Client> client_;
};

TEST_F(TlsStreams, BothVersionsCarryPackets) {
    for (int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
        open(server_options(), version);
        shake_hands();
        say(packet_of("one") + packet_of("") + packet_of("three"));
        EXPECT_EQ(packets_->packets, (std::vector<std::string>{"one", "", "three"}));
        EXPECT_EQ(SSL_version(client_->ssl), version);
        client_.reset();
        CHECK(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds_) == 0);
    }
    close(fds_[1]);
}

TEST_F(TlsStreams, OneByteInEachRecord) {
    open();
    shake_hands();
    for (char c : packet_of("one") + packet_of("two")) say(std::string(1, c));
    EXPECT_EQ(packets_->packets, (std::vector<std::string>{"one", "two"}));
}

// WebSocket inside TLS: the limits of frames and of records do not get in each other's way.
TEST_F(TlsStreams, FramesInRecords) {
    auto tls = TlsSession::accept(context_of(server_options()), fds_[1]);
    stream_ = std::make_unique<Stream>(loop_, fds_[1], Endpoint(), std::move(tls),
                                       std::make_unique<Websocket>());
    packets_ = std::make_unique<Packets>(*stream_, scratch_);
    CHECK(stream_->watch(packets_.get()));
    client_ = std::make_unique<Client>(fds_[0]);
    shake_hands();
    say(frame(packet_of("one")) + frame(9, "ping") + frame(packet_of(std::string(100'000, 'x'))));
    ASSERT_EQ(packets_->packets.size(), 2u);
    std::string all, expected = "\x8a\x04ping";
    for (int i = 0; i < 400; i++) all += std::string(1000, static_cast<char>('a' + i % 26));
    for (std::size_t at = 0; at < all.size(); at += 1000)
        packets_->outbox.append(as_bytes(all.substr(at, 1000)));
    for (std::size_t at = 0; at < all.size(); at += Websocket::kFrameMax) {
        std::string part = all.substr(at, Websocket::kFrameMax);
        std::array<std::uint8_t, kWebsocketHeadMax> head;
        std::uint8_t* end = write_websocket_head(part.size(), head.data());
        expected += std::string(head.data(), end) + part;
    }
    stream_->flush(packets_->outbox);
    stream_->end_websocket(packets_->outbox, close_code::kGoingAway);
    expected += "\x88\x02\x03\xe9";
    EXPECT_TRUE(hear_all(expected.size()) == expected);
}

TEST_F(TlsStreams, RandomPacketsHeldAndResumed) {
    open();
    shake_hands();
    std::mt19937_64 random(1);
    for (int round = 0; round < 10; round++) {
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
            std::string part = bytes.substr(at, size);
            for (std::size_t sent = 0; sent < part.size();) {
                sent += client_->write(part.substr(sent));
                turn();
                if (packets_->is_held()) packets_->release();
            }
            at += size;
            if (random() % 5 == 0) packets_->hold_after = packets_->packets.size() + 1;
        }
        packets_->release();
        for (int i = 0; i < 100; i++) turn();
        ASSERT_EQ(packets_->packets, expected);
    }
    EXPECT_GT(packets_->frames, 0u);
}

// Nothing stays inside OpenSSL, where epoll does not see it.
TEST_F(TlsStreams, HeldAndResumedWithoutNewBytes) {
    open();
    shake_hands();
    packets_->hold_after = 1;
    std::string all;
    for (int i = 0; i < 40; i++) all += packet_of(std::string(10'000, 'x'));
    std::size_t sent = 0;
    for (int i = 0; i < 200 && sent < all.size(); i++) {
        sent += client_->write(all.substr(sent));
        turn();
    }
    EXPECT_EQ(packets_->packets.size(), 1u);
    int turns = packets_->turns;
    for (int i = 0; i < 20; i++) turn();
    EXPECT_LE(packets_->turns - turns, 1) << "it spins while it is held";
    packets_->release();
    for (int i = 0; i < 100; i++) {
        if (sent < all.size()) sent += client_->write(all.substr(sent));
        turn();
    }
    EXPECT_EQ(packets_->packets.size(), 40u);
}

TEST_F(TlsStreams, SmallPiecesLeaveInOneRecord) {
    open();
    shake_hands();
    BodyRef body = BodyRef::adopt(Body::make(200));
    std::memset(body->data(), 'b', 200);
    std::string expected;
    for (int i = 0; i < 30; i++) {
        packets_->outbox.append(as_bytes("head"));
        packets_->outbox.append_shared(body.get(), {body->data(), 200});
        expected += "head" + std::string(200, 'b');
    }
    EXPECT_EQ(stream_->flush(packets_->outbox), Stream::Outcome::Open);
    EXPECT_TRUE(packets_->outbox.empty());
    EXPECT_EQ(client_->read(), expected);
    EXPECT_EQ(client_->records, 1);
}

TEST_F(TlsStreams, WhatIsBegunStaysWhenTheRestIsDropped) {
    open();
    shake_hands();
    std::vector<std::string> packets;
    for (int i = 0; i < 4000; i++)
        packets.push_back(packet_of(std::string(300, static_cast<char>('a' + i % 26))));
    for (const std::string& packet : packets) packets_->outbox.append(as_bytes(packet));
    EXPECT_EQ(stream_->flush(packets_->outbox), Stream::Outcome::Open);
    EXPECT_TRUE(stream_->is_blocked());
    EXPECT_GT(stream_->begun_bytes(), 0u);
    std::size_t before = packets_->outbox.size();
    packets_->outbox.drop_unbegun(stream_->begun_bytes());
    std::size_t dropped = before - packets_->outbox.size();
    EXPECT_GT(dropped, 0u);
    EXPECT_GE(packets_->outbox.size(), stream_->begun_bytes());
    packets_->outbox.append(as_bytes(packet_of("last")));
    std::string all;
    for (const std::string& packet : packets) all += packet;
    std::string expected = all.substr(0, all.size() - dropped) + packet_of("last");
    EXPECT_EQ(hear_all(expected.size()), expected);
    EXPECT_EQ((expected.size() - packet_of("last").size()) % 304, 0u) << "half a packet";
    EXPECT_FALSE(stream_->is_blocked());
    EXPECT_EQ(stream_->begun_bytes(), 0u);
}

TEST_F(TlsStreams, TheEndIsToldAfterTheLastBytes) {
    open();
    shake_hands();
    client_->write(packet_of("last"));
    SSL_shutdown(client_->ssl);
    turn();
    EXPECT_EQ(packets_->packets, (std::vector<std::string>{"last"}));
    turn();
    EXPECT_EQ(packets_->outcome, Stream::Outcome::Closed);
}

TEST_F(TlsStreams, TheEndWaitsWhileItIsHeld) {
    open();
    shake_hands();
    packets_->hold_after = 1;
    client_->write(packet_of("one") + packet_of("two"));
    SSL_shutdown(client_->ssl);
    for (int i = 0; i < 5; i++) turn();
    EXPECT_EQ(packets_->outcome, Stream::Outcome::Open);
    packets_->release();
    for (int i = 0; i < 5; i++) turn();
    EXPECT_EQ(packets_->packets.size(), 2u);
    EXPECT_EQ(packets_->outcome, Stream::Outcome::Closed);
}

TEST_F(TlsStreams, AClosingStreamSaysSo) {
    open();
    shake_hands();
    stream_->end_tls();
    EXPECT_EQ(client_->read(), "");
    EXPECT_EQ(SSL_get_shutdown(client_->ssl) & SSL_RECEIVED_SHUTDOWN, SSL_RECEIVED_SHUTDOWN);
}

TEST_F(TlsStreams, TheSocketMovesToAnotherLoopWithItsTls) {
    open();
    shake_hands();
    // The second half of a record comes after the move.
    int between[2];
    CHECK(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, between) == 0);
    SSL_set_fd(client_->ssl, between[0]);
    client_->write(packet_of("moved"));
    char record[200];
    ssize_t size = recv(between[1], record, sizeof record, 0);
    ASSERT_GT(size, 10);
    ASSERT_EQ(send(fds_[0], record, 10, 0), 10);
    turn();
    EXPECT_TRUE(packets_->packets.empty());
    int fd = stream_->release();
    EXPECT_EQ(fd, fds_[1]);
    serve(stream_->release_tls());
    ASSERT_EQ(send(fds_[0], record + 10, static_cast<std::size_t>(size) - 10, 0), size - 10);
    turn();
    EXPECT_EQ(packets_->packets, (std::vector<std::string>{"moved"}));
    close(between[0]);
    close(between[1]);
}

TEST_F(TlsStreams, GarbageEndsTheHandshakeWithOpensslsReason) {
    serve(TlsSession::accept(context_of(server_options()), fds_[1]));
    std::string garbage("\x10\x10\0\4MQTT\4\2\0\x3c\0\4test", 18);
    ASSERT_EQ(send(fds_[0], garbage.data(), garbage.size(), 0), 18);
    turn();
    EXPECT_EQ(packets_->outcome, Stream::Outcome::Failed);
    EXPECT_EQ(stream_->failure(), "TLS handshake failed: wrong version number");
    EXPECT_TRUE(stream_->is_in_handshake());
}

TEST_F(TlsStreams, GarbageAfterTheHandshake) {
    open();
    shake_hands();
    std::string garbage(100, '\x17');
    ASSERT_EQ(send(fds_[0], garbage.data(), garbage.size(), 0), 100);
    turn();
    EXPECT_EQ(packets_->outcome, Stream::Outcome::Failed);
    EXPECT_EQ(stream_->failure(), "TLS error: wrong version number");
}

std::string error_of(const TlsOptions& options) {
    auto made = TlsContext::make(options);
    std::string text = made ? "none" : made.error().text;
    std::string folder = folder_of_certificates();
    for (std::size_t at; (at = text.find(folder)) != std::string::npos;)
        text.erase(at, folder.size());
    return text;
}

TEST(TlsContexts, ErrorsNameTheFileAndTheReason) {
    std::string folder = folder_of_certificates();
    auto with = [&](std::string TlsOptions::*member, const std::string& file) {
        TlsOptions options = server_options();
        options.*member = folder + file;
        return error_of(options);
    };
    EXPECT_EQ(with(&TlsOptions::certfile, "none"),
              "Error: certfile none: No such file or directory.");
    EXPECT_EQ(with(&TlsOptions::certfile, "text"), "Error: certfile text: no start line.");
    EXPECT_EQ(with(&TlsOptions::keyfile, "none"),
              "Error: keyfile none: No such file or directory.");
    EXPECT_EQ(with(&TlsOptions::keyfile, "b.key"),
              "Error: keyfile b.key: it is not the key of the certificate in a.crt.");
    EXPECT_EQ(with(&TlsOptions::cafile, "none"), "Error: cafile none: No such file or directory.");
    EXPECT_EQ(with(&TlsOptions::capath, "none"), "Error: capath none: No such file or directory.");
    EXPECT_EQ(with(&TlsOptions::crlfile, "none"),
              "Error: crlfile none: No such file or directory.");
    EXPECT_TRUE(with(&TlsOptions::keyfile, "text").starts_with("Error: keyfile text: "));
    EXPECT_TRUE(with(&TlsOptions::cafile, "text").starts_with("Error: cafile text: "));
    EXPECT_TRUE(with(&TlsOptions::crlfile, "text").starts_with("Error: crlfile text: "));
    TlsOptions options = server_options();
    options.version = "tlsv9";
    EXPECT_EQ(error_of(options), "Error: tls_version tlsv9: expected tlsv1.2 or tlsv1.3.");
    options = server_options();
    options.ciphers = "none-such";
    EXPECT_EQ(error_of(options), "Error: ciphers none-such: no cipher match.");
    options = server_options();
    options.ciphers_tls13 = "none-such";
    EXPECT_NE(error_of(options), "none");
}

TEST(TlsContexts, CertificatesEnd) {
    TlsOptions options = server_options();
    auto later = context_of(options);
    std::int64_t now_s = std::time(nullptr);
    EXPECT_TRUE(later->warnings(now_s).empty());
    std::int64_t day_s = 24 * 3600;
    ASSERT_EQ(later->warnings(now_s + 20 * day_s).size(), 1u);
    EXPECT_NE(later->warnings(now_s + 41 * day_s)[0].find("has expired on"), std::string::npos);
    EXPECT_NE(later->warnings(now_s - day_s)[0].find("is valid from"), std::string::npos);
    options.certfile = folder_of_certificates() + "soon.crt";
    auto soon = context_of(options);
    ASSERT_EQ(soon->warnings(now_s).size(), 1u);
    EXPECT_NE(soon->warnings(now_s)[0].find("soon.crt ends on "), std::string::npos);
    EXPECT_NE(soon->certificate_text().find("soon.crt ends on "), std::string::npos);
}

TEST(TlsTicketsTest, KeysAreRenewedAndTheLastOneStillOpens) {
    TlsTickets tickets;
    TlsTickets::Key first, same, second, found;
    bool is_old = false;
    ASSERT_TRUE(tickets.key_to_issue(1000, first));
    ASSERT_TRUE(tickets.key_to_issue(1000 + TlsTickets::kRenewedAfter - 1, same));
    EXPECT_EQ(first.name, same.name);
    ASSERT_TRUE(tickets.key_to_issue(1000 + TlsTickets::kRenewedAfter, second));
    EXPECT_NE(first.name, second.name);
    std::int64_t now_s = 1001 + TlsTickets::kRenewedAfter;
    ASSERT_TRUE(tickets.find(first.name.data(), now_s, found, is_old));
    EXPECT_TRUE(is_old);
    EXPECT_EQ(found.cipher, first.cipher);
    ASSERT_TRUE(tickets.find(second.name.data(), now_s, found, is_old));
    EXPECT_FALSE(is_old);
    EXPECT_FALSE(
        tickets.find(first.name.data(), now_s + 2 * TlsTickets::kRenewedAfter, found, is_old));
}

TEST(PskFiles, LinesAndErrors) {
    auto good = PskFile::parse("# people\none:00fF\r\n\ntwo words:01\n", "p");
    ASSERT_TRUE(good.ok());
    EXPECT_EQ(good.value().size(), 2u);
    EXPECT_EQ(*good.value().find("one"), std::string("\0\xFF", 2));
    EXPECT_EQ(*good.value().find("two words"), "\1");
    EXPECT_EQ(good.value().find("three"), nullptr);
    auto error = [](const std::string& text) {
        auto read = PskFile::parse(text, "p");
        return read ? "none" : read.error().text;
    };
    EXPECT_EQ(error("a:00\nb"), "Error: psk_file p line 2: expected IDENTITY:KEY.");
    EXPECT_EQ(error(":00"), "Error: psk_file p line 1: expected IDENTITY:KEY.");
    std::string hex =
        "Error: psk_file p line 1: expected a key of hexadecimal digits, two for "
        "each byte, without 0x.";
    for (const char* wrong : {"a:", "a:0", "a:0x00", "a:zz", "a:00 00"})
        EXPECT_EQ(error(wrong), hex) << wrong;
    EXPECT_EQ(error("a:00\na:01"),
              "Error: psk_file p line 2: the identity stands in the file twice.");
    EXPECT_NE(error("a:" + std::string(1026, '0')), "none");
    EXPECT_NE(error(std::string(257, 'a') + ":00"), "none");
}

}  // namespace
}  // namespace martlet::net
