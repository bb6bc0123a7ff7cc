#include "net/loop.h"

#include <algorithm>
#include <cstring>
#include <errno.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

namespace martlet::net {

namespace {

// Tags of the descriptors that have no Watched.
constexpr std::uint64_t kWakeTag = 0;
constexpr std::uint64_t kSignalTag = 1;

}  // namespace

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

bool Loop::watch_signal(int fd) {
    epoll_event event{};
    // Once for each: one that nobody takes must not be reported again and again.
    event.events = EPOLLIN | EPOLLET;
    event.data.u64 = kSignalTag;
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
    has_signal_ = false;
    if (ready < 0) return {};
    auto end =
        std::remove_if(events_.begin(), events_.begin() + ready, [this](const epoll_event& event) {
            if (event.data.u64 > kSignalTag) return false;
            if (event.data.u64 == kWakeTag)
                take_wakes();
            else
                has_signal_ = true;
            return true;
        });
    return {events_.data(), static_cast<std::size_t>(end - events_.begin())};
}

void Loop::take_wakes() {
    std::uint64_t count;
    [[maybe_unused]] ssize_t n = read(event_, &count, sizeof count);
}

void Loop::wait_for_wake(Milliseconds longest) {
    pollfd wakes{event_, POLLIN, 0};
    if (poll(&wakes, 1, static_cast<int>(longest.count())) > 0) take_wakes();
}

void Loop::wake() {
    std::uint64_t one = 1;
    [[maybe_unused]] ssize_t n = write(event_, &one, sizeof one);
}

}  // namespace martlet::net
