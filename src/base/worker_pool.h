#pragma once

// A few threads for slow work that must not run on a loop (password hashing). Bounded: what does
// not fit is refused at once. submit() may be called by any thread.

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace martlet {

class WorkerPool {
  public:
    WorkerPool(std::size_t threads, std::size_t waiting_max);
    // Finishes what runs, forgets what waits.
    ~WorkerPool();

    // False: too much waits already.
    bool submit(std::function<void()> work);

  private:
    void run();

    const std::size_t waiting_max_;
    std::mutex mutex_;
    std::condition_variable ready_;
    std::deque<std::function<void()>> waiting_;
    bool is_stopping_ = false;
    std::vector<std::thread> threads_;
};

}  // namespace martlet
