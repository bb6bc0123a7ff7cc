#pragma once

// One loop's view of one listening socket. Owned by a Front. Loop thread only.

#include "net/loop.h"

#include <cstdint>

namespace martlet::server {

class Front;

class Acceptor final : public net::Watched {
  public:
    Acceptor(Front& front, int socket, std::uint16_t listener, std::uint16_t port)
        : front_(front), socket_(socket), listener_(listener), port_(port) {}
    void on_ready(std::uint32_t events) override;
    // Listens again after a pause (there were no file descriptors left).
    void go_on();

  private:
    void pause();

    Front& front_;
    int socket_;
    std::uint16_t listener_;
    std::uint16_t port_;  // for the log; 0: a unix socket
};

}  // namespace martlet::server
