// From a bridge's address to a connected socket: name, connect, options, TLS.

#include "base/log.h"
#include "server/bridge.h"
#include "server/bridges.h"

#include <cerrno>
#include <cstring>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <unistd.h>
#include <utility>

namespace martlet::server {

namespace {

constexpr Milliseconds kConnectWait{10'000};

// An address of this machine; names are not looked up here, since that may block.
Status bind_to(int fd, const std::string& address, int family) {
    addrinfo hints{};
    hints.ai_family = family;
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_flags = AI_NUMERICHOST;
    addrinfo* list = nullptr;
    if (getaddrinfo(address.c_str(), nullptr, &hints, &list) != 0 || list == nullptr)
        return Error{
            fmt::format("bridge_bind_address '{}' is no address of the far end's kind", address),
            14};
    int result = bind(fd, list->ai_addr, list->ai_addrlen);
    int failed = errno;
    freeaddrinfo(list);
    if (result == 0) return Done{};
    return Error{fmt::format("bridge_bind_address '{}': {}", address, std::strerror(failed)), 14};
}

void set_option(int fd, int level, int name, std::uint32_t value) {
    int number = static_cast<int>(value);
    setsockopt(fd, level, name, &number, sizeof number);
}

}  // namespace

void Bridge::look_up() {
    set_phase(BridgePhase::Connecting);
    step_ = Step::LookingUp;
    log::notice("Connecting bridge {} ({}).", name(), address_text());
    lookup_ = Lookup::begin(address().host, address().port, bridges_.loop());
    bridges_.hurry();
}

// The next address of the name; the one before gave no connection in time, or there was none.
void Bridge::connect_next() {
    std::string failure = fd_ >= 0 ? std::string("no connection within 10 s") : row_.error;
    close_socket(false);
    step_ = Step::Connecting;
    while (found_at_ < found_.size()) {
        const FoundAddress& to = found_[found_at_++];
        fd_ = socket(to.family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
        if (fd_ < 0) return fail(std::strerror(errno));
        Status ready = set_up_socket(fd_, to.family);
        if (ready.ok()) {
            int result = connect(fd_, reinterpret_cast<const sockaddr*>(&to.name), to.size);
            if (result == 0 || errno == EINPROGRESS) {
                due_ = bridges_.now() + kConnectWait;
                if (bridges_.loop().add(fd_, EPOLLOUT, this)) return;
            }
            failure = std::strerror(errno);
        } else {
            failure = ready.error().text;
        }
        close_socket(false);
        step_ = Step::Connecting;
    }
    fail(failure);
}

Status Bridge::set_up_socket(int fd, int family) const {
    set_option(fd, IPPROTO_TCP, TCP_NODELAY, 1);
    const bridge::TcpKeepalive& keepalive = options().tcp_keepalive;
    if (keepalive.idle_s != 0) {
        set_option(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
        set_option(fd, IPPROTO_TCP, TCP_KEEPIDLE, keepalive.idle_s);
        set_option(fd, IPPROTO_TCP, TCP_KEEPINTVL, keepalive.interval_s);
        set_option(fd, IPPROTO_TCP, TCP_KEEPCNT, keepalive.counter);
    }
    if (options().tcp_user_timeout_ms >= 0)
        set_option(fd, IPPROTO_TCP, TCP_USER_TIMEOUT,
                   static_cast<std::uint32_t>(options().tcp_user_timeout_ms));
    if (options().bind_address.empty()) return Done{};
    return bind_to(fd, options().bind_address, family);
}

// The socket is connected, or has failed.
void Bridge::on_connected() {
    int failed = 0;
    socklen_t size = sizeof failed;
    getsockopt(fd_, SOL_SOCKET, SO_ERROR, &failed, &size);
    if (failed != 0) {
        row_.error = std::strerror(failed);
        bridges_.loop().remove(fd_);
        close(std::exchange(fd_, -1));
        return connect_next();
    }
    bridges_.loop().remove(fd_);
    int fd = std::exchange(fd_, -1);
    std::unique_ptr<net::TlsSession> tls;
    if (tls_) {
        tls = net::TlsSession::connect(tls_, fd, address().host);
        if (!tls) {
            close(fd);
            return fail("TLS cannot be used with this address");
        }
    }
    stream_ = std::make_unique<net::Stream>(
        bridges_.loop(), fd, net::Endpoint::of(found_[found_at_ - 1].name), std::move(tls));
    step_ = Step::Talking;
    if (!stream_->watch(this)) return fail("the system does not let it be watched");
    relay_->open(has_bit_, bridges_.now());
    receive();  // begins the TLS handshake
    settle();
}

void Bridge::close_socket(bool is_farewell) {
    if (lookup_) std::exchange(lookup_, nullptr)->forget();
    if (fd_ >= 0) {
        bridges_.loop().remove(fd_);
        close(std::exchange(fd_, -1));
    }
    if (!stream_) return;
    if (stream_->is_open()) {
        if (is_farewell) (void)stream_->flush(relay_->remote());
        stream_->end_tls();
        if (is_farewell) bridges_.lingering().add(stream_->release(), bridges_.now());
    }
    stream_.reset();
}

}  // namespace martlet::server
