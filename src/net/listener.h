#pragma once

// One configured listener: bound once, at the start, and then shared by all threads of the front
// (EPOLLEXCLUSIVE), so that a second broker on the same port fails clearly. Opened and closed by
// the main thread; accept() may be called by any loop.

#include "base/result.h"
#include "net/endpoint.h"
#include "net/options.h"

#include <string>
#include <vector>

namespace martlet::net {

class Listener {
  public:
    static Result<Listener> open(const ListenOptions& options);
    Listener(Listener&& other) noexcept;
    Listener& operator=(Listener&&) = delete;
    ~Listener();

    // One for each address that the options name.
    const std::vector<int>& sockets() const { return sockets_; }
    const ListenOptions& options() const { return options_; }

    // Of connections that come from now on. Main thread.
    void set_tcp_nodelay(bool is_on) const;

    // A connection that waits, or -1 (errno says why).
    static int accept(int socket, Endpoint& peer);

  private:
    explicit Listener(ListenOptions options) : options_(std::move(options)) {}
    Status open_tcp();
    Status open_unix();

    ListenOptions options_;
    std::vector<int> sockets_;
};

}  // namespace martlet::net
