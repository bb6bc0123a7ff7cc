#pragma once

// What all shards read while they route: which shards have a subscriber for a topic. It holds
// shards, never sessions, and is exact: a shard is in it from before its SUBACK until its last
// subscriber of the filter is gone. One for all shards, behind a reader-writer lock that is a leaf.
// Stamps tell a topic cache, without the lock, whether an answer still holds.

#include "base/hash_map.h"
#include "topics/filter_tree.h"
#include "topics/stamps.h"

#include <array>
#include <atomic>
#include <cstdint>
#include <shared_mutex>
#include <span>
#include <string_view>

namespace martlet::topics {

// Bit n: shard n.
using ShardSet = std::uint64_t;
inline constexpr std::uint32_t kShardsMax = 64;

class Interest {
  private:
    struct Shards {
        ShardSet present = 0;
        ShardSet counted = 0;  // those with more than one, whose number stands in extra_
    };
    using Tree = FilterTree<Shards>;

  public:
    // A topic that is matched side by side with others, see FilterTree.
    using Matching = Tree::Matching;

    // Counted: as many removals as additions take a shard out again. A shard adds a filter once for
    // its first own subscriber, and once for each member of a share group whose home it is.
    void add(std::string_view filter, std::uint32_t shard);
    void remove(std::string_view filter, std::uint32_t shard);

    ShardSet match(std::string_view topic) const;
    // The same for each of `all`, into the place of the same number in `shards`.
    void match(std::span<Matching> all, std::span<ShardSet> shards) const;

    // Changes whenever match(topic) could have changed. Read it before match().
    std::uint64_t stamp(std::string_view topic) const { return stamps_.read(topic); }

  private:
    struct CountKey {
        const Tree::Entry* entry;
        std::uint32_t shard;
        bool operator==(const CountKey&) const = default;
        template <typename H>
        friend H AbslHashValue(H state, const CountKey& key) {
            return H::combine(std::move(state), key.entry, key.shard);
        }
    };

    mutable std::shared_mutex mutex_;
    Tree tree_;
    HashMap<CountKey, std::uint32_t> extra_;  // additions beyond the first
    Stamps<std::atomic<std::uint64_t>> stamps_;
};

}  // namespace martlet::topics
