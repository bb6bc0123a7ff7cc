#pragma once

// An application message that outlives its turn: one Body that holds a head, and somewhere behind
// it topic, properties and payload. Either they are copied together, or the body is the very buffer
// into which the packet was read. Immutable once it is shared. Any thread.

#include "base/body.h"
#include "base/bytes.h"
#include "base/clock.h"
#include "mqtt/types.h"

#include <cstdint>
#include <string_view>

namespace martlet::broker {

struct MessageHead {
    std::uint32_t topic_at;
    std::uint32_t
        properties_at;  // what is passed on unchanged, in wire form (mqtt::copy_forwarded)
    std::uint32_t properties_size;
    std::uint32_t payload_at;
    std::uint32_t payload_size;
    std::uint16_t topic_size;
    mqtt::Qos qos;
    bool retain;
    // Steady time in ms after which it is no longer delivered; 0: never.
    std::int64_t expires_at_ms;
};
static_assert(sizeof(MessageHead) == 32, "paid for each queued message");

// When a message ends, from its expiry interval. One of 0 has ended before it began, whichever
// shard's clock asks: it still goes to subscribers that can take it at once, with an interval of 0.
inline std::int64_t end_of_life(Milliseconds steady, std::uint32_t interval_s) {
    constexpr std::int64_t kLongAgo = 1;
    return interval_s == 0 ? kLongAgo : (steady + std::chrono::seconds(interval_s)).count();
}

// Reads a Body that holds a message. Does not own.
class MessageView {
  public:
    explicit MessageView(const Body* body)
        : base_(body->data()), head_(reinterpret_cast<const MessageHead*>(body->data())) {}

    const MessageHead& head() const { return *head_; }
    std::string_view topic() const {
        return {reinterpret_cast<const char*>(base_ + head_->topic_at), head_->topic_size};
    }
    ByteView properties() const { return {base_ + head_->properties_at, head_->properties_size}; }
    ByteView payload() const { return {base_ + head_->payload_at, head_->payload_size}; }
    bool is_expired(Milliseconds steady) const {
        return head_->expires_at_ms != 0 && head_->expires_at_ms <= steady.count();
    }

  private:
    const std::uint8_t* base_;
    const MessageHead* head_;
};

}  // namespace martlet::broker
