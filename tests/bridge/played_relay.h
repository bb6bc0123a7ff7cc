#pragma once

// A relay between a far end and a local broker that are both played by the test, with the packets
// as text: "PUBLISH q1 i7 r0 d0 t/x=payload", "PUBACK i7 0x00", "CONNECT ..." and so on.

#include "base/text.h"
#include "bridge/relay.h"
#include "mqtt/topic.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

namespace martlet::bridge {

using Bytes = std::vector<std::uint8_t>;

inline Bytes publish(mqtt::Version version, std::string_view topic, int qos = 0,
                     std::uint16_t id = 0, std::string_view payload = "x", bool retain = false,
                     bool dup = false) {
    mqtt::Publish packet;
    packet.topic = topic;
    packet.qos = static_cast<mqtt::Qos>(qos);
    packet.packet_id = id;
    packet.payload = as_bytes(payload);
    packet.retain = retain;
    packet.dup = dup;
    Bytes bytes(mqtt::encoded_size(packet, version));
    mqtt::encode(packet, version, bytes.data());
    return bytes;
}

inline Bytes ack(mqtt::Version version, mqtt::PacketType type, std::uint16_t id,
                 mqtt::ReasonCode reason = mqtt::ReasonCode::Success) {
    mqtt::Ack packet;
    packet.packet_id = id;
    packet.reason = reason;
    Bytes bytes(mqtt::encoded_size(packet, version));
    mqtt::encode(type, packet, version, bytes.data());
    return bytes;
}

inline std::string text_of(mqtt::Version version, const mqtt::FrameHead& head, ByteView body) {
    using mqtt::PacketType;
    switch (head.type()) {
        case PacketType::Connect: {
            mqtt::Connect p;
            if (mqtt::is_error(mqtt::decode(head.flags(), body, p))) return "bad CONNECT";
            return fmt::format("CONNECT {} v{}{} c{}", p.client_id, static_cast<int>(p.version),
                               p.is_bridge ? " bridge" : "", p.clean_start ? 1 : 0);
        }
        case PacketType::Publish: {
            mqtt::Publish p;
            if (mqtt::is_error(mqtt::decode(head.flags(), body, version, p))) return "bad PUBLISH";
            return fmt::format("PUBLISH q{} i{} r{} d{} {}={}", static_cast<int>(p.qos),
                               p.packet_id, p.retain ? 1 : 0, p.dup ? 1 : 0, p.topic,
                               p.payload.size() > 20 ? fmt::format("{} bytes", p.payload.size())
                                                     : std::string(as_text(p.payload)));
        }
        case PacketType::Puback:
        case PacketType::Pubrec:
        case PacketType::Pubrel:
        case PacketType::Pubcomp: {
            mqtt::Ack p;
            if (mqtt::is_error(mqtt::decode(head.type(), head.flags(), body, version, p)))
                return "bad acknowledgement";
            static constexpr std::string_view kNames[] = {"PUBACK", "PUBREC", "PUBREL", "PUBCOMP"};
            return fmt::format("{} i{} 0x{:02x}", kNames[static_cast<std::size_t>(head.type()) - 4],
                               p.packet_id, static_cast<int>(p.reason));
        }
        case PacketType::Subscribe: {
            mqtt::Subscribe p;
            if (mqtt::is_error(mqtt::decode(head.flags(), body, version, p)))
                return "bad SUBSCRIBE";
            std::string text = "SUBSCRIBE";
            mqtt::Subscription one;
            for (std::size_t at = 0; mqtt::next_subscription(p.filters, at, one);)
                text += fmt::format(" {}:{}", one.filter, static_cast<int>(one.qos));
            return text;
        }
        case PacketType::Unsubscribe: {
            mqtt::Unsubscribe p;
            if (mqtt::is_error(mqtt::decode(head.flags(), body, version, p)))
                return "bad UNSUBSCRIBE";
            std::string text = "UNSUBSCRIBE";
            std::string_view filter;
            for (std::size_t at = 0; mqtt::next_filter(p.filters, at, filter);)
                text += fmt::format(" {}", filter);
            return text;
        }
        case PacketType::Pingreq:
            return "PINGREQ";
        case PacketType::Disconnect:
            return "DISCONNECT";
        default:
            return fmt::format("type {}", static_cast<int>(head.type()));
    }
}

// Takes all packets out of `bytes`.
inline std::vector<std::string> texts_of(mqtt::Version version, ByteView bytes) {
    std::vector<std::string> texts;
    mqtt::FrameHead head;
    while (mqtt::read_frame_head(bytes, head) == mqtt::FrameState::Complete &&
           bytes.size() >= head.packet_size()) {
        texts.push_back(text_of(version, head, bytes.subspan(head.size, head.remaining_length)));
        bytes = bytes.subspan(head.packet_size());
    }
    if (!bytes.empty()) texts.push_back(fmt::format("{} odd bytes", bytes.size()));
    return texts;
}

class PlayedRelay : public Local {
  public:
    explicit PlayedRelay(Options with) : options(std::move(with)) {
        options.name = "b";
        options.remote_clientid = "r";
        options.local_clientid = "l";
        options.notifications = false;
        map = std::make_unique<TopicMap>(options.topics);
        relay = std::make_unique<Relay>(options, *map, *this, 20);
    }

