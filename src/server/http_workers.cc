#include "server/http_workers.h"

#include "base/log.h"
#include "http/accounts/access.h"

#include <utility>

namespace martlet::server {

namespace {

// Each connection waits for one thing at most.
constexpr std::size_t kWaitingMax = 4096;

}  // namespace

HttpWorkers::HttpWorkers(http::Services& services, Mailboxes& mailboxes, std::size_t threads,
                         std::span<const http::Route> routes)
    : services_(services), mailboxes_(mailboxes), router_(routes), pool_(threads, kWaitingMax) {}

bool HttpWorkers::answer(std::uint32_t shard, SlotHandle port,
                         std::unique_ptr<http::Request> request) {
    if (router_.is_quick(*request)) {
        carry_out({shard, port, std::move(request), nullptr});
        return true;
    }
    return submit({shard, port, std::move(request), nullptr});
}

bool HttpWorkers::fetch(std::uint32_t shard, SlotHandle port,
                        std::unique_ptr<http::BodySource> source) {
    return submit({shard, port, nullptr, std::move(source)});
}

bool HttpWorkers::is_known(const http::Fields& headers) const {
    if (services_.access == nullptr) return true;
    http::Request request;
    request.headers = headers;
    return services_.access->identify(request) && request.caller.role != http::Role::Nobody;
}

// The pool forgets what waits when it ends; the jobs themselves stay ours.
bool HttpWorkers::submit(Job job) {
    std::lock_guard lock(mutex_);
    if (jobs_.size() >= kWaitingMax || !pool_.submit([this] { do_one(); })) return false;
    jobs_.push_back(std::move(job));
    return true;
}

void HttpWorkers::do_one() {
    std::unique_lock lock(mutex_);
    Job job = std::move(jobs_.front());
    jobs_.pop_front();
    lock.unlock();
    carry_out(std::move(job));
    // No loop's turn does it for this thread.
    log::flush();
}

void HttpWorkers::carry_out(Job job) {
    auto answer = std::make_unique<HttpAnswer>();
    answer->port = job.port;
    if (job.request) {
        answer->response = router_.answer(services_, *job.request);
    } else {
        answer->is_last = !job.source->next(answer->piece);
        answer->is_broken = answer->is_last && job.source->is_broken();
        answer->source = std::move(job.source);
    }
    mailboxes_.answer(job.shard, std::move(answer));
}

}  // namespace martlet::server
