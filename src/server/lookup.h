#pragma once

// Looks up a host's addresses without blocking a loop: an address is read at once, a name is looked
// up by a thread of its own. Shared by the loop that asks and the thread that answers. The one who
// asked may forget it at any time: a name server that does not answer keeps nobody waiting.

#include "base/result.h"
#include "net/loop.h"

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <sys/socket.h>
#include <vector>

namespace martlet::server {

struct FoundAddress {
    sockaddr_storage name{};
    socklen_t size = 0;
    int family = 0;
};

class Lookup {
  public:
    // `loop` is woken when there is an answer. Its thread only, as are the other methods.
    static std::shared_ptr<Lookup> begin(const std::string& host, std::uint16_t port,
                                         net::Loop& loop);
    // Without waiting for it: nobody will be woken.
    void forget();
    bool is_done();
    // After is_done(). Not empty, or an error for the operator.
    Result<std::vector<FoundAddress>> take();

  private:
    static void* run(void* argument);
    void answer(Result<std::vector<FoundAddress>> found);

    std::string host_;
    std::string port_;
    std::mutex mutex_;
    net::Loop* loop_ = nullptr;        // under mutex_
    bool is_done_ = false;             // under mutex_
    std::string error_;                // under mutex_
    std::vector<FoundAddress> found_;  // under mutex_
};

}  // namespace martlet::server
