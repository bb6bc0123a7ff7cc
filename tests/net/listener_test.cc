#include "net/listener.h"

#include "tests/auth/temporary_folder.h"

#include <gtest/gtest.h>

#include <arpa/inet.h>
#include <cstring>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

namespace martlet::net {
namespace {

ListenOptions on_loopback(std::uint16_t port) {
    ListenOptions options;
    options.address = "127.0.0.1";
    options.port = port;
    return options;
}

std::uint16_t port_of(int socket) {
    sockaddr_storage address{};
    socklen_t size = sizeof address;
    EXPECT_EQ(getsockname(socket, reinterpret_cast<sockaddr*>(&address), &size), 0);
    return Endpoint::of(address).port;
}

int connect_to(std::uint16_t port) {
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    inet_pton(AF_INET, "127.0.0.1", &address.sin_addr);
    EXPECT_EQ(connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    return fd;
}

TEST(Listener, AcceptsAndTellsThePeer) {
    auto listener = Listener::open(on_loopback(0));
    ASSERT_TRUE(listener.ok()) << listener.error().text;
    int socket = listener.value().sockets().at(0);
    Endpoint peer;
    EXPECT_EQ(Listener::accept(socket, peer), -1);
    EXPECT_EQ(errno, EAGAIN);
    int client = connect_to(port_of(socket));
    int accepted = Listener::accept(socket, peer);
    ASSERT_GE(accepted, 0);
    EXPECT_EQ(peer.text(), "127.0.0.1:" + std::to_string(port_of(client)));
    close(accepted);
    close(client);
}

TEST(Listener, APortInUseSaysWhereAndWhatToDo) {
    auto first = Listener::open(on_loopback(0));
    ASSERT_TRUE(first.ok());
    std::uint16_t port = port_of(first.value().sockets().at(0));
    auto second = Listener::open(on_loopback(port));
    ASSERT_FALSE(second.ok());
    const std::string& text = second.error().text;
    EXPECT_NE(text.find("127.0.0.1:" + std::to_string(port)), std::string::npos) << text;
    EXPECT_NE(text.find("Address already in use"), std::string::npos) << text;
    EXPECT_NE(text.find("-p"), std::string::npos) << text;
    EXPECT_EQ(second.error().code, 1);
}

TEST(Listener, AnAddressThatIsNotThereIsNamed) {
    ListenOptions options = on_loopback(0);
    options.address = "no.such.host.invalid";
    auto listener = Listener::open(options);
    ASSERT_FALSE(listener.ok());
    EXPECT_NE(listener.error().text.find("no.such.host.invalid"), std::string::npos)
        << listener.error().text;
    options.address = "127.0.0.1";
    options.interface = "nosuch0";
    EXPECT_FALSE(Listener::open(options).ok());
}

TEST(Listener, LocalhostMeansBothLoopbackAddresses) {
    ListenOptions options;
    options.address = "localhost";
    options.port = 0;
    auto listener = Listener::open(options);
    ASSERT_TRUE(listener.ok()) << listener.error().text;
    EXPECT_GE(listener.value().sockets().size(), 1u);
    options.domain = SocketDomain::Ipv4;
    auto v4 = Listener::open(options);
    ASSERT_TRUE(v4.ok());
    for (int socket : v4.value().sockets()) {
        sockaddr_storage address{};
        socklen_t size = sizeof address;
        getsockname(socket, reinterpret_cast<sockaddr*>(&address), &size);
        EXPECT_EQ(address.ss_family, AF_INET);
    }
}

class UnixListener : public testing::Test {
  protected:
    ListenOptions options() const {
        ListenOptions options;
        options.port = 0;
        options.unix_path = folder_.path("socket");
        return options;
    }
    bool exists() const {
        struct stat info {};
        return stat(options().unix_path.c_str(), &info) == 0;
    }
    TemporaryFolder folder_;
};

TEST_F(UnixListener, LeavesNothingBehind) {
    {
        auto listener = Listener::open(options());
        ASSERT_TRUE(listener.ok());
        EXPECT_TRUE(exists());
    }
    EXPECT_FALSE(exists());
}

TEST_F(UnixListener, ReplacesADeadSocketAndLeavesALivingOneAlone) {
    int dead = socket(AF_UNIX, SOCK_STREAM, 0);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strcpy(address.sun_path, options().unix_path.c_str());
    ASSERT_EQ(bind(dead, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    close(dead);
    auto first = Listener::open(options());
    ASSERT_TRUE(first.ok()) << first.error().text;
    auto second = Listener::open(options());
    ASSERT_FALSE(second.ok());
    EXPECT_NE(second.error().text.find("in use"), std::string::npos) << second.error().text;
    EXPECT_TRUE(exists());
}

TEST_F(UnixListener, DoesNotRemoveAFileThatIsNoSocket) {
    folder_.write("socket", "precious");
    auto listener = Listener::open(options());
    ASSERT_FALSE(listener.ok());
    EXPECT_EQ(TemporaryFolder::read(options().unix_path), "precious");
}

TEST_F(UnixListener, APathThatIsTooLongIsAnError) {
    ListenOptions o = options();
    o.unix_path += std::string(200, 'x');
    EXPECT_FALSE(Listener::open(o).ok());
}

TEST(Endpoint, TextOfEachFamily) {
    sockaddr_storage storage{};
    auto& v6 = reinterpret_cast<sockaddr_in6&>(storage);
    v6.sin6_family = AF_INET6;
    v6.sin6_port = htons(1883);
    inet_pton(AF_INET6, "2001:db8::1", &v6.sin6_addr);
    EXPECT_EQ(Endpoint::of(storage).text(), "2001:db8::1:1883");
    inet_pton(AF_INET6, "::ffff:10.0.0.1", &v6.sin6_addr);
    EXPECT_EQ(Endpoint::of(storage).text(), "10.0.0.1:1883");
    EXPECT_EQ(Endpoint().text(), "unix-socket");
}

}  // namespace
}  // namespace martlet::net
