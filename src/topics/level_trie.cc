#include "topics/level_trie.h"

#include "base/check.h"

#include <cstring>

namespace martlet::topics {

LevelTrie::LevelTrie() : nodes_(2) {}

LevelTrie::~LevelTrie() {
    for (Node& node : nodes_) node.drop_level();
}

void LevelTrie::Node::set_level(std::string_view level) {
    level_size = static_cast<std::uint32_t>(level.size());
    if (level.size() <= kInline) {
        if (!level.empty()) std::memcpy(text, level.data(), level.size());
        return;
    }
    char* copy = new char[level.size()];
    std::memcpy(copy, level.data(), level.size());
    std::memcpy(text, &copy, sizeof copy);
}

void LevelTrie::Node::drop_level() {
    if (level_size > kInline) delete[] level().data();
    level_size = 0;
}

void LevelTrie::add(std::string_view filter, void* value) {
    std::uint32_t node = kRoot;
    std::string_view level;
    for (mqtt::TopicLevels levels(filter); levels.next(level);) {
        if (level == "#") {
            nodes_[node].multi = value;
            size_++;
            return;
        }
        std::uint32_t child = level == "+" ? nodes_[node].plus : find_child(node, level);
        node = child ? child : add_child(node, level);
    }
    nodes_[node].here = value;
    size_++;
}

void LevelTrie::remove(std::string_view filter) {
    std::uint32_t node = kRoot;
    std::string_view level;
    bool is_multi = false;
    for (mqtt::TopicLevels levels(filter); levels.next(level);) {
        if (level == "#") {
            is_multi = true;
            break;
        }
        node = level == "+" ? nodes_[node].plus : find_child(node, level);
        CHECK(node != 0);
    }
    (is_multi ? nodes_[node].multi : nodes_[node].here) = nullptr;
    size_--;
    drop_unused(node);
}

void LevelTrie::begin(Walk& walk, std::string_view topic) const {
    // Wildcards in the first level do not match topics that begin with '$' [MQTT-4.7.2-1].
    walk.is_wild_ = topic.empty() || topic.front() != '$';
    walk.count_ = 0;
    walk.depth_ = 0;
    std::string_view level;
    for (mqtt::TopicLevels rest(topic); walk.count_ < kLevelsMax && rest.next(level);)
        walk.levels_[walk.count_++] = {level, hash_text(level)};
    ask_for(walk, {kRoot, 0, 0});
}

std::uint32_t LevelTrie::add_child(std::uint32_t parent, std::string_view level) {
    std::uint32_t index;
    if (free_.empty()) {
        index = static_cast<std::uint32_t>(nodes_.size());
        nodes_.emplace_back();
    } else {
        index = free_.back();
        free_.pop_back();
    }
    Node& node = nodes_[index];
    node.parent = parent;
    node.set_level(level);
    nodes_[parent].children++;
    if (level == "+")
        nodes_[parent].plus = index;
    else
        children_.insert(hash_of(index), index, [this](std::uint64_t n) {
            return hash_of(static_cast<std::uint32_t>(n));
        });
    return index;
}

void LevelTrie::drop_unused(std::uint32_t index) {
    while (index != kRoot) {
        Node& node = nodes_[index];
        if (node.children > 0 || node.here != nullptr || node.multi != nullptr) return;
        std::uint32_t parent = node.parent;
        if (nodes_[parent].plus == index)
            nodes_[parent].plus = 0;
        else
            children_.erase(hash_of(index), index, [this](std::uint64_t n) {
                return hash_of(static_cast<std::uint32_t>(n));
            });
        nodes_[parent].children--;
        node.drop_level();
        node = Node();
        free_.push_back(index);
        index = parent;
    }
}

}  // namespace martlet::topics
