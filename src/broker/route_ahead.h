#pragma once

// The routes of messages that come next in the bytes that a connection is just being read from.
// With very many subscriptions most of a message's time goes by in waiting for memory; messages
// that are routed together wait together. It begins with a message that the topic cache does not
// know, and costs the others nothing. Owned by a shard. Loop thread only.

#include "base/bytes.h"
#include "broker/topic_cache.h"
#include "topics/interest.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

namespace martlet::broker {

class RouteAhead {
  public:
    // More gain nothing (measured: 1,000,000 subscriptions; 16, 32 and 48).
    static constexpr std::size_t kMost = 8;

    struct Ready {
        std::uint64_t hash = 0;  // of the topic
        TopicRoute route;
    };

    // What is being read from now on; empty when that is over. Topics are known by their place in
    // it.
    void read(ByteView bytes) {
        bytes_ = bytes;
        count_ = taken_ = 0;
    }

    // What was made for the topic at this very place; null: nothing. Its route has the stamp that
    // held then.
    Ready* take(std::string_view topic) {
        for (std::size_t i = taken_; i < count_; i++) {
            if (batch_->matchings[i].topic.data() != topic.data()) continue;
            taken_ = i + 1;
            return &batch_->ready[i];
        }
        return nullptr;
    }

    // Begins with the topic, if it is in the bytes being read, and those that `cache` does not know
    // among the PUBLISHes that follow behind `payload_end`. Their routes are the caller's to fill.
    // How many; none when there is nothing to be gained.
    std::size_t gather(std::string_view topic, const std::uint8_t* payload_end,
                       const TopicCache& cache);
    std::string_view topic(std::size_t i) const { return batch_->matchings[i].topic; }
    TopicRoute& route(std::size_t i) { return batch_->ready[i].route; }
    // All subscribers of each, and all shards that have some.
    std::span<const SubscriberTree::Matching> match(const SubscriberTree& tree);
    std::span<const topics::ShardSet> match(const topics::Interest& interest);

  private:
    struct Batch {
        std::array<SubscriberTree::Matching, kMost> matchings;
        std::array<Ready, kMost> ready;
        std::array<topics::Interest::Matching, kMost> interested;
        std::array<topics::ShardSet, kMost> shards;
    };

    bool contains(const void* place) const;
    void add(std::string_view topic, std::uint64_t hash);

    ByteView bytes_;
    std::size_t count_ = 0;
    std::size_t taken_ = 0;
    std::unique_ptr<Batch> batch_;  // made when it is first needed
};

}  // namespace martlet::broker
