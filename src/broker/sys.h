#pragma once

// The $SYS tree (facts: mosquitto.md §5): values summed over all shards, published retained when
// they changed. Owned by the first shard's loop, which calls update() when it is due. Loop thread
// only.

#include "base/clock.h"
#include "base/hash_map.h"
#include "broker/load_average.h"
#include "broker/shard.h"

#include <cstdint>
#include <string>
#include <string_view>

namespace martlet::broker {

// What the broker cannot know by itself.
struct ProcessValues {
    std::uint64_t heap_current = 0;  // bytes
    std::uint64_t heap_maximum = 0;
    // When the first of the listeners' certificates ends, in seconds since 1970; 0: there is none.
    std::int64_t certificate_end_s = 0;
};

class Sys {
  public:
    Sys(Shard& shard, std::string version)
        : shard_(shard), version_(std::move(version)), started_(shard.now().steady) {}

    // Publishes what changed. Called every sys_interval; not at all when that is 0.
    void update(const ProcessValues& process);

  private:
    struct Totals;
    Totals sum() const;
    void put(std::string_view topic, std::string_view value);
    void put(std::string_view topic, std::uint64_t value);
    void put_clients(const Totals& totals);
    void put_messages(const Totals& totals);
    void put_drops(const Totals& totals);
    void put_memory(const Totals& totals);
    void put_loads(const Totals& totals);

    Shard& shard_;
    std::string version_;
    Milliseconds started_;
    Milliseconds last_load_{0};
    std::uint64_t clients_maximum_ = 0;
    TextMap<std::string> published_;
    LoadAverage loads_[9];
};

}  // namespace martlet::broker
