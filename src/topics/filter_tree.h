#pragma once

// Topic filters, each with a value, and the question "which filters match this topic?". Filters
// without wildcards are found by one hash look-up of the whole topic; the others stand in a trie of
// levels. Entries keep their address while they live. Filters are plain ones, without "$share/...".
// One thread, or a lock around it.

#include "base/check.h"
#include "base/hash_map.h"
#include "mqtt/topic.h"
#include "topics/level_trie.h"

#include <cstdlib>
#include <cstring>
#include <new>
#include <string_view>
#include <vector>

namespace martlet::topics {

template <typename Value>
class FilterTree {
  public:
    // One allocation for value and text. `value` is the caller's; the rest is the tree's.
    class Entry {
      public:
        Value value;
        std::string_view filter() const { return {reinterpret_cast<const char*>(this + 1), size_}; }

      private:
        friend class FilterTree;
        explicit Entry(std::uint32_t size) : size_(size) {}
        std::uint32_t size_;
    };

    FilterTree() = default;
    FilterTree(const FilterTree&) = delete;
    FilterTree& operator=(const FilterTree&) = delete;
    ~FilterTree() {
        for (Entry* entry : entries_) destroy(entry);
    }

    std::size_t size() const { return entries_.size(); }

    Entry* find(std::string_view filter) const {
        auto it = entries_.find(filter);
        return it == entries_.end() ? nullptr : *it;
    }

    Entry& find_or_add(std::string_view filter) {
        if (Entry* entry = find(filter)) return *entry;
        void* room = std::malloc(sizeof(Entry) + filter.size());
        CHECK(room != nullptr);
        auto* entry = new (room) Entry(static_cast<std::uint32_t>(filter.size()));
        std::memcpy(reinterpret_cast<char*>(entry + 1), filter.data(), filter.size());
        entries_.insert(entry);
        if (mqtt::has_wildcard(filter)) wildcards_.add(filter, entry);
        return *entry;
    }

    void remove(Entry& entry) {
        if (mqtt::has_wildcard(entry.filter())) wildcards_.remove(entry.filter());
        entries_.erase(&entry);
        destroy(&entry);
    }

    // Calls found(Entry&) for each filter that matches; the tree must not be changed meanwhile.
    template <typename Found>
    void match(std::string_view topic, Found&& found) const {
        if (Entry* entry = find(topic)) found(*entry);
        if (wildcards_.empty()) return;
        wildcards_.match(topic, [&](void* value) { found(*static_cast<Entry*>(value)); });
    }

    template <typename Visit>
    void for_each(Visit&& visit) const {
        for (Entry* entry : entries_) visit(*entry);
    }

  private:
    struct Hash {
        using is_transparent = void;
        std::size_t operator()(std::string_view text) const { return hash_text(text); }
        std::size_t operator()(const Entry* entry) const { return hash_text(entry->filter()); }
    };
    struct Equal {
        using is_transparent = void;
        bool operator()(const Entry* a, const Entry* b) const { return a == b; }
        bool operator()(const Entry* a, std::string_view b) const { return a->filter() == b; }
        bool operator()(std::string_view a, const Entry* b) const { return a == b->filter(); }
    };

    static void destroy(Entry* entry) {
        entry->~Entry();
        std::free(entry);
    }

    absl::flat_hash_set<Entry*, Hash, Equal> entries_;
    LevelTrie wildcards_;
};

}  // namespace martlet::topics
