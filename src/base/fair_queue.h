#pragma once

// A bounded queue that is fair between those who fill it: each key has a line of its own, and the
// lines are served in turn. A line may take no more room than it leaves free, so that one key never
// fills the queue, and a new key always finds room. Not thread-safe: its owner locks.

#include "base/hash_map.h"

#include <cstddef>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace martlet {

template <typename T>
class FairQueue {
  public:
    explicit FairQueue(std::size_t bytes_max) : free_(bytes_max) {}

    // `bytes`: the room that it takes. False: its line has as much as is free; nothing changes.
    bool push(std::string_view key, T item, std::size_t bytes) {
        auto found = lines_.find(key);
        std::size_t held = found == lines_.end() ? 0 : found->second->bytes;
        if (held + bytes > free_) return false;
        if (found == lines_.end()) {
            found = lines_.emplace(std::string(key), std::make_unique<Line>()).first;
            found->second->key = key;
            turns_.push_back(found->second.get());
        }
        found->second->items.push_back({std::move(item), bytes});
        found->second->bytes += bytes;
        free_ -= bytes;
        return true;
    }

    // The oldest of the line whose turn it is; nothing when the queue is empty.
    std::optional<T> pop() {
        if (turns_.empty()) return {};
        Line* line = turns_.front();
        turns_.pop_front();
        Entry entry = std::move(line->items.front());
        line->items.pop_front();
        line->bytes -= entry.bytes;
        free_ += entry.bytes;
        if (line->items.empty())
            lines_.erase(lines_.find(line->key));
        else
            turns_.push_back(line);
        return std::move(entry.item);
    }

    bool empty() const { return turns_.empty(); }
    // Keys that have something waiting.
    std::size_t lines() const { return turns_.size(); }

  private:
    struct Entry {
        T item;
        std::size_t bytes;
    };
    struct Line {
        std::string key;
        std::deque<Entry> items;
        std::size_t bytes = 0;
    };

    TextMap<std::unique_ptr<Line>> lines_;
    std::deque<Line*> turns_;  // each line that is not empty, once
    std::size_t free_;
};

}  // namespace martlet
