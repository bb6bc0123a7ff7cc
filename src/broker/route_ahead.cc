#include "broker/route_ahead.h"

#include "broker/shard.h"
#include "mqtt/frame.h"

namespace martlet::broker {

namespace {

// Takes the packet at the front of `rest` off. False: it is no PUBLISH, or not all there.
bool next_topic(ByteView& rest, std::string_view& topic) {
    mqtt::FrameHead head;
    if (mqtt::read_frame_head(rest, head) != mqtt::FrameState::Complete) return false;
    if (head.type() != mqtt::PacketType::Publish || rest.size() < head.packet_size()) return false;
    ByteView body = rest.subspan(head.size, head.remaining_length);
    rest = rest.subspan(head.packet_size());
    if (body.size() < 2) return false;
    std::size_t size = std::size_t{body[0]} << 8 | body[1];
    if (body.size() - 2 < size) return false;
    topic = {reinterpret_cast<const char*>(body.data() + 2), size};
    return true;
}

}  // namespace

std::size_t RouteAhead::gather(std::string_view topic, const std::uint8_t* payload_end,
                               const TopicCache& cache) {
    count_ = taken_ = 0;
    if (!contains(topic.data()) || !contains(payload_end)) return 0;
    ByteView rest = bytes_.subspan(static_cast<std::size_t>(payload_end - bytes_.data()));
    add(topic, hash_text(topic));
    for (std::size_t looked = 1; looked < kMost && next_topic(rest, topic); looked++) {
        std::uint64_t hash = hash_text(topic);
        // An empty one stands for an alias.
        if (!topic.empty() && !cache.knows(hash)) add(topic, hash);
    }
    if (count_ == 1) count_ = 0;
    return count_;
}

std::span<const SubscriberTree::Matching> RouteAhead::match(const SubscriberTree& tree) {
    std::span<SubscriberTree::Matching> all(batch_->matchings.data(), count_);
    tree.match(all);
    return all;
}

std::span<const topics::ShardSet> RouteAhead::match(const topics::Interest& interest) {
    for (std::size_t i = 0; i < count_; i++) {
        batch_->interested[i].topic = batch_->matchings[i].topic;
        batch_->interested[i].hash = batch_->matchings[i].hash;
    }
    std::span<topics::ShardSet> shards(batch_->shards.data(), count_);
    interest.match({batch_->interested.data(), count_}, shards);
    return shards;
}

bool RouteAhead::contains(const void* place) const {
    auto at = reinterpret_cast<std::uintptr_t>(place);
    auto begin = reinterpret_cast<std::uintptr_t>(bytes_.data());
    return at >= begin && at - begin < bytes_.size();
}

void RouteAhead::add(std::string_view topic, std::uint64_t hash) {
    if (!batch_) batch_ = std::make_unique_for_overwrite<Batch>();
    batch_->matchings[count_].topic = topic;
    batch_->matchings[count_].hash = hash;
    batch_->ready[count_++].hash = hash;
}

// Routes this topic together with those of the messages behind it. Null: it stands alone.
RouteAhead::Ready* Shard::route_ahead(std::string_view topic, const std::uint8_t* payload_end) {
    std::size_t count = ahead_.gather(topic, payload_end, topic_cache_);
    if (count == 0) return nullptr;
    for (std::size_t i = 0; i < count; i++) {
        ahead_.route(i).clear();
        // Before anything is matched, lest it miss a change.
        ahead_.route(i).stamp = stamp_of(ahead_.topic(i));
    }
    std::span<const SubscriberTree::Matching> matchings = ahead_.match(subscribers_);
    for (std::size_t i = 0; i < count; i++) {
        TopicRoute& route = ahead_.route(i);
        for (const SubscriberTree::Entry* entry : matchings[i].found) add_to(route, *entry);
        if (!route.direct.empty()) __builtin_prefetch(route.direct.front());
    }
    if (shared_.shards > 1) {
        std::span<const topics::ShardSet> shards = ahead_.match(shared_.interest);
        for (std::size_t i = 0; i < count; i++) ahead_.route(i).others = others_of(shards[i]);
    }
    for (std::size_t i = 0; i < count; i++) group_by_session(ahead_.route(i));
    return ahead_.take(topic);
}

}  // namespace martlet::broker
