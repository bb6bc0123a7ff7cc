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

    // A topic on its way through the trie. Several can be walked in turn, a step each, so that one
    // goes on while another waits for memory.
    class Walk;
    void begin(Walk& walk, std::string_view topic) const;
    // Looks at one node, and calls found(void*) for each value there whose filter matches. False:
    // it was at its end.
    template <typename Found>
    bool step(Walk& walk, Found&& found) const;

    // Calls found(void*) for each value whose filter matches.
    template <typename Found>
    void match(std::string_view topic, Found&& found) const;

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
        std::uint32_t parent;  // 0: it is certain; else it only seems to be the child of this one
    };
    struct Level {
        std::string_view text;
        std::uint64_t hash;
    };
    static std::uint64_t child_hash(std::uint32_t parent, std::uint64_t level_hash) {
        return (level_hash ^ (std::uint64_t{parent} * 0x9E3779B97F4A7C15u)) * 0xD6E8FEB86659FD93u;
    }
    // Both lines that the step from this node will need are fetched side by side.
    void ask_for(Walk& walk, Step step) const;
    bool is_child(const Node& node, std::uint32_t parent, std::string_view level) const {
        return node.parent == parent && node.level() == level;
    }
    std::uint64_t hash_of(std::uint32_t node) const {
        return child_hash(nodes_[node].parent, hash_text(nodes_[node].level()));
    }
    std::uint32_t find_child(std::uint32_t parent, std::string_view level) const {
        return find_child(child_hash(parent, hash_text(level)), parent, level);
    }
    std::uint32_t find_child(std::uint64_t hash, std::uint32_t parent,
                             std::string_view level) const {
        return static_cast<std::uint32_t>(children_.find(
            hash, [&](std::uint64_t node) { return is_child(nodes_[node], parent, level); }));
    }
    std::uint32_t add_child(std::uint32_t parent, std::string_view level);
    void drop_unused(std::uint32_t node);

    std::vector<Node> nodes_;
    std::vector<std::uint32_t> free_;
    HashIndex children_;  // node numbers; not those of '+'
    std::size_t size_ = 0;
};

class LevelTrie::Walk {
  private:
    friend class LevelTrie;
    std::uint32_t depth_ = 0;
    std::uint32_t count_ = 0;
    bool is_wild_ = false;
    std::array<Step, kLevelsMax + 2> stack_;
    std::array<Level, kLevelsMax> levels_;
};

inline void LevelTrie::ask_for(Walk& walk, Step step) const {
    walk.stack_[walk.depth_++] = step;
    __builtin_prefetch(&nodes_[step.node]);
    if (step.level < walk.count_)
        children_.prefetch(child_hash(step.node, walk.levels_[step.level].hash));
}

template <typename Found>
bool LevelTrie::step(Walk& walk, Found&& found) const {
    if (walk.depth_ == 0) return false;
    Step step = walk.stack_[--walk.depth_];
    if (step.parent != 0) {
        const Level& level = walk.levels_[step.level - 1];
        if (!is_child(nodes_[step.node], step.parent, level.text)) {
            step.node = find_child(child_hash(step.parent, level.hash), step.parent, level.text);
            if (step.node == 0) return true;
        }
    }
    const Node& node = nodes_[step.node];
    if (node.multi && (walk.is_wild_ || step.level > 0)) found(node.multi);
    if (step.level == walk.count_) {
        if (node.here) found(node.here);
        return true;
    }
    if (node.children == 0) return true;
    // At most one step for each level waits here: the '+' branch, while the literal one is walked
    // first.
    if (node.plus != 0 && (walk.is_wild_ || step.level > 0))
        ask_for(walk, {node.plus, step.level + 1, 0});
    if (node.children == (node.plus != 0 ? 1u : 0u)) return true;
    std::uint64_t hash = child_hash(step.node, walk.levels_[step.level].hash);
    if (auto child = static_cast<std::uint32_t>(children_.guess(hash)))
        ask_for(walk, {child, step.level + 1, step.node});
    return true;
}

template <typename Found>
void LevelTrie::match(std::string_view topic, Found&& found) const {
    Walk walk;
    begin(walk, topic);
    while (step(walk, found)) {
    }
}

}  // namespace martlet::topics
