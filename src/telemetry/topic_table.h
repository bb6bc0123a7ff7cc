#pragma once

// The live tree of topics, for people who look around: of each topic its last message and how many
// there were. Written by the telemetry thread, read by workers; a mutex guards it, under which
// nothing is called. Bounded: the topics without news for the longest time are forgotten.

#include "base/hash_map.h"
#include "telemetry/decoder.h"

#include <cstdint>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace martlet::telemetry {

struct TopicTableLimits {
    std::size_t topics_max = 100'000;
    std::size_t bytes_max = 64u << 20;        // of memory, about
    std::size_t payload_bytes_max = 4 << 10;  // the rest of a payload is not kept
};

// One topic that had a message.
struct TopicState {
    std::string topic;
    std::string payload;  // its beginning
    std::size_t payload_bytes = 0;
    Time received = 0;
    std::uint8_t qos = 0;
    bool retain = false;
    std::uint64_t messages = 0;
    std::uint64_t bytes = 0;  // of all payloads
};

// One level below a prefix.
struct TopicChild {
    std::string level;
    std::size_t topics = 0;  // this one and those below it
    bool has_children = false;
    std::optional<TopicState> state;  // when it is a topic itself
};

struct TopicTableCounts {
    std::size_t topics = 0;
    std::size_t bytes = 0;
    std::uint64_t messages = 0;
    std::uint64_t forgotten = 0;
};

class TopicTable {
  public:
    explicit TopicTable(TopicTableLimits limits = {});
    ~TopicTable();
    TopicTable(const TopicTable&) = delete;
    TopicTable& operator=(const TopicTable&) = delete;

    void add(std::span<const Incoming> messages);

    std::optional<TopicState> find(std::string_view topic) const;
    // The levels below `prefix` ("": the top; "/": below the empty first level; "a" and "a/": below
    // a), in order, from the one after the level `after` on; payloads no longer than so many bytes.
    std::vector<TopicChild> children(std::string_view prefix, std::optional<std::string_view> after,
                                     std::size_t limit, std::size_t payload_bytes_max = 256) const;
    // Topics with `text` anywhere in their names, in any case; those with news first.
    std::vector<TopicState> search(std::string_view text, std::size_t limit,
                                   std::size_t payload_bytes_max = 256) const;
    TopicTableCounts counts() const;

  private:
    struct Node;
    struct Topic {
        TopicState state;
        Node* node = nullptr;
        std::size_t cost = 0;
    };
    using Topics = std::list<Topic>;

    void add_one(const Incoming& message);
    Topic& insert(std::string_view name);
    void remember(Topic& topic, const Incoming& message);
    void forget_oldest();
    void remove_node(Node* node);
    const Node* walk(std::string_view prefix) const;
    static TopicState copy(const Topic& topic, std::size_t payload_bytes_max);

    const TopicTableLimits limits_;
    mutable std::mutex mutex_;
    // All below under the mutex.
    Topics topics_;  // the one with news at the front
    TextMap<Topics::iterator> by_name_;
    std::unique_ptr<Node> root_;
    TopicTableCounts counts_;
};

}  // namespace martlet::telemetry
