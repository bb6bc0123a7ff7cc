#include "net/loop.h"

#include <algorithm>
#include <cstring>
#include <errno.h>
#include <sys/eventfd.h>
#include <unistd.h>

namespace martlet::net {

Loop::~Loop() {
    if (event_ >= 0) close(event_);
    if (epoll_ >= 0) close(epoll_);
}

Status Loop::open() {
    epoll_ = epoll_create1(EPOLL_CLOEXEC);
    event_ = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (epoll_ < 0 || event_ < 0 || !add(event_, EPOLLIN, nullptr)) {
        return Error{
            std::string("Error: Unable to make an event loop: ") + std::strerror(errno) + ".", 1};
    }
    return Done{};
}

bool Loop::add(int fd, std::uint32_t events, Watched* watched) {
    epoll_event event{};
    event.events = events;
    event.data.ptr = watched;
    return epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event) == 0;
}

void Loop::change(int fd, std::uint32_t events, Watched* watched) {
    epoll_event event{};
    event.events = events;
    event.data.ptr = watched;
    epoll_ctl(epoll_, EPOLL_CTL_MOD, fd, &event);
}

void Loop::remove(int fd) {
    epoll_ctl(epoll_, EPOLL_CTL_DEL, fd, nullptr);
}

std::span<epoll_event> Loop::wait(Milliseconds longest) {
    int timeout = static_cast<int>(std::clamp<std::int64_t>(longest.count(), 0, 60'000));
    int ready = epoll_wait(epoll_, events_.data(), static_cast<int>(events_.size()), timeout);
    if (ready < 0) return {};
    auto end =
        std::remove_if(events_.begin(), events_.begin() + ready, [this](const epoll_event& event) {
            if (event.data.ptr != nullptr) return false;
            std::uint64_t count;
            [[maybe_unused]] ssize_t n = read(event_, &count, sizeof count);
            return true;
        });
    return {events_.data(), static_cast<std::size_t>(end - events_.begin())};
}

void Loop::wake() {
    std::uint64_t one = 1;
    [[maybe_unused]] ssize_t n = write(event_, &one, sizeof one);
}

}  // namespace martlet::net
