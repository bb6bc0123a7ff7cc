#include "server/reload_gate.h"

#include <cstring>
#include <errno.h>
#include <signal.h>
#include <string>
#include <sys/signalfd.h>
#include <unistd.h>

namespace martlet::server {

ReloadGate::~ReloadGate() {
    if (fd_ >= 0) close(fd_);
}

Status ReloadGate::open() {
    sigset_t hangup;
    sigemptyset(&hangup);
    sigaddset(&hangup, SIGHUP);
    fd_ = signalfd(-1, &hangup, SFD_NONBLOCK | SFD_CLOEXEC);
    if (fd_ >= 0) return Done{};
    return Error{std::string("Error: Unable to watch for SIGHUP: ") + std::strerror(errno) + ".",
                 1};
}

bool ReloadGate::must_wait() const {
    sigset_t pending;
    sigemptyset(&pending);
    sigpending(&pending);
    // In this order (1): the gate is shut before the signal is taken.
    return sigismember(&pending, SIGHUP) == 1 || is_shut_.load(std::memory_order_acquire);
}

}  // namespace martlet::server
