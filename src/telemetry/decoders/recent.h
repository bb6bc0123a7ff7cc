#pragma once

// What a decoder remembers of each name, up to a bound: past it, the name that was silent longest
// is forgotten. Owned by one decoder; one thread at a time.

#include "base/hash_map.h"

#include <list>
#include <string>
#include <string_view>
#include <utility>

namespace martlet::telemetry {

template <typename T>
class Recent {
  public:
    explicit Recent(std::size_t names_max) : names_max_(names_max) {}

    // The memory of this name, new if there was none. Stands until a later call for another name.
    T& touch(std::string_view name) {
        if (auto found = places_.find(name); found != places_.end()) {
            entries_.splice(entries_.begin(), entries_, found->second);
            return entries_.front().second;
        }
        if (entries_.size() >= names_max_) forget_oldest();
        entries_.emplace_front(std::string(name), T{});
        places_.emplace(std::string(name), entries_.begin());
        return entries_.front().second;
    }

    // Null: not remembered.
    const T* find(std::string_view name) const {
        auto found = places_.find(name);
        return found == places_.end() ? nullptr : &found->second->second;
    }

    // There is one.
    T forget_oldest() {
        T oldest = std::move(entries_.back().second);
        places_.erase(entries_.back().first);
        entries_.pop_back();
        return oldest;
    }

    std::size_t size() const { return entries_.size(); }

  private:
    using Entries = std::list<std::pair<std::string, T>>;
    std::size_t names_max_;
    Entries entries_;  // the newest first
    TextMap<typename Entries::iterator> places_;
};

}  // namespace martlet::telemetry
