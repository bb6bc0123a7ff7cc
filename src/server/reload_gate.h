#pragma once

// SIGHUP holds for what comes after it: the loops handle no bytes between the signal and the moment
// when its settings are in force. One for the process, owned by Server. The main thread calls
// begin() and end(), any thread the rest. SIGHUP must be blocked in all of them; where it is not,
// the gate is always open.
//
// Invariants:
// 1. begin() comes before the main thread takes the signal, so that a SIGHUP is either pending or
//    the gate is shut until end().
// 2. The new settings are in the loops' mail before end().
// 3. A loop looks after it has waited for sockets and before it reads from them. A connection that
//    had nothing to read when the signal came is thus handled by the new settings.

#include "base/result.h"

#include <atomic>

namespace martlet::server {

class ReloadGate {
  public:
    ReloadGate() = default;
    ~ReloadGate();
    ReloadGate(const ReloadGate&) = delete;
    ReloadGate& operator=(const ReloadGate&) = delete;

    Status open();
    // Becomes readable when a SIGHUP comes; a loop watches it (net::Loop::watch_signal).
    int fd() const { return fd_; }

    void begin() { is_shut_.store(true, std::memory_order_release); }  // (1)
    void end() { is_shut_.store(false, std::memory_order_release); }   // (2)

    // Looked at in each turn.
    bool is_shut() const { return is_shut_.load(std::memory_order_relaxed); }
    // Also asks the system whether a SIGHUP is pending: a system call.
    bool must_wait() const;

  private:
    int fd_ = -1;
    std::atomic<bool> is_shut_{false};
};

}  // namespace martlet::server
