#include "server/lingering.h"

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>
#include <vector>

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

void Lingering::finish() {
    Milliseconds deadline = read_clocks().steady + kLastMoment;
    while (!sockets_.empty() && read_clocks().steady < deadline) {
        std::vector<pollfd> waiting;
        for (const auto& socket : sockets_) waiting.push_back({socket->fd(), POLLIN, 0});
        if (poll(waiting.data(), waiting.size(), static_cast<int>(kQuiet.count())) <= 0) break;
        for (std::size_t i = 0; i < waiting.size(); i++) {
            if (waiting[i].revents != 0) sockets_[i]->on_ready(EPOLLIN);
        }
        std::erase_if(sockets_, [](const auto& socket) { return !socket->is_open(); });
    }
    sockets_.clear();
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
