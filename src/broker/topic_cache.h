#pragma once

// What routing a topic led to, kept while nothing that could change it has changed. Two ways each
// set, bounded, and never much in the way: a topic is kept only when it comes a second time. Owned
// by a shard. Loop thread only.

#include "base/hash_map.h"
#include "broker/subscription.h"
#include "topics/interest.h"

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace martlet::broker {

struct TopicRoute {
    std::uint64_t stamp = 0;  // local and interest stamps together; 0: to be filled
    topics::ShardSet others = 0;
    std::vector<Subscription*> direct;
    std::vector<std::pair<Group*, const SubscriberTree::Entry*>> groups;

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
    // `text_hash` is hash_text(topic).
    TopicRoute& find(std::string_view topic, std::uint64_t text_hash) {
        std::uint64_t hash = text_hash | 1;
        std::size_t set = set_of(hash);
        Hashes& hashes = hashes_[set];
        for (std::size_t way = 0; way < kWays; way++) {
            if (hashes.of[way] != hash) continue;
            Slot& slot = slots_[set * kWays + way];
            if (slot.topic == topic) return slot.route;
        }
        if (hashes.seen != hash || topic.size() > kLongest) {
            hashes.seen = hash;
            passing_.stamp = 0;
            return passing_;
        }
        std::size_t way = hashes.turn++ % kWays;
        hashes.of[way] = hash;
        Slot& victim = slots_[set * kWays + way];
        victim.topic.assign(topic);
        victim.route.stamp = 0;
        return victim.route;
    }

    // Whether a topic with this hash is kept.
    bool knows(std::uint64_t text_hash) const {
        std::uint64_t hash = text_hash | 1;
        const auto& known = hashes_[set_of(hash)].of;
        return std::find(std::begin(known), std::end(known), hash) != std::end(known);
    }

    // Call after filling. A route to very many is not kept, since finding it again costs little
    // beside delivering to them all: so the cache holds at most some 20 MB.
    TopicRoute& filled(TopicRoute& route) {
        if (&route == &passing_ || route.direct.size() + route.groups.size() <= kLargest)
            return route;
        std::swap(passing_, route);
        route = TopicRoute();
        return passing_;
    }

  private:
    static constexpr std::size_t kLargest = 640;
    static constexpr std::size_t kLongest = 512;
    static constexpr std::size_t kSets = 1024;
    static constexpr std::size_t kWays = 4;
    static std::size_t set_of(std::uint64_t hash) { return (hash >> 8) % kSets; }
    // One cache line a set: a topic that is not kept costs no more than that.
    struct alignas(64) Hashes {
        std::uint64_t of[kWays] = {};
        std::uint64_t seen = 0;  // the last that came and was not kept
        std::uint64_t turn = 0;
    };
    struct Slot {
        std::string topic;
        TopicRoute route;
    };
    std::vector<Hashes> hashes_{kSets};
    std::vector<Slot> slots_{kSets * kWays};
    TopicRoute passing_;
};

}  // namespace martlet::broker
