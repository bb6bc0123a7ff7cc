#pragma once

// What routing a topic led to, kept while nothing that could change it has changed. Two ways each
// set, bounded, and never much in the way: a topic is kept only when it comes a second time. Owned
// by a shard. Loop thread only.

#include "base/hash_map.h"
#include "broker/subscription.h"
#include "topics/interest.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace martlet::broker {

struct TopicRoute {
    std::uint64_t stamp = 0;  // local and interest stamps together; 0: to be filled
    topics::ShardSet others = 0;
    std::vector<Subscription*> direct;
    std::vector<std::pair<topics::ShareGroup*, const SubscriberTree::Entry*>> groups;

    void clear() {
        others = 0;
        direct.clear();
        groups.clear();
    }
    bool empty() const { return others == 0 && direct.empty() && groups.empty(); }
};

class TopicCache {
  public:
    // The topic's route; its stamp is 0 when the caller must fill it. Valid until the next call.
    TopicRoute& find(std::string_view topic) {
        std::size_t hash = hash_text(topic) | 1;
        Slot* set = &slots_[(hash >> 8) % kSets * kWays];
        for (std::size_t way = 0; way < kWays; way++) {
            if (set[way].hash == hash && set[way].topic == topic) return set[way].route;
        }
        std::size_t& seen = seen_[(hash >> 8) % seen_.size()];
        if (seen != hash) {
            seen = hash;
            passing_.stamp = 0;
            return passing_;
        }
        Slot& victim = set[turn_++ % kWays];
        victim.hash = hash;
        victim.topic.assign(topic);
        victim.route.stamp = 0;
        return victim.route;
    }

  private:
    static constexpr std::size_t kSets = 1024;
    static constexpr std::size_t kWays = 4;
    struct Slot {
        std::size_t hash = 0;
        std::string topic;
        TopicRoute route;
    };
    std::vector<Slot> slots_{kSets * kWays};
    std::vector<std::size_t> seen_ = std::vector<std::size_t>(8192);
    TopicRoute passing_;
    std::size_t turn_ = 0;
};

}  // namespace martlet::broker
