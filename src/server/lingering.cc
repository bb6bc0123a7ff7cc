#include "server/lingering.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

namespace martlet::server {

void Lingering::add(int fd, Milliseconds now) {
    auto socket = std::make_unique<Socket>(fd, now + kLongest, scratch_);
    if (shutdown(fd, SHUT_WR) != 0 || !loop_.add(fd, EPOLLIN, socket.get())) return;
    if (sockets_.size() == kSocketsMax) sockets_.pop_front();
    sockets_.push_back(std::move(socket));
}

void Lingering::end_turn(Milliseconds now) {
    if (sockets_.empty()) return;
    std::erase_if(sockets_, [now](const std::unique_ptr<Socket>& socket) {
        return !socket->is_open() || socket->due() <= now;
    });
}

Milliseconds Lingering::next_wake() const {
    return sockets_.empty() ? Milliseconds::max() : sockets_.front()->due();
}

void Lingering::Socket::on_ready(std::uint32_t) {
    if (fd_ < 0) return;
    ssize_t got = recv(fd_, scratch_.bytes.get(), net::Scratch::kSize, 0);
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (got > 0) discarded_ += static_cast<std::size_t>(got);
    if (got <= 0 || discarded_ > kBytesMax) close();
}

void Lingering::Socket::close() {
    if (fd_ >= 0) ::close(fd_);
    fd_ = -1;
}

}  // namespace martlet::server
