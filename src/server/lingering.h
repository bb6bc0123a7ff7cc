#pragma once

// Sockets of connections that the broker ended with a reason (DISCONNECT, a refusing CONNACK). A
// socket that is closed with unread bytes is reset by the system, and the peer may lose the reason:
// so ours is shut down, and what still comes is thrown away, until the peer closes. Owned by its
// Turn; loop thread only.

#include "base/clock.h"
#include "net/loop.h"
#include "net/stream.h"

#include <cstdint>
#include <deque>
#include <memory>

namespace martlet::server {

class Lingering {
  public:
    // Bounds: a socket that reaches one is closed at once, the oldest when there are too many.
    static constexpr Milliseconds kLongest{2000};
    static constexpr std::size_t kBytesMax = 16u << 20;
    static constexpr std::size_t kSocketsMax = 256;
    static constexpr Milliseconds kLastMoment{500};
    static constexpr Milliseconds kQuiet{20};

    Lingering(net::Loop& loop, net::Scratch& scratch) : loop_(loop), scratch_(scratch) {}
    Lingering(const Lingering&) = delete;
    Lingering& operator=(const Lingering&) = delete;

    // At the end of a turn: takes over a socket that has left the loop.
    void add(int fd, Milliseconds now);
    // At the end of a turn: closes those whose time is over, forgets those that are closed.
    void end_turn(Milliseconds now);
    Milliseconds next_wake() const;
    // The loop has ended: those who still send are heard out for a moment. When none of them says
    // anything for kQuiet, all are closed.
    void finish();

  private:
    class Socket final : public net::Watched {
      public:
        Socket(int fd, Milliseconds due, net::Scratch& scratch)
            : fd_(fd), due_(due), scratch_(scratch) {}
        ~Socket() override { close(); }
        Socket(const Socket&) = delete;
        Socket& operator=(const Socket&) = delete;
        void on_ready(std::uint32_t events) override;
        void close();
        int fd() const { return fd_; }
        bool is_open() const { return fd_ >= 0; }
        Milliseconds due() const { return due_; }

      private:
        int fd_;
        Milliseconds due_;
        std::size_t discarded_ = 0;
        net::Scratch& scratch_;
    };

    net::Loop& loop_;
    net::Scratch& scratch_;
    std::deque<std::unique_ptr<Socket>> sockets_;  // oldest first
};

}  // namespace martlet::server
