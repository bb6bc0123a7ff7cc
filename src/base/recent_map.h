#pragma once

// A bounded map from text that forgets what was not used for long: entries are in two generations,
// and when the younger one is full, the older one goes. So nothing is ever searched for what could
// go. Not thread-safe: its owner locks.

#include "base/hash_map.h"

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

namespace martlet {

template <typename V>
class RecentMap {
  public:
    // At most `max` entries, at least half of them those that were used last.
    explicit RecentMap(std::size_t max) : half_(max / 2) {}

    // Made when it is not there.
    V& use(std::string_view key) {
        if (auto found = young_.find(key); found != young_.end()) return found->second;
        V value{};
        if (auto found = old_.find(key); found != old_.end()) {
            value = std::move(found->second);
            old_.erase(found);
        }
        if (young_.size() >= half_) {
            old_ = std::move(young_);
            young_ = {};
        }
        return young_.emplace(std::string(key), std::move(value)).first->second;
    }

    // Null: it is not there. Does not count as use.
    const V* find(std::string_view key) const {
        if (auto found = young_.find(key); found != young_.end()) return &found->second;
        auto found = old_.find(key);
        return found == old_.end() ? nullptr : &found->second;
    }

    void erase(std::string_view key) {
        for (TextMap<V>* generation : {&young_, &old_}) {
            if (auto found = generation->find(key); found != generation->end())
                generation->erase(found);
        }
    }

    std::size_t size() const { return young_.size() + old_.size(); }

  private:
    const std::size_t half_;
    TextMap<V> young_, old_;
};

}  // namespace martlet
