#include "net/listener.h"

#include "base/text.h"

#include <cstring>
#include <errno.h>
#include <fcntl.h>
#include <ifaddrs.h>
#include <memory>
#include <net/if.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

namespace martlet::net {

namespace {

constexpr int kBacklog = 4096;

std::string place(const ListenOptions& options) {
    if (!options.unix_path.empty()) return options.unix_path;
    return fmt::format("{}:{}", options.address.empty() ? "*" : options.address, options.port);
}

Error failed(const ListenOptions& options, const char* what, int error) {
    std::string hint;
    if (error == EADDRINUSE) {
        hint =
            " Another program listens there already, perhaps a broker that runs as a service: stop "
            "it, or choose another port (-p; of the pages --http-port).";
    } else if (error == EADDRNOTAVAIL) {
        hint =
            options.interface.empty()
                ? " This machine has no such address."
                : fmt::format(" The network interface \"{}\" (bind_interface) has no such address.",
                              options.interface);
    } else if (error == ENODEV && !options.interface.empty()) {
        hint = fmt::format(" There is no network interface \"{}\" (bind_interface).",
                           options.interface);
    } else if (error == EACCES) {
        hint = " Ports below 1024 need root or CAP_NET_BIND_SERVICE.";
    }
    return {fmt::format("Error: Unable to {} {}: {}.{}", what, place(options), std::strerror(error),
                        hint),
            1};
}

int family_of(SocketDomain domain) {
    return domain == SocketDomain::Ipv4   ? AF_INET
           : domain == SocketDomain::Ipv6 ? AF_INET6
                                          : AF_UNSPEC;
}

bool is_same_host(const sockaddr& a, const sockaddr& b) {
    if (a.sa_family == AF_INET)
        return reinterpret_cast<const sockaddr_in&>(a).sin_addr.s_addr ==
               reinterpret_cast<const sockaddr_in&>(b).sin_addr.s_addr;
    return IN6_ARE_ADDR_EQUAL(&reinterpret_cast<const sockaddr_in6&>(a).sin6_addr,
                              &reinterpret_cast<const sockaddr_in6&>(b).sin6_addr);
}

// Narrows `address` to the interface, as mosquitto does: the first address of its family that the
// interface has, or with an address in the configuration that one. False: it has none such. By the
// device alone, this machine would reach the port by its other addresses too.
bool narrow(sockaddr& address, const ListenOptions& options) {
    ifaddrs* list = nullptr;
    if (getifaddrs(&list) != 0) return false;
    std::unique_ptr<ifaddrs, decltype(&freeifaddrs)> owner(list, &freeifaddrs);
    for (const ifaddrs* one = list; one != nullptr; one = one->ifa_next) {
        if (one->ifa_addr == nullptr || one->ifa_addr->sa_family != address.sa_family) continue;
        if (options.interface != one->ifa_name) continue;
        if (!options.address.empty()) {
            if (is_same_host(*one->ifa_addr, address)) return true;
            continue;
        }
        if (address.sa_family == AF_INET) {
            auto& ipv4 = reinterpret_cast<sockaddr_in&>(address);
            ipv4.sin_addr = reinterpret_cast<const sockaddr_in*>(one->ifa_addr)->sin_addr;
        } else {
            auto& ipv6 = reinterpret_cast<sockaddr_in6&>(address);
            const auto& from = *reinterpret_cast<const sockaddr_in6*>(one->ifa_addr);
            ipv6.sin6_addr = from.sin6_addr;
            ipv6.sin6_scope_id = from.sin6_scope_id;
        }
        return true;
    }
    return false;
}

// -1 with errno.
int bind_one(const addrinfo& address, const ListenOptions& options) {
    int fd = socket(address.ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0) return -1;
    int one = 1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (address.ai_family == AF_INET6) setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &one, sizeof one);
    // Accepted sockets inherit it, which saves a call for each.
    if (options.tcp_nodelay) setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    bool ok = options.interface.empty() ||
              setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, options.interface.c_str(),
                         static_cast<socklen_t>(options.interface.size() + 1)) == 0;
    ok = ok && bind(fd, address.ai_addr, address.ai_addrlen) == 0 && listen(fd, kBacklog) == 0;
    if (ok) return fd;
    int error = errno;
    close(fd);
    errno = error;
    return -1;
}

}  // namespace

