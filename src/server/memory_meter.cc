#include "server/memory_meter.h"

#include "base/heap.h"
#include "base/outbox.h"
#include "server/process_values.h"

#include <algorithm>

namespace martlet::server {

std::uint64_t MemoryMeter::in_use(std::uint32_t shard, std::uint64_t limit, bool give_back) {
    std::uint64_t resident = resident_bytes();
    // The walk over the heap is left out while it would not change anything.
    if (resident <= limit - limit / 4) return resident;
    if (give_back) Outbox::give_back_spare();
    spare_[shard].store(heap_functions().spare_bytes(give_back), std::memory_order_relaxed);
    if (give_back) resident = resident_bytes();
    std::uint64_t spare = 0;
    for (const auto& of_shard : spare_) spare += of_shard.load(std::memory_order_relaxed);
    return resident - std::min(resident, spare);
}

}  // namespace martlet::server
