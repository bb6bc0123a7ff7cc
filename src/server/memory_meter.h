#pragma once

// The memory that this process uses: what the system says is resident, less what the allocator
// keeps free in the heaps of the shards and of the main thread. One for all; each shard's thread
// calls in_use() with its own number, the main thread with the number of shards.

#include "broker/memory.h"

#include <atomic>
#include <cstdint>
#include <vector>

namespace martlet::server {

class MemoryMeter final : public broker::MemoryMeter {
  public:
    explicit MemoryMeter(std::uint32_t shards) : spare_(shards + 1) {}

    std::uint64_t in_use(std::uint32_t shard, std::uint64_t limit, bool give_back) override;

  private:
    std::vector<std::atomic<std::uint64_t>> spare_;  // at the last walk over each heap
};

}  // namespace martlet::server
