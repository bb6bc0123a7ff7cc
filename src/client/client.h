#pragma once

// A Protocol on a socket with a loop of its own: for commands, that do one thing and wait for it.
// One thread.

#include "client/dial.h"
#include "client/protocol.h"
#include "net/tls_session.h"

#include <cstdint>
#include <memory>

namespace martlet::client {

class Client {
  public:
    Client(Options options, Listener& listener);
    ~Client();
    Client(const Client&) = delete;
    Client& operator=(const Client&) = delete;

    // Dials and sends CONNECT; turn() brings the answer.
    Status connect(const Address& address);

    // Waits at most so long for anything to happen, and handles it: one wait, one read.
    // `also` is a further descriptor (-1: none) that ends the wait when there is something to read.
    struct Turn {
        bool is_open = false;     // false: closed; the listener was told
        bool also_ready = false;  // `also` can be read, or has ended
    };
    Turn turn(Milliseconds timeout, int also = -1);

    Protocol& protocol() { return protocol_; }
    bool is_open() const { return fd_ >= 0; }

  private:
    Status shake_hands(const Address& address);
    bool flush();
    bool flush_tls();
    bool read_some();
    void let_server_close();
    void close_stream();
    int wait_for(Milliseconds timeout, int also, bool& also_ready);

    Protocol protocol_;
    int fd_ = -1;
    std::unique_ptr<net::TlsSession> tls_;  // null: plain
};

}  // namespace martlet::client
