#include "broker/frame_cache.h"

#include "mqtt/frame.h"
#include "mqtt/properties.h"

#include <algorithm>
#include <cstring>

namespace martlet::broker {

namespace {

// Rounded to whole seconds, and never 0 for what is still alive. The shards' clocks may differ by a
// turn, so that rounding up would give back more than was asked for.
std::uint32_t expiry_left_s(std::int64_t expires_at_ms, Milliseconds steady) {
    std::int64_t left_ms = expires_at_ms - steady.count();
    if (left_ms <= 0) return 0;
    return static_cast<std::uint32_t>(std::max<std::int64_t>((left_ms + 500) / 1000, 1));
}

struct PropertySizes {
    std::size_t forwarded;
    std::size_t total;
};

PropertySizes measure(const Publication& publication, const FrameExtras& extras) {
    PropertySizes sizes{};
    sizes.forwarded = publication.is_filtered ? publication.properties.size()
                      : publication.properties.empty()
                          ? 0
                          : mqtt::forwarded_size(publication.properties);
    sizes.total = sizes.forwarded + extras.subscription_identifiers.size();
    if (publication.expires_at_ms != 0) sizes.total += 5;
    if (extras.topic_alias != 0) sizes.total += 3;
    return sizes;
}

std::uint8_t* put_u16(std::uint8_t* out, std::size_t value) {
    *out++ = static_cast<std::uint8_t>(value >> 8);
    *out++ = static_cast<std::uint8_t>(value);
    return out;
}

std::uint8_t* put(std::uint8_t* out, ByteView bytes) {
    if (!bytes.empty()) std::memcpy(out, bytes.data(), bytes.size());
    return out + bytes.size();
}

std::uint8_t* put_properties(const Publication& publication, const FrameExtras& extras,
                             const PropertySizes& sizes, Milliseconds steady, std::uint8_t* out) {
    out = mqtt::write_varint(static_cast<std::uint32_t>(sizes.total), out);
    if (extras.topic_alias != 0) {
        *out++ = static_cast<std::uint8_t>(mqtt::PropertyId::TopicAlias);
        out = put_u16(out, extras.topic_alias);
    }
    out = put(out, extras.subscription_identifiers);
    if (publication.is_filtered)
        out = put(out, publication.properties);
    else if (sizes.forwarded > 0)
        out = mqtt::copy_forwarded(publication.properties, out);
    if (publication.expires_at_ms == 0) return out;
    // Last, as in mosquitto: the rest of the interval [MQTT-3.3.2-6].
    std::uint32_t left = expiry_left_s(publication.expires_at_ms, steady);
    *out++ = static_cast<std::uint8_t>(mqtt::PropertyId::MessageExpiryInterval);
    out = put_u16(out, left >> 16);
    return put_u16(out, left & 0xFFFF);
}

}  // namespace

std::size_t encode_publish_head(const Publication& publication, mqtt::Version version,
                                mqtt::Qos qos, bool retain, bool dup, std::uint16_t packet_id,
                                const FrameExtras& extras, Milliseconds steady, std::uint8_t* out) {
    std::string_view topic = extras.is_topic_left_out ? std::string_view() : extras.topic;
    std::size_t remaining = 2 + topic.size() + publication.payload.size();
    if (qos != mqtt::Qos::AtMostOnce) remaining += 2;
    PropertySizes sizes{};
    if (version == mqtt::Version::V5) {
        sizes = measure(publication, extras);
        remaining += mqtt::varint_size(static_cast<std::uint32_t>(sizes.total)) + sizes.total;
    }
    auto length = static_cast<std::uint32_t>(remaining);
    if (out == nullptr)
        return 1 + mqtt::varint_size(length) + remaining - publication.payload.size();
    std::uint8_t* begin = out;
    *out++ = static_cast<std::uint8_t>(0x30 | (dup ? 8 : 0) | static_cast<int>(qos) << 1 |
                                       (retain ? 1 : 0));
    out = mqtt::write_varint(length, out);
    out = put_u16(out, topic.size());
    out = put(out, as_bytes(topic));
    if (qos != mqtt::Qos::AtMostOnce) out = put_u16(out, packet_id);
    if (version == mqtt::Version::V5) out = put_properties(publication, extras, sizes, steady, out);
    return static_cast<std::size_t>(out - begin);
}

EncodedFrame FrameCache::get(const Publication& publication, mqtt::Version version, mqtt::Qos qos,
                             bool retain, Milliseconds steady) {
    std::size_t index = (version == mqtt::Version::V5 ? 6u : 0u) +
                        static_cast<std::size_t>(qos) * 2 + (retain ? 1 : 0);
    bool is_whole = publication.payload.size() < kShareFrom;
    Shape& shape = shapes_[index];
    if (!is_encoded_[index]) {
        FrameExtras extras;
        extras.topic = publication.topic;
        std::size_t head = encode_publish_head(publication, version, qos, retain, false, 0, extras,
                                               steady, nullptr);
        std::size_t size = head + (is_whole ? publication.payload.size() : 0);
        if (bytes_.size() < used_ + size) bytes_.resize(std::max(used_ + size, bytes_.size() * 2));
        std::uint8_t* out = bytes_.data() + used_;
        encode_publish_head(publication, version, qos, retain, false, 0, extras, steady, out);
        if (is_whole && !publication.payload.empty()) {
            std::memcpy(out + head, publication.payload.data(), publication.payload.size());
        }
        std::size_t fixed = 1;
        while (out[fixed] & 0x80) fixed++;
        shape = {used_, size, fixed + 3 + publication.topic.size()};
        used_ += size;
        is_encoded_[index] = true;
    }
    ByteView head{bytes_.data() + shape.at, shape.size};
    return {head, is_whole ? ByteView() : publication.payload, shape.packet_id_at};
}

}  // namespace martlet::broker
