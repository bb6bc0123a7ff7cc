#include "server/password_worker.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>

namespace martlet::server {

namespace {

// What a password that waits takes in memory besides its own bytes.
constexpr std::size_t kOverhead = 256;

}  // namespace

// The pool is given one job for each password, so that its own bound is never the smaller one.
PasswordWorker::PasswordWorker(broker::Post& post, std::chrono::milliseconds longest)
    : post_(post), longest_(longest), waiting_(kBytesMax), pool_(2, kBytesMax / kOverhead) {}

bool PasswordWorker::check(Check check, std::string_view network) {
    std::size_t bytes = check.password.size() + kOverhead;
    {
        std::lock_guard lock(mutex_);
        Waiting waiting{std::move(check), std::chrono::steady_clock::now()};
        if (!waiting_.push(network, std::move(waiting), bytes)) return false;
    }
    return pool_.submit([this] { do_one(); });
}

void PasswordWorker::do_one() {
    std::optional<Waiting> next;
    {
        std::lock_guard lock(mutex_);
        next = waiting_.pop();
    }
    if (!next) return;
    Check& check = next->check;
    auto verdict = broker::PasswordVerdict::TooLate;
    if (std::chrono::steady_clock::now() - next->since <= longest_) {
        bool is_right = check.hash->verify(check.password);
        verdict = is_right ? broker::PasswordVerdict::Right : broker::PasswordVerdict::Wrong;
    }
    std::fill(check.password.begin(), check.password.end(), std::uint8_t{0});
    auto batch = std::make_unique<broker::LetterBatch>();
    batch->letters.emplace_back(broker::AdmissionLetter{check.connection, verdict});
    post_.post(check.shard, std::move(batch));
}

}  // namespace martlet::server