Result<Listener> Listener::open(const ListenOptions& options) {
    Listener listener(options);
    Status status = options.unix_path.empty() ? listener.open_tcp() : listener.open_unix();
    if (!status) return status.error();
    return listener;
}

Listener::Listener(Listener&& other) noexcept
    : options_(std::move(other.options_)), sockets_(std::move(other.sockets_)) {
    other.sockets_.clear();
}

Listener::~Listener() {
    for (int socket : sockets_) close(socket);
    if (!sockets_.empty() && !options_.unix_path.empty()) unlink(options_.unix_path.c_str());
}

void Listener::set_tcp_nodelay(bool is_on) const {
    if (!options_.unix_path.empty()) return;
    int value = is_on ? 1 : 0;
    for (int socket : sockets_) setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &value, sizeof value);
}

Status Listener::open_tcp() {
    addrinfo hints{};
    hints.ai_family = family_of(options_.domain);
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_flags = AI_PASSIVE;
    addrinfo* list = nullptr;
    const char* host = options_.address.empty() ? nullptr : options_.address.c_str();
    auto port = std::to_string(options_.port);
    int code = getaddrinfo(host, port.c_str(), &hints, &list);
    if (code != 0 && options_.address == "localhost") {
        // A bare machine has no /etc/hosts, and may have nobody to ask: without a name and without
        // AI_PASSIVE these are the loopback addresses.
        hints.ai_flags = 0;
        code = getaddrinfo(nullptr, port.c_str(), &hints, &list);
    }
    if (code != 0) {
        return Error{fmt::format("Error: Unable to resolve the listener address {}: {}.",
                                 place(options_), gai_strerror(code)),
                     1};
    }
    std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> owner(list, &freeaddrinfo);
    int last_error = 0;
    for (addrinfo* address = list; address != nullptr; address = address->ai_next) {
        if (!options_.interface.empty() && !narrow(*address->ai_addr, options_)) {
            last_error = if_nametoindex(options_.interface.c_str()) == 0 ? ENODEV : EADDRNOTAVAIL;
            continue;
        }
        int fd = bind_one(*address, options_);
        if (fd >= 0) {
            sockets_.push_back(fd);
            continue;
        }
        last_error = errno;
        // A machine without IPv6 is no error while IPv4 works; an address in use always is.
        if (last_error == EADDRINUSE || last_error == EACCES)
            return failed(options_, "listen on", last_error);
    }
    if (sockets_.empty()) return failed(options_, "listen on", last_error);
    return Done{};
}

Status Listener::open_unix() {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (options_.unix_path.size() >= sizeof address.sun_path)
        return failed(options_, "listen on", ENAMETOOLONG);
    std::memcpy(address.sun_path, options_.unix_path.c_str(), options_.unix_path.size() + 1);
    // What a broker that crashed left behind is removed; a socket that answers is in use, and
    // anything else is not ours.
    struct stat info {};
    if (lstat(options_.unix_path.c_str(), &info) == 0) {
        if (!S_ISSOCK(info.st_mode)) return failed(options_, "listen on", EEXIST);
        int probe = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        bool answers = connect(probe, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
        close(probe);
        if (answers) return failed(options_, "listen on", EADDRINUSE);
        unlink(options_.unix_path.c_str());
    }
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0) return failed(options_, "listen on", errno);
    if (bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 ||
        listen(fd, kBacklog) != 0) {
        int error = errno;
        close(fd);
        return failed(options_, "listen on", error);
    }
    sockets_.push_back(fd);
    return Done{};
}

int Listener::accept(int socket, Endpoint& peer) {
    sockaddr_storage from{};
    socklen_t size = sizeof from;
    int fd =
        accept4(socket, reinterpret_cast<sockaddr*>(&from), &size, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd >= 0) peer = Endpoint::of(from);
    return fd;
}

}  // namespace martlet::net
