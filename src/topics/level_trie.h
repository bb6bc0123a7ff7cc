#pragma once

// The trie of filters with wildcards, a level a node. All children of all nodes stand in one hash
// table keyed by (parent, level), so that a node is one cache line and a step one look-up.
// Matching uses no recursion and no allocation. One thread, or a lock around it.

#include "base/hash_index.h"
#include "base/hash_map.h"
#include "mqtt/topic.h"

#include <array>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace martlet::topics {

class LevelTrie {
  public:
    LevelTrie();
    ~LevelTrie();
    LevelTrie(const LevelTrie&) = delete;
    LevelTrie& operator=(const LevelTrie&) = delete;

    bool empty() const { return size_ == 0; }
    void add(std::string_view filter, void* value);
    void remove(std::string_view filter);

    // Calls found(void*) for each value whose filter matches.
    template <typename Found>
    void match(std::string_view topic, Found&& found) const {
        Levels levels;
        split(topic, levels);
        // Wildcards in the first level do not match topics that begin with '$' [MQTT-4.7.2-1].
        bool wild = topic.empty() || topic.front() != '$';
        std::array<Step, kLevelsMax + 2> stack;
        std::uint32_t depth = 0;
        stack[depth++] = {kRoot, 0};
        while (depth > 0) {
            Step step = stack[--depth];
            const Node& node = nodes_[step.node];
            if (node.multi && (wild || step.level > 0)) found(node.multi);
            if (step.level == levels.count) {
                if (node.here) found(node.here);
                continue;
            }
            if (node.children == 0) continue;
            // At most one step for each level waits here: the '+' branch, while the literal one is
            // walked first.
            if (node.plus != 0 && (wild || step.level > 0)) {
                ask_for(node.plus, step.level + 1, levels);
                stack[depth++] = {node.plus, step.level + 1};
            }
            if (node.children == (node.plus != 0 ? 1u : 0u)) continue;
            std::uint64_t hash = child_hash(step.node, levels.hash[step.level]);
            if (std::uint32_t child = find_child(hash, step.node, levels.at[step.level])) {
                ask_for(child, step.level + 1, levels);
                stack[depth++] = {child, step.level + 1};
            }
        }
    }

  private:
    static constexpr std::uint32_t kRoot = 1;  // 0 is "none"
    // A client's 200 levels (mqtt::kTopicLevelsMax) and those of a mount point before them.
    static constexpr std::size_t kLevelsMax = 256;

    // A short level stands in the node; a longer one on the heap.
    struct alignas(64) Node {
        static constexpr std::size_t kInline = 32;
        std::uint32_t parent = 0;
        std::uint32_t plus = 0;      // the child '+'
        std::uint32_t children = 0;  // '+' included
        std::uint32_t level_size = 0;
        void* here = nullptr;   // value of the filter that ends here
        void* multi = nullptr;  // value of the filter that ends with '#' below here
        char text[kInline];
        std::string_view level() const {
            const char* begin = text;
            if (level_size > kInline) std::memcpy(&begin, text, sizeof begin);
            return {begin, level_size};
        }
        void set_level(std::string_view level);
        void drop_level();
    };
    static_assert(sizeof(Node) == 64);
    struct Step {
        std::uint32_t node;
        std::uint32_t level;
    };
    struct Levels {
        std::array<std::string_view, kLevelsMax> at;
        std::array<std::uint64_t, kLevelsMax> hash;
        std::uint32_t count;
    };
    static std::uint64_t child_hash(std::uint32_t parent, std::uint64_t level_hash) {
        return (level_hash ^ (std::uint64_t{parent} * 0x9E3779B97F4A7C15u)) * 0xD6E8FEB86659FD93u;
    }
    // Both lines that the step from this node will need are fetched side by side.
    void ask_for(std::uint32_t node, std::uint32_t level, const Levels& levels) const {
        __builtin_prefetch(&nodes_[node]);
        if (level < levels.count) children_.prefetch(child_hash(node, levels.hash[level]));
    }

    static void split(std::string_view topic, Levels& levels);
    std::uint64_t hash_of(std::uint32_t node) const {
        return child_hash(nodes_[node].parent, hash_text(nodes_[node].level()));
    }
    std::uint32_t find_child(std::uint32_t parent, std::string_view level) const {
        return find_child(child_hash(parent, hash_text(level)), parent, level);
    }
    std::uint32_t find_child(std::uint64_t hash, std::uint32_t parent,
                             std::string_view level) const {
        return static_cast<std::uint32_t>(children_.find(hash, [&](std::uint64_t node) {
            return nodes_[node].parent == parent && nodes_[node].level() == level;
        }));
    }
    std::uint32_t add_child(std::uint32_t parent, std::string_view level);
    void drop_unused(std::uint32_t node);

    std::vector<Node> nodes_;
    std::vector<std::uint32_t> free_;
    HashIndex children_;  // node numbers; not those of '+'
    std::size_t size_ = 0;
};

}  // namespace martlet::topics
