#pragma once

// Topic filters, each with a value, and the question "which filters match this topic?". Filters
// without wildcards are found by one hash look-up of the whole topic; the others stand in a trie of
// levels. Entries keep their address while they live. Filters are plain ones, without "$share/...".
// One thread, or a lock around it.

#include "base/check.h"
#include "base/hash_index.h"
#include "base/hash_map.h"
#include "mqtt/topic.h"
#include "topics/level_trie.h"

#include <cstdlib>
#include <cstring>
#include <new>
#include <span>
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
        for_each([](Entry& entry) { destroy(&entry); });
    }

    std::size_t size() const { return entries_.size(); }

    Entry* find(std::string_view filter) const { return find(hash_text(filter), filter); }

    Entry& find_or_add(std::string_view filter) {
        if (Entry* entry = find(filter)) return *entry;
        void* room = std::malloc(sizeof(Entry) + filter.size());
        CHECK(room != nullptr);
        auto* entry = new (room) Entry(static_cast<std::uint32_t>(filter.size()));
        std::memcpy(reinterpret_cast<char*>(entry + 1), filter.data(), filter.size());
        entries_.insert(hash_of(entry), payload_of(entry), hash_of_payload);
        if (mqtt::has_wildcard(filter)) wildcards_.add(filter, entry);
        return *entry;
    }

    void remove(Entry& entry) {
        if (mqtt::has_wildcard(entry.filter())) wildcards_.remove(entry.filter());
        entries_.erase(hash_of(&entry), payload_of(&entry), hash_of_payload);
        destroy(&entry);
    }

    // Calls found(Entry&) for each filter that matches; the tree must not be changed meanwhile.
    template <typename Found>
    void match(std::string_view topic, Found&& found) const {
        // The whole topic's line is on its way while the trie is walked.
        std::uint64_t hash = hash_text(topic);
        entries_.prefetch(hash);
        if (!wildcards_.empty()) {
            wildcards_.match(topic, [&](void* value) { found(*static_cast<Entry*>(value)); });
        }
        if (Entry* entry = find(hash, topic)) found(*entry);
    }

    // A topic that is matched side by side with others.
    struct Matching {
        std::string_view topic;
        std::uint64_t hash = 0;     // hash_text(topic)
        std::vector<Entry*> found;  // asked for, maybe not here yet
        LevelTrie::Walk walk;
    };
    // Finds the same as match() does for each, in the same order, in little more time than the
    // slowest of them takes to come from memory.
    void match(std::span<Matching> all) const {
        for (Matching& m : all) {
            m.found.clear();
            entries_.prefetch(m.hash);
            if (!wildcards_.empty()) wildcards_.begin(m.walk, m.topic);
        }
        walk(all);
        for (Matching& m : all) {
            if (std::uint64_t payload = entries_.guess(m.hash))
                __builtin_prefetch(entry_of(payload));
        }
        for (Matching& m : all) {
            if (Entry* entry = find(m.hash, m.topic)) m.found.push_back(entry);
        }
    }

    template <typename Visit>
    void for_each(Visit&& visit) const {
        entries_.for_each([&](std::uint64_t payload) { visit(*entry_of(payload)); });
    }

  private:
    static Entry* entry_of(std::uint64_t payload) { return reinterpret_cast<Entry*>(payload); }
    static std::uint64_t payload_of(const Entry* entry) {
        return reinterpret_cast<std::uint64_t>(entry);
    }
    static std::uint64_t hash_of(const Entry* entry) { return hash_text(entry->filter()); }
    static std::uint64_t hash_of_payload(std::uint64_t payload) {
        return hash_of(entry_of(payload));
    }

    Entry* find(std::uint64_t hash, std::string_view filter) const {
        return entry_of(entries_.find(
            hash, [&](std::uint64_t payload) { return entry_of(payload)->filter() == filter; }));
    }

    void walk(std::span<Matching> all) const {
        bool goes_on = !wildcards_.empty();
        while (goes_on) {
            goes_on = false;
            for (Matching& m : all) {
                goes_on |= wildcards_.step(m.walk, [&](void* value) {
                    __builtin_prefetch(value);
                    m.found.push_back(static_cast<Entry*>(value));
                });
            }
        }
    }

    static void destroy(Entry* entry) {
        entry->~Entry();
        std::free(entry);
    }

    HashIndex entries_;
    LevelTrie wildcards_;
};

}  // namespace martlet::topics
