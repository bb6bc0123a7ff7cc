// The machine on a real socket, against a server that the test plays itself in the same thread.

#include "client/client.h"

#include <gtest/gtest.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <thread>
#include <unistd.h>

namespace martlet::client {
namespace {

constexpr Milliseconds kPatience{5000};

class Server {
  public:
    Server() {
        listener_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        sockaddr_in name{};
        name.sin_family = AF_INET;
        name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof name;
        EXPECT_EQ(bind(listener_, reinterpret_cast<sockaddr*>(&name), size), 0);
        EXPECT_EQ(listen(listener_, 4), 0);
        getsockname(listener_, reinterpret_cast<sockaddr*>(&name), &size);
        address.host = "127.0.0.1";
        address.port = ntohs(name.sin_port);
    }
    ~Server() {
        if (fd_ >= 0) close(fd_);
        close(listener_);
    }
    void answer() { fd_ = accept(listener_, nullptr, nullptr); }
    void say(std::string_view bytes) {
        ASSERT_EQ(send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL),
                  static_cast<ssize_t>(bytes.size()));
    }
    // Reads so many bytes.
    std::string hear(std::size_t size) {
        std::string bytes(size, '\0');
        ssize_t got = recv(fd_, bytes.data(), size, MSG_WAITALL);
        bytes.resize(static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
        return bytes;
    }
    void hang_up() { close(std::exchange(fd_, -1)); }
    std::size_t hear_some() {
        char block[65536];
        pollfd waiting{fd_, POLLIN, 0};
        if (poll(&waiting, 1, 0) <= 0) return 0;
        return static_cast<std::size_t>(std::max<ssize_t>(recv(fd_, block, sizeof block, 0), 0));
    }

    Address address;

  private:
    int listener_ = -1;
    int fd_ = -1;
};

struct Last : Listener {
    void on_closed(const End& told) override {
        end = told;
        closed++;
    }
    void on_message(const mqtt::Publish& packet) override { bytes += packet.payload.size(); }
    End end;
    int closed = 0;
    std::size_t bytes = 0;
};

constexpr std::string_view kConnack("\x20\x02\x00\x00", 4);

TEST(Client, ConnectsTalksAndLeaves) {
    Server server;
    Last last;
    Client client({}, last);
    ASSERT_TRUE(client.connect(server.address));
    server.answer();
    EXPECT_EQ(server.hear(14).substr(0, 8), std::string("\x10\x0c\0\4MQTT", 8));
    server.say(kConnack);
    while (!client.protocol().is_connected()) ASSERT_TRUE(client.turn(kPatience).is_open);
    mqtt::Publish packet;
    packet.topic = "a";
    EXPECT_EQ(client.protocol().publish(packet), PublishOutcome::Accepted);
    client.protocol().disconnect(mqtt::ReasonCode::Success, {});
    EXPECT_FALSE(client.turn(kPatience).is_open);
    EXPECT_EQ(server.hear(7), std::string("\x30\x03\0\1a\xe0\0", 7));
    EXPECT_EQ(last.closed, 1);
    EXPECT_EQ(last.end.kind, EndKind::Finished);
}

TEST(Client, SaysWhyItCannotConnect) {
    Last last;
    Client client({}, last);
    Server gone;
    Address address = gone.address;
    Address nowhere;
    nowhere.unix_path = "/nowhere/socket";
    auto failed = client.connect(nowhere);
    ASSERT_FALSE(failed);
    EXPECT_EQ(failed.error().text, "No such file or directory");
    EXPECT_EQ(failed.error().code, kSystemError);
    nowhere.unix_path = std::string(200, 'x');
    EXPECT_FALSE(client.connect(nowhere));
    address.bind_address = "198.51.100.7";  // of nobody
    auto unbound = client.connect(address);
    ASSERT_FALSE(unbound);
    EXPECT_EQ(unbound.error().text, "Cannot assign requested address");
    EXPECT_FALSE(client.is_open());
    EXPECT_EQ(last.closed, 0);
}

TEST(Client, UnixSocket) {
    std::string path = "/tmp/martlet-client-test-" + std::to_string(getpid());
    int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_un name{};
    name.sun_family = AF_UNIX;
    path.copy(name.sun_path, sizeof name.sun_path - 1);
    ASSERT_EQ(bind(listener, reinterpret_cast<sockaddr*>(&name), sizeof name), 0);
    ASSERT_EQ(listen(listener, 1), 0);
    Last last;
    Client client({}, last);
    Address address;
    address.unix_path = path;
    EXPECT_TRUE(client.connect(address));
    close(listener);
    unlink(path.c_str());
}

TEST(Client, LostStreamIsTold) {
    Server server;
    Last last;
    Client client({}, last);
    ASSERT_TRUE(client.connect(server.address));
    server.answer();
    server.hang_up();
    while (client.turn(kPatience).is_open) {
    }
    EXPECT_EQ(last.end.kind, EndKind::StreamLost);
    EXPECT_EQ(last.closed, 1);
    EXPECT_FALSE(client.turn(kPatience).is_open);
    EXPECT_EQ(last.closed, 1);
}

// More than the socket takes at once, both ways.
TEST(Client, LargeMessagesGoThrough) {
    Server server;
    Last last;
    Client client({}, last);
    ASSERT_TRUE(client.connect(server.address));
    server.answer();
    server.hear(14);
    server.say(kConnack);
    while (!client.protocol().is_connected()) ASSERT_TRUE(client.turn(kPatience).is_open);
    constexpr std::size_t kSize = 20'000'000;
    std::string payload(kSize, 'x');
    mqtt::Publish packet;
    packet.topic = "a";
    packet.payload = as_bytes(payload);
    ASSERT_EQ(client.protocol().publish(packet), PublishOutcome::Accepted);
    std::size_t heard = 0;
    while (heard < kSize + 8) {
        ASSERT_TRUE(client.turn(Milliseconds{0}).is_open);
        heard += server.hear_some();
    }
    std::string frame("\x30\x83\x80\x10\0\1a", 7);  // 262,147 bytes
    frame.resize(4 + 262147, 'y');
    for (int i = 0; i < 4; i++) {
        std::thread speaker([&] { server.say(frame); });
        while (last.bytes < 262144u * (static_cast<unsigned>(i) + 1)) {
            if (!client.turn(kPatience).is_open) break;
        }
        speaker.join();
    }
    EXPECT_EQ(last.bytes, 4u * 262144);
}

}  // namespace
}  // namespace martlet::client
