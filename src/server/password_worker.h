#pragma once

// Checks passwords on worker threads, so that a storm of log-ins does not stall traffic. Owned by
// Server; check() is called by shards.

#include "base/worker_pool.h"
#include "broker/shared.h"

namespace martlet::server {

class PasswordWorker final : public broker::HashChecker {
  public:
    explicit PasswordWorker(broker::Post& post);
    bool check(std::uint32_t shard, SlotHandle connection,
               std::shared_ptr<const auth::Security> security, const auth::PasswordHash* hash,
               ByteView password) override;

  private:
    broker::Post& post_;
    WorkerPool pool_;
};

}  // namespace martlet::server
