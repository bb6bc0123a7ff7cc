#pragma once

// Checks passwords on worker threads, so that a storm of log-ins does not stall traffic. Those of
// one network (broker::Transport::network()) wait in one line, and the lines are served in turn: a
// flood from one place delays nobody elsewhere. Owned by Server; check() is called by shards.

#include "base/fair_queue.h"
#include "base/worker_pool.h"
#include "broker/shared.h"

#include <chrono>
#include <cstddef>
#include <mutex>
#include <string_view>

namespace martlet::server {

class PasswordWorker final : public broker::HashChecker {
  public:
    // Passwords that wait, each with what goes with it.
    static constexpr std::size_t kBytesMax = 8u << 20;
    // One that has waited longer is not checked: its client has given up, or will soon.
    static constexpr std::chrono::seconds kLongestWait{30};

    explicit PasswordWorker(broker::Post& post, std::chrono::milliseconds longest = kLongestWait);
    bool check(Check check, std::string_view network) override;

  private:
    struct Waiting {
        Check check;
        std::chrono::steady_clock::time_point since;
    };
    void do_one();

    broker::Post& post_;
    const std::chrono::milliseconds longest_;
    std::mutex mutex_;
    FairQueue<Waiting> waiting_;  // guarded
    WorkerPool pool_;             // last: its threads end first
};

}  // namespace martlet::server
