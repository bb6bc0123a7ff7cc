#include "topics/interest.h"

#include <mutex>

namespace martlet::topics {

void Interest::add(std::string_view filter, std::uint32_t shard) {
    std::unique_lock lock(mutex_);
    Tree::Entry& entry = tree_.find_or_add(filter);
    ShardSet bit = ShardSet{1} << shard;
    if (entry.value.present & bit) {
        entry.value.counted |= bit;
        extra_[{&entry, shard}]++;
        return;
    }
    entry.value.present |= bit;
    stamps_.change(filter);
}

void Interest::remove(std::string_view filter, std::uint32_t shard) {
    std::unique_lock lock(mutex_);
    Tree::Entry* entry = tree_.find(filter);
    CHECK(entry != nullptr);
    ShardSet bit = ShardSet{1} << shard;
    if (entry->value.counted & bit) {
        auto it = extra_.find(CountKey{entry, shard});
        if (--it->second == 0) {
            extra_.erase(it);
            entry->value.counted &= ~bit;
        }
        return;
    }
    entry->value.present &= ~bit;
    stamps_.change(filter);
    if (entry->value.present == 0) tree_.remove(*entry);
}

void Interest::match(std::span<Matching> all, std::span<ShardSet> shards) const {
    std::shared_lock lock(mutex_);
    tree_.match(all);
    for (std::size_t i = 0; i < all.size(); i++) {
        shards[i] = 0;
        for (const Tree::Entry* entry : all[i].found) shards[i] |= entry->value.present;
    }
}

ShardSet Interest::match(std::string_view topic) const {
    std::shared_lock lock(mutex_);
    ShardSet shards = 0;
    tree_.match(topic, [&](const Tree::Entry& entry) { shards |= entry.value.present; });
    return shards;
}

}  // namespace martlet::topics
