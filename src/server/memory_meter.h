#pragma once

// The memory that this process uses: what the system says is resident, less what the allocator
// keeps free in the heaps of the shards. One for all shards; each thread calls in_use() with its
// own number.

#include "broker/memory.h"

#include <atomic>
#include <cstdint>
#include <vector>

namespace martlet::server {

class MemoryMeter final : public broker::MemoryMeter {
  public:
    explicit MemoryMeter(std::uint32_t shards) : spare_(shards) {}

    std::uint64_t in_use(std::uint32_t shard, std::uint64_t limit, bool give_back) override;

  private:
    std::vector<std::atomic<std::uint64_t>> spare_;  // at each shard's last walk over its heap
};

}  // namespace martlet::server
