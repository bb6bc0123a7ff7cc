#include "client/dial.h"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <memory>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

namespace martlet::client {

namespace {

using AddressList = std::unique_ptr<addrinfo, decltype(&freeaddrinfo)>;

Error system_error(int number) {
    return {std::strerror(number), kSystemError};
}

Result<AddressList> look_up(const std::string& host, const char* port, int family) {
    addrinfo hints{};
    hints.ai_family = family;
    hints.ai_socktype = SOCK_STREAM;
    addrinfo* list = nullptr;
    int code = getaddrinfo(host.c_str(), port, &hints, &list);
    // A bare machine has no /etc/hosts; no name means the loopback addresses.
    if (code != 0 && host == "localhost" && port != nullptr) {
        code = getaddrinfo(nullptr, port, &hints, &list);
    }
    if (code != 0 || list == nullptr) return Error{"Lookup error.", kLookupError};
    return AddressList(list, &freeaddrinfo);
}

// 0 or the error's number.
int connect_in_time(int fd, const sockaddr* name, socklen_t size, Milliseconds timeout) {
    if (connect(fd, name, size) == 0) return 0;
    if (errno != EINPROGRESS && errno != EAGAIN) return errno;
    pollfd waiting{fd, POLLOUT, 0};
    int ready = poll(&waiting, 1, static_cast<int>(timeout.count()));
    if (ready == 0) return ETIMEDOUT;
    if (ready < 0) return errno;
    int number = 0;
    socklen_t length = sizeof number;
    getsockopt(fd, SOL_SOCKET, SO_ERROR, &number, &length);
    return number;
}

int open_socket(int family) {
    return socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
}

Result<int> dial_unix(const std::string& path, Milliseconds timeout) {
    sockaddr_un name{};
    name.sun_family = AF_UNIX;
    if (path.size() >= sizeof name.sun_path) return system_error(ENAMETOOLONG);
    std::memcpy(name.sun_path, path.data(), path.size());
    int fd = open_socket(AF_UNIX);
    if (fd < 0) return system_error(errno);
    int failed = connect_in_time(fd, reinterpret_cast<sockaddr*>(&name), sizeof name, timeout);
    if (failed == 0) return fd;
    close(fd);
    return system_error(failed);
}

int bind_to(int fd, const addrinfo* from) {
    for (; from != nullptr; from = from->ai_next) {
        if (bind(fd, from->ai_addr, from->ai_addrlen) == 0) return 0;
    }
    return errno;
}

}  // namespace

Result<int> dial(const Address& address, Milliseconds timeout) {
    if (!address.unix_path.empty()) return dial_unix(address.unix_path, timeout);
    auto to = look_up(address.host, std::to_string(address.port).c_str(), AF_UNSPEC);
    if (!to) return to.error();
    int failed = ECONNREFUSED;
    for (const addrinfo* one = to.value().get(); one != nullptr; one = one->ai_next) {
        int fd = open_socket(one->ai_family);
        if (fd < 0) return system_error(errno);
        failed = 0;
        if (!address.bind_address.empty()) {
            auto from = look_up(address.bind_address, nullptr, one->ai_family);
            if (!from) return close(fd), from.error();
            failed = bind_to(fd, from.value().get());
        }
        if (failed == 0) failed = connect_in_time(fd, one->ai_addr, one->ai_addrlen, timeout);
        if (failed == 0) {
            int on = address.no_delay ? 1 : 0;
            setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
            return fd;
        }
        close(fd);
    }
    return system_error(failed);
}

}  // namespace martlet::client
