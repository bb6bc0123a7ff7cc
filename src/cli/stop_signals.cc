#include "cli/stop_signals.h"

#include <csignal>
#include <sys/signalfd.h>
#include <unistd.h>

namespace martlet::cli {

StopSignals::StopSignals() {
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGTERM);
    fd_ = signalfd(-1, &signals, SFD_NONBLOCK | SFD_CLOEXEC);
    if (fd_ >= 0) sigprocmask(SIG_BLOCK, &signals, nullptr);
}

StopSignals::~StopSignals() {
    if (fd_ >= 0) close(fd_);
}

}  // namespace martlet::cli
