#pragma once

// Waiting for sockets: an epoll instance, and an eventfd by which other threads end the wait. Owned
// by one thread; only wake() may be called from others.

#include "base/clock.h"
#include "base/result.h"

#include <array>
#include <cstdint>
#include <span>
#include <sys/epoll.h>

namespace martlet::net {

// Something with a file descriptor in a loop. It must not be destroyed between wait() and the end
// of the turn in which it was reported: close it then, destroy it after.
class Watched {
  public:
    virtual ~Watched() = default;
    // EPOLLIN, EPOLLOUT, EPOLLHUP, EPOLLERR as they came.
    virtual void on_ready(std::uint32_t events) = 0;
};

class Loop {
  public:
    Loop() = default;
    ~Loop();
    Loop(const Loop&) = delete;
    Loop& operator=(const Loop&) = delete;

    Status open();

    // False: the system says no (errno).
    bool add(int fd, std::uint32_t events, Watched* watched);
    void change(int fd, std::uint32_t events, Watched* watched);
    void remove(int fd);

    // Watches a descriptor that tells of a signal: has_signal() says after wait() that a new one
    // came. False: the system refuses.
    bool watch_signal(int fd);
    bool has_signal() const { return has_signal_; }

    // Sleeps until something is ready, somebody calls wake(), or `longest` has passed. The span
    // holds until the next call; wake-ups are not in it.
    std::span<epoll_event> wait(Milliseconds longest);
    void wake();
    // Sleeps until somebody calls wake() or `longest` has passed; sockets that are ready do not end
    // it.
    void wait_for_wake(Milliseconds longest);

  private:
    void take_wakes();

    int epoll_ = -1;
    int event_ = -1;
    bool has_signal_ = false;
    std::array<epoll_event, 512> events_;
};

}  // namespace martlet::net