    // Local
    std::size_t give(ByteView packets) override {
        std::size_t used = 0;
        mqtt::FrameHead head;
        while (used < packets.size() && takes > 0) {
            ByteView rest = packets.subspan(used);
            EXPECT_EQ(mqtt::read_frame_head(rest, head), mqtt::FrameState::Complete);
            taken.push_back(
                text_of(mqtt::Version::V5, head, rest.subspan(head.size, head.remaining_length)));
            used += head.packet_size();
            takes--;
        }
        return used;
    }
    bool attach() override { return attached++, true; }
    void forget_received() override { forgotten++; }
    std::vector<std::string> stale_filters() const override { return stale; }
    std::size_t packet_size_max() const override { return largest; }

    // The far end's bytes; what the relay leaves is kept, as by the stream.
    void far(const Bytes& bytes) {
        unread.insert(unread.end(), bytes.begin(), bytes.end());
        read();
    }
    void read() {
        Relay::Taken done = relay->on_remote(unread, now);
        unread.erase(unread.begin(), unread.begin() + static_cast<std::ptrdiff_t>(done.used));
    }
    // A packet that the local broker sends.
    void near(const Bytes& bytes) {
        outbox.append(bytes);
        relay->on_local(outbox, now);
    }
    void near_connack(bool session_present = true) {
        mqtt::Connack packet;
        packet.session_present = session_present;
        Bytes bytes(mqtt::encoded_size(packet, mqtt::Version::V5));
        mqtt::encode(packet, mqtt::Version::V5, bytes.data());
        near(bytes);
    }
    // What leaves for the far end, since the last call.
    std::vector<std::string> sent() {
        Bytes bytes;
        iovec pieces[64];
        std::size_t count = relay->remote().gather(pieces, 64);
        for (std::size_t i = 0; i < count; i++) {
            auto* from = static_cast<const std::uint8_t*>(pieces[i].iov_base);
            bytes.insert(bytes.end(), from, from + pieces[i].iov_len);
        }
        relay->remote().clear();
        return texts_of(options.protocol_version, bytes);
    }
    // What the local broker got, since the last call.
    std::vector<std::string> given() { return std::exchange(taken, {}); }

    // As far as "connected", with nothing left to look at.
    void connect(Bytes connack, bool local_session_present = true) {
        relay->open(true, now);
        far(connack);
        near_connack(local_session_present);
        if (!map->remote_filters().empty()) {
            Bytes suback = {0x90, 0, 0xFF, 0xFF};
            if (options.protocol_version == mqtt::Version::V5) suback.push_back(0);
            suback.insert(suback.end(), map->remote_filters().size(), 2);
            suback[1] = static_cast<std::uint8_t>(suback.size() - 2);
            if (connack[2] == 1 && has_out_only()) {
                Bytes unsuback = {0xB0, 2, 0xFF, 0xFE};
                far(unsuback);
            }
            far(suback);
        }
        sent();
        given();
    }
    bool has_out_only() const {
        for (const Topic& topic : options.topics)
            if (topic.direction == Direction::Out) return true;
        return false;
    }

    Options options;
    std::unique_ptr<TopicMap> map;
    std::unique_ptr<Relay> relay;
    Outbox outbox;
    Bytes unread;
    std::vector<std::string> taken;
    int takes = 1'000'000;  // packets that the local broker still takes
    int attached = 0, forgotten = 0;
    std::vector<std::string> stale;
    std::size_t largest = 2'000'000;
    Milliseconds now{1'000};
};

}  // namespace martlet::bridge
