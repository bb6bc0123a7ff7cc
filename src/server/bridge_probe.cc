#include "server/bridge_probe.h"

#include <cerrno>
#include <sys/socket.h>
#include <unistd.h>
#include <utility>

namespace martlet::server {

bool BridgeProbe::look(const std::string& host, std::uint16_t port, net::Loop& loop,
                       Milliseconds now) {
    if (fd_ >= 0) {
        sockaddr_storage peer{};
        socklen_t size = sizeof peer;
        bool is_connected = getpeername(fd_, reinterpret_cast<sockaddr*>(&peer), &size) == 0;
        // Connected, or not within the time until the next attempt.
        if (is_connected || now >= due_) end();
        if (is_connected) return true;
    }
    if (lookup_ && lookup_->is_done()) {
        auto found = std::exchange(lookup_, nullptr)->take();
        if (!found.ok()) return false;
        const FoundAddress& to = found.value().front();
        fd_ = socket(to.family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
        if (fd_ < 0) return false;
        int result = connect(fd_, reinterpret_cast<const sockaddr*>(&to.name), to.size);
        if (result != 0 && errno != EINPROGRESS) end();
        return false;
    }
    if (due_.count() == 0) due_ = now + kEvery;
    if (now < due_ || lookup_) return false;
    due_ = now + kEvery;
    lookup_ = Lookup::begin(host, port, loop);
    return false;
}

void BridgeProbe::end() {
    if (lookup_) std::exchange(lookup_, nullptr)->forget();
    if (fd_ >= 0) close(std::exchange(fd_, -1));
    due_ = Milliseconds(0);
}

}  // namespace martlet::server
