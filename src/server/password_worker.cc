#include "server/password_worker.h"

#include <algorithm>
#include <sys/resource.h>
#include <vector>

namespace martlet::server {

namespace {

// More log-ins than this waiting are told that the server is busy.
constexpr std::size_t kWaitingMax = 10'000;

}  // namespace

PasswordWorker::PasswordWorker(broker::Post& post) : post_(post), pool_(2, kWaitingMax) {}

bool PasswordWorker::check(std::uint32_t shard, SlotHandle connection,
                           std::shared_ptr<const auth::Security> security,
                           const auth::PasswordHash* hash, ByteView password) {
    std::vector<std::uint8_t> copy(password.begin(), password.end());
    return pool_.submit([this, shard, connection, security = std::move(security), hash,
                         copy = std::move(copy)]() mutable {
        auto batch = std::make_unique<broker::LetterBatch>();
        batch->letters.emplace_back(broker::AdmissionLetter{connection, hash->verify(copy)});
        std::fill(copy.begin(), copy.end(), std::uint8_t{0});
        post_.post(shard, std::move(batch));
    });
}

}  // namespace martlet::server
