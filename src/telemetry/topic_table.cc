#include "telemetry/topic_table.h"

#include "base/ascii.h"

#include <algorithm>

namespace martlet::telemetry {

namespace {

// A topic may have 65,535 levels; what is deeper than this stands as one level.
constexpr std::size_t kLevelsMax = 128;
// What a topic and a node cost beside their texts, with what the containers add.
constexpr std::size_t kTopicCost = 240;
constexpr std::size_t kNodeCost = 200;

// The levels of a topic, one by one.
class Levels {
  public:
    explicit Levels(std::string_view topic) : rest_(topic) {}

    bool next(std::string_view& level) {
        if (is_done_) return false;
        std::size_t slash = ++count_ < kLevelsMax ? rest_.find('/') : std::string_view::npos;
        level = rest_.substr(0, slash);
        is_done_ = slash == std::string_view::npos;
        if (!is_done_) rest_.remove_prefix(slash + 1);
        return true;
    }

  private:
    std::string_view rest_;
    std::size_t count_ = 0;
    bool is_done_ = false;
};

bool contains(std::string_view text, std::string_view lower_part) {
    return std::search(text.begin(), text.end(), lower_part.begin(), lower_part.end(),
                       [](char a, char b) { return lower(a) == b; }) != text.end();
}

}  // namespace

struct TopicTable::Node {
    Node* parent = nullptr;
    std::string_view level;  // the key under which the parent has it
    std::size_t topics = 0;  // here and below
    Topic* topic = nullptr;
    // Addresses of keys stay.
    std::map<std::string, std::unique_ptr<Node>, std::less<>> children;
};

TopicTable::TopicTable(TopicTableLimits limits)
    : limits_(limits), root_(std::make_unique<Node>()) {}

TopicTable::~TopicTable() = default;

void TopicTable::add(std::span<const Incoming> messages) {
    std::lock_guard lock(mutex_);
    for (const Incoming& message : messages) add_one(message);
}

void TopicTable::add_one(const Incoming& message) {
    counts_.messages++;
    auto found = by_name_.find(message.topic);
    if (found != by_name_.end()) {
        topics_.splice(topics_.begin(), topics_, found->second);
        remember(*found->second, message);
    } else {
        remember(insert(message.topic), message);
    }
    while (counts_.topics > 1 &&
           (counts_.topics > limits_.topics_max || counts_.bytes > limits_.bytes_max))
        forget_oldest();
}

TopicTable::Topic& TopicTable::insert(std::string_view name) {
    Topic& topic = topics_.emplace_front();
    topic.state.topic = name;
    by_name_.emplace(topic.state.topic, topics_.begin());
    Node* node = root_.get();
    node->topics++;
    Levels levels(name);
    for (std::string_view level; levels.next(level);) {
        auto child = node->children.find(level);
        if (child == node->children.end()) {
            child = node->children.emplace(level, std::make_unique<Node>()).first;
            child->second->parent = node;
            child->second->level = child->first;
            counts_.bytes += kNodeCost + level.size();
        }
        node = child->second.get();
        node->topics++;
    }
    node->topic = &topic;
    topic.node = node;
    counts_.topics++;
    return topic;
}

void TopicTable::remember(Topic& topic, const Incoming& message) {
    TopicState& state = topic.state;
    state.payload.assign(message.payload.substr(0, limits_.payload_bytes_max));
    state.payload_bytes = message.payload.size();
    state.received = message.received;
    state.qos = message.qos;
    state.retain = message.retain;
    state.messages++;
    state.bytes += message.payload.size();
    std::size_t cost = kTopicCost + 2 * state.topic.size() + state.payload.capacity();
    counts_.bytes += cost - topic.cost;
    topic.cost = cost;
}

void TopicTable::forget_oldest() {
    Topic& oldest = topics_.back();
    oldest.node->topic = nullptr;
    remove_node(oldest.node);
    counts_.bytes -= oldest.cost;
    counts_.topics--;
    counts_.forgotten++;
    by_name_.erase(oldest.state.topic);
    topics_.pop_back();
}

// One topic less at the node and above it; nodes without any go.
void TopicTable::remove_node(Node* node) {
    while (node) {
        Node* parent = node->parent;
        node->topics--;
        if (parent && node->topics == 0) {
            counts_.bytes -= kNodeCost + node->level.size();
            parent->children.erase(parent->children.find(node->level));
        }
        node = parent;
    }
}

std::optional<TopicState> TopicTable::find(std::string_view topic) const {
    std::lock_guard lock(mutex_);
    auto found = by_name_.find(topic);
    if (found == by_name_.end()) return std::nullopt;
    return found->second->state;
}

const TopicTable::Node* TopicTable::walk(std::string_view prefix) const {
    const Node* node = root_.get();
    if (prefix.empty()) return node;
    if (prefix.ends_with('/')) prefix.remove_suffix(1);
    Levels levels(prefix);
    for (std::string_view level; levels.next(level);) {
        auto child = node->children.find(level);
        if (child == node->children.end()) return nullptr;
        node = child->second.get();
    }
    return node;
}

TopicState TopicTable::copy(const Topic& topic, std::size_t payload_bytes_max) {
    const TopicState& from = topic.state;
    return {.topic = from.topic,
            .payload = from.payload.substr(0, payload_bytes_max),
            .payload_bytes = from.payload_bytes,
            .received = from.received,
            .qos = from.qos,
            .retain = from.retain,
            .messages = from.messages,
            .bytes = from.bytes};
}

std::vector<TopicChild> TopicTable::children(std::string_view prefix,
                                             std::optional<std::string_view> after,
                                             std::size_t limit,
                                             std::size_t payload_bytes_max) const {
    std::vector<TopicChild> found;
    std::lock_guard lock(mutex_);
    const Node* node = walk(prefix);
    if (!node) return found;
    auto child = after ? node->children.upper_bound(*after) : node->children.begin();
    for (; child != node->children.end() && found.size() < limit; ++child) {
        const Node& below = *child->second;
        TopicChild& row = found.emplace_back();
        row.level = child->first;
        row.topics = below.topics;
        row.has_children = !below.children.empty();
        if (below.topic) row.state = copy(*below.topic, payload_bytes_max);
    }
    return found;
}

std::vector<TopicState> TopicTable::search(std::string_view text, std::size_t limit,
                                           std::size_t payload_bytes_max) const {
    std::string part(text);
    std::transform(part.begin(), part.end(), part.begin(), lower);
    std::vector<TopicState> found;
    std::lock_guard lock(mutex_);
    for (const Topic& topic : topics_) {
        if (found.size() >= limit) break;
        if (contains(topic.state.topic, part)) found.push_back(copy(topic, payload_bytes_max));
    }
    return found;
}

TopicTableCounts TopicTable::counts() const {
    std::lock_guard lock(mutex_);
    return counts_;
}

}  // namespace martlet::telemetry
