#include "client/client.h"

#include "base/text.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>
#include <utility>

namespace martlet::client {

namespace {

constexpr Milliseconds kDialTimeout{30'000};
constexpr std::size_t kReadSize = 65536;
constexpr std::size_t kPieces = 64;
constexpr int kCloseWaitMs = 100;

}  // namespace

Client::Client(Options options, Listener& listener) : protocol_(std::move(options), listener) {}

Client::~Client() {
    if (fd_ >= 0) close(fd_);
}

Status Client::connect(const Address& address) {
    auto fd = dial(address, kDialTimeout);
    if (!fd) return fd.error();
    fd_ = fd.value();
    if (address.tls) {
        Status done = shake_hands(address);
        if (!done) {
            tls_.reset();
            close(std::exchange(fd_, -1));
            return done;
        }
    }
    protocol_.open(read_clocks());
    flush();
    return Done{};
}

Status Client::shake_hands(const Address& address) {
    tls_ = net::TlsSession::connect(address.tls, fd_, address.host);
    if (!tls_) return Error{fmt::format("TLS cannot be used with '{}'", address.host), kTlsError};
    Milliseconds deadline = read_clocks().steady + kDialTimeout;
    while (true) {
        net::TlsSession::Outcome outcome = tls_->shake_hands();
        if (tls_->is_established()) return Done{};
        if (outcome != net::TlsSession::Outcome::Open) return Error{tls_->failure(), kTlsError};
        Milliseconds left = deadline - read_clocks().steady;
        if (left <= Milliseconds{0}) return Error{"the TLS handshake takes too long", kTlsError};
        short wanted = tls_->wants_room() ? POLLOUT : POLLIN;
        pollfd waiting{fd_, wanted, 0};
        poll(&waiting, 1, static_cast<int>(left.count()));
    }
}

Client::Turn Client::turn(Milliseconds timeout, int also) {
    Turn result;
    if (fd_ < 0) return result;
    Now now = read_clocks();
    Milliseconds wake = protocol_.next_wake();
    if (wake != Milliseconds::max()) {
        timeout = std::clamp(wake - now.steady, Milliseconds{0}, timeout);
    }
    if (!flush()) return result;
    int events = wait_for(timeout, also, result.also_ready);
    if ((events & (POLLIN | POLLHUP | POLLERR)) != 0 && !read_some()) return result;
    protocol_.tick(read_clocks());
    result.is_open = flush();
    return result;
}

int Client::wait_for(Milliseconds timeout, int also, bool& also_ready) {
    short wanted = protocol_.outbox().empty() ? POLLIN : POLLIN | POLLOUT;
    pollfd waiting[2] = {{fd_, wanted, 0}, {also, POLLIN, 0}};
    int ready = poll(waiting, 2, static_cast<int>(std::min<long>(timeout.count(), 1'000'000)));
    if (ready <= 0) return 0;
    also_ready = waiting[1].revents != 0;
    return waiting[0].revents;
}

// False: the stream is closed now. An ending connection is closed once all is written.
bool Client::flush() {
    if (tls_) return flush_tls();
    Outbox& outbox = protocol_.outbox();
    while (!outbox.empty()) {
        std::array<iovec, kPieces> pieces;
        msghdr message{};
        message.msg_iov = pieces.data();
        message.msg_iovlen = outbox.gather(pieces.data(), pieces.size());
        ssize_t sent = sendmsg(fd_, &message, MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR) continue;
        if (sent < 0 && errno == EAGAIN) return true;
        if (sent < 0) {
            // What the server said before it closed is still worth reading.
            outbox.clear();
            if (read_some()) close_stream();
            return false;
        }
        outbox.consume(static_cast<std::size_t>(sent));
    }
    if (protocol_.is_ending()) close_stream();
    return fd_ >= 0;
}

bool Client::flush_tls() {
    if (tls_->write(protocol_.outbox()) == net::TlsSession::Outcome::Failed) {
        protocol_.outbox().clear();
        close_stream();
        return false;
    }
    if (protocol_.is_ending() && protocol_.outbox().empty()) close_stream();
    return fd_ >= 0;
}

bool Client::read_some() {
    std::array<std::uint8_t, kReadSize> buffer;
    if (tls_) {
        iovec piece{buffer.data(), buffer.size()};
        std::size_t size = 0;
        bool is_open = tls_->read({&piece, 1}, size) == net::TlsSession::Outcome::Open;
        if (is_open && size > 0) protocol_.receive({buffer.data(), size}, read_clocks());
        if (!is_open) close_stream();
        return is_open;
    }
    ssize_t got = recv(fd_, buffer.data(), buffer.size(), 0);
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) return true;
    if (got <= 0) {
        close_stream();
        return false;
    }
    protocol_.receive({buffer.data(), static_cast<std::size_t>(got)}, read_clocks());
    return true;
}

// A socket closed with bytes unread is reset, and what we sent last can be lost with it. So the
// server, which was told DISCONNECT, gets a moment to close first.
void Client::let_server_close() {
    shutdown(fd_, SHUT_WR);
    std::array<std::uint8_t, kReadSize> unread;
    for (int rounds = 0; rounds < 100; rounds++) {
        pollfd waiting{fd_, POLLIN, 0};
        if (poll(&waiting, 1, kCloseWaitMs) <= 0) return;
        if (recv(fd_, unread.data(), unread.size(), 0) <= 0) return;
    }
}

void Client::close_stream() {
    if (tls_) tls_->end();
    if (protocol_.is_ending() && protocol_.outbox().empty()) let_server_close();
    tls_.reset();
    close(std::exchange(fd_, -1));
    protocol_.stream_closed();
}

}  // namespace martlet::client
