#pragma once

// The trie of filters with wildcards, a level a node. All children of all nodes stand in one hash
// table keyed by (parent, level), so that a node costs some 60 bytes and a step one look-up.
// Matching uses no recursion and no allocation. One thread, or a lock around it.

#include "base/hash_map.h"
#include "mqtt/topic.h"

#include <array>
#include <cstdint>
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
            if (node.plus && (wild || step.level > 0)) stack[depth++] = {node.plus, step.level + 1};
            if (std::uint32_t child = find_child(step.node, levels.at[step.level]))
                stack[depth++] = {child, step.level + 1};
        }
    }

  private:
    static constexpr std::uint32_t kRoot = 1;  // 0 is "none"
    // A client's 200 levels (mqtt::kTopicLevelsMax) and those of a mount point before them.
    static constexpr std::size_t kLevelsMax = 256;

    struct Node {
        std::uint32_t parent = 0;
        std::uint32_t plus = 0;      // the child '+'
        std::uint32_t children = 0;  // '+' included
        std::uint32_t level_size = 0;
        std::unique_ptr<char[]> level_text;
        void* here = nullptr;   // value of the filter that ends here
        void* multi = nullptr;  // value of the filter that ends with '#' below here
        std::string_view level() const { return {level_text.get(), level_size}; }
    };
    struct Step {
        std::uint32_t node;
        std::uint32_t level;
    };
    struct Levels {
        std::array<std::string_view, kLevelsMax> at;
        std::uint32_t count;
    };
    struct ChildKey {
        std::uint32_t parent;
        std::string_view level;
    };
    struct ChildHash {
        using is_transparent = void;
        const LevelTrie* trie;
        std::size_t operator()(const ChildKey& key) const {
            return hash_text(key.level) ^ (std::size_t{key.parent} * 0x9E3779B97F4A7C15u);
        }
        std::size_t operator()(std::uint32_t node) const { return (*this)(trie->key(node)); }
    };
    struct ChildEqual {
        using is_transparent = void;
        const LevelTrie* trie;
        bool operator()(std::uint32_t a, std::uint32_t b) const { return a == b; }
        bool operator()(std::uint32_t a, const ChildKey& b) const {
            ChildKey key = trie->key(a);
            return key.parent == b.parent && key.level == b.level;
        }
        bool operator()(const ChildKey& a, std::uint32_t b) const { return (*this)(b, a); }
    };

    static void split(std::string_view topic, Levels& levels);
    ChildKey key(std::uint32_t node) const { return {nodes_[node].parent, nodes_[node].level()}; }
    std::uint32_t find_child(std::uint32_t parent, std::string_view level) const;
    std::uint32_t add_child(std::uint32_t parent, std::string_view level);
    void drop_unused(std::uint32_t node);

    std::vector<Node> nodes_;
    std::vector<std::uint32_t> free_;
    absl::flat_hash_set<std::uint32_t, ChildHash, ChildEqual> children_;
    std::size_t size_ = 0;
};

}  // namespace martlet::topics
