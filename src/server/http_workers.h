#pragma once

// Answers HTTP requests on worker threads, so that no query stalls traffic, and sends the answers
// to the loops by mail. Owned by Server; answer() and fetch() may be called by any loop.

#include "base/slots.h"
#include "base/worker_pool.h"
#include "http/request.h"
#include "http/response.h"
#include "http/router.h"
#include "http/services.h"
#include "server/mail.h"

#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <span>

namespace martlet::server {

class HttpWorkers {
  public:
    // The services outlive it, and the mailboxes too.
    HttpWorkers(http::Services& services, Mailboxes& mailboxes, std::size_t threads,
                std::span<const http::Route> routes = http::routes());

    // False: too much waits; then what was given is gone.
    bool answer(std::uint32_t shard, SlotHandle port, std::unique_ptr<http::Request> request);
    bool fetch(std::uint32_t shard, SlotHandle port, std::unique_ptr<http::BodySource> source);

    // Whether they are of somebody with an account. By the loop itself: it costs one hash.
    bool is_known(const http::Fields& headers) const;

    const http::Options& options() const { return services_.options; }

  private:
    // One of the two is set.
    struct Job {
        std::uint32_t shard;
        SlotHandle port;
        std::unique_ptr<http::Request> request;
        std::unique_ptr<http::BodySource> source;
    };
    bool submit(Job job);
    void do_one();
    void carry_out(Job job);

    http::Services& services_;
    Mailboxes& mailboxes_;
    http::Router router_;
    std::mutex mutex_;
    std::deque<Job> jobs_;
    WorkerPool pool_;  // last: its threads end first
};

}  // namespace martlet::server
