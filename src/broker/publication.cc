#include "broker/publication.h"

#include "mqtt/properties.h"

#include <algorithm>
#include <cstring>
#include <vector>

namespace martlet::broker {

namespace {

// Below this a copy is cheaper than keeping a read buffer alive.
constexpr std::size_t kAdoptFrom = 4096;

}  // namespace

Publication Publication::of(const BodyRef& message) {
    MessageView view(message.get());
    Publication publication;
    publication.topic = view.topic();
    publication.payload = view.payload();
    publication.properties = view.properties();
    publication.is_filtered = true;
    publication.qos = view.head().qos;
    publication.retain = view.head().retain;
    publication.expires_at_ms = view.head().expires_at_ms;
    publication.message_ = message;
    return publication;
}

const BodyRef& Publication::message() {
    if (!message_ && !adopt_frame()) copy();
    return message_;
}

BodyRef Publication::copy_with_expiry(std::int64_t steady_ms) const {
    Publication other(*this);
    other.message_ = BodyRef();
    other.expires_at_ms = steady_ms;
    other.copy();
    return other.message_;
}

Publication Publication::copy_with_properties(ByteView further) const {
    std::vector<std::uint8_t> all(further.begin(), further.end());
    std::size_t at = all.size();
    all.resize(at + (is_filtered ? properties.size() : mqtt::forwarded_size(properties)));
    if (is_filtered)
        std::copy(properties.begin(), properties.end(),
                  all.begin() + static_cast<std::ptrdiff_t>(at));
    else if (all.size() > at)
        mqtt::copy_forwarded(properties, all.data() + at);
    Publication other(*this);
    other.message_ = BodyRef();
    other.frame = nullptr;
    other.properties = all;
    other.is_filtered = true;
    Publication copied = of(other.message());
    copied.publisher = publisher;
    copied.number = number;
    copied.is_awaited = is_awaited;
    copied.position = position;
    copied.exact = exact;
    return copied;
}

bool Publication::adopt_frame() {
    if (frame == nullptr || !*frame || payload.size() < kAdoptFrom) return false;
    Body* body = frame->get();
    if (payload.size() * 2 < body->size()) return false;  // much else came into this buffer
    // The topic may have come from an alias, the properties may need filtering: then a copy is
    // made.
    auto inside = [&](const void* at) {
        return at >= body->data() && at < body->data() + body->size();
    };
    bool plain =
        properties.empty() || is_filtered || mqtt::forwarded_size(properties) == properties.size();
    if (!inside(topic.data()) || !inside(payload.data()) || !plain) return false;
    auto at = [&](const void* p) {
        return static_cast<std::uint32_t>(static_cast<const std::uint8_t*>(p) - body->data());
    };
    auto* head = reinterpret_cast<MessageHead*>(body->data());
    *head = {at(topic.data()),
             properties.empty() ? 0 : at(properties.data()),
             static_cast<std::uint32_t>(properties.size()),
             at(payload.data()),
             static_cast<std::uint32_t>(payload.size()),
             static_cast<std::uint16_t>(topic.size()),
             qos,
             retain,
             expires_at_ms};
    message_ = *frame;
    return true;
}

void Publication::copy() {
    std::size_t forwarded = is_filtered ? properties.size() : mqtt::forwarded_size(properties);
    std::size_t size = sizeof(MessageHead) + topic.size() + forwarded + payload.size();
    Body* body = Body::make(size);
    auto* head = reinterpret_cast<MessageHead*>(body->data());
    std::uint32_t at = sizeof(MessageHead);
    head->topic_at = at;
    head->topic_size = static_cast<std::uint16_t>(topic.size());
    // A message that could not be read has no topic (Shard::message_of).
    if (!topic.empty()) std::memcpy(body->data() + at, topic.data(), topic.size());
    at += static_cast<std::uint32_t>(topic.size());
    head->properties_at = at;
    head->properties_size = static_cast<std::uint32_t>(forwarded);
    if (is_filtered && forwarded > 0)
        std::memcpy(body->data() + at, properties.data(), forwarded);
    else if (forwarded > 0)
        mqtt::copy_forwarded(properties, body->data() + at);
    at += static_cast<std::uint32_t>(forwarded);
    head->payload_at = at;
    head->payload_size = static_cast<std::uint32_t>(payload.size());
    if (!payload.empty()) std::memcpy(body->data() + at, payload.data(), payload.size());
    head->qos = qos;
    head->retain = retain;
    head->expires_at_ms = expires_at_ms;
    message_ = BodyRef::adopt(body);
}

}  // namespace martlet::broker
