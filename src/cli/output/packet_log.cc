#include "cli/output/packet_log.h"

#include "base/text.h"
#include "mqtt/packets.h"

#include <cstdio>

namespace martlet::cli {

using mqtt::PacketType;

namespace {

const char* name_of(PacketType type) {
    constexpr const char* kNames[] = {"",          "CONNECT",  "CONNACK",     "PUBLISH",
                                      "PUBACK",    "PUBREC",   "PUBREL",      "PUBCOMP",
                                      "SUBSCRIBE", "SUBACK",   "UNSUBSCRIBE", "UNSUBACK",
                                      "PINGREQ",   "PINGRESP", "DISCONNECT",  "AUTH"};
    return kNames[static_cast<unsigned>(type)];
}

constexpr auto kSound = mqtt::ReasonCode::Success;

}  // namespace

PacketLog::PacketLog(mqtt::Version version, const std::string& client_id)
    : version_(version), client_id_(client_id.empty() ? "(null)" : client_id) {}

void PacketLog::show(const std::string& rest) const {
    std::fprintf(stdout, "Client %s %s\n", client_id_.c_str(), rest.c_str());
}

void PacketLog::on_sent(ByteView packet) {
    mqtt::FrameHead head;
    if (mqtt::read_frame_head(packet, head) != mqtt::FrameState::Complete) return;
    ByteView body = packet.subspan(head.size);
    switch (head.type()) {
        case PacketType::Publish:
            return show_publish("sending", head, body);
        case PacketType::Puback:
        case PacketType::Pubrec:
        case PacketType::Pubrel:
        case PacketType::Pubcomp:
            return show_ack(true, head, body);
        case PacketType::Subscribe:
            return show_subscribe(head, body);
        case PacketType::Unsubscribe:
            return show_unsubscribe(head, body);
        default:
            return show(fmt::format("sending {}", name_of(head.type())));
    }
}

void PacketLog::on_received(ByteView packet) {
    mqtt::FrameHead head;
    if (mqtt::read_frame_head(packet, head) != mqtt::FrameState::Complete) return;
    ByteView body = packet.subspan(head.size);
    switch (head.type()) {
        case PacketType::Connack:
            return show(fmt::format("received CONNACK ({})", body.size() < 2 ? 0 : body[1]));
        case PacketType::Publish:
            return show_publish("received", head, body);
        case PacketType::Puback:
        case PacketType::Pubrec:
        case PacketType::Pubrel:
        case PacketType::Pubcomp:
            return show_ack(false, head, body);
        case PacketType::Disconnect:
            return show_disconnect(head, body);
        default:
            return show(fmt::format("received {}", name_of(head.type())));
    }
}

void PacketLog::show_publish(const char* verb, const mqtt::FrameHead& head, ByteView body) {
    mqtt::Publish packet;
    if (mqtt::decode(head.flags(), body, version_, packet) != kSound) return;
    show(fmt::format("{} PUBLISH (d{:d}, q{}, r{:d}, m{}, '{}', ... ({} bytes))", verb, packet.dup,
                     static_cast<int>(packet.qos), packet.retain, packet.packet_id, packet.topic,
                     packet.payload.size()));
}

void PacketLog::show_ack(bool is_sent, const mqtt::FrameHead& head, ByteView body) {
    mqtt::Ack ack;
    PacketType type = head.type();
    if (mqtt::decode(type, head.flags(), body, version_, ack) != kSound) return;
    int reason = static_cast<int>(ack.reason);
    if (!is_sent) {
        bool shows_reason = type == PacketType::Puback || type == PacketType::Pubcomp;
        auto more = shows_reason ? fmt::format(", RC:{}", reason) : std::string();
        show(fmt::format("received {} (Mid: {}{})", name_of(type), ack.packet_id, more));
    } else {
        bool shows_reason = type == PacketType::Puback || type == PacketType::Pubrec;
        auto more = shows_reason ? fmt::format(", rc{}", reason) : std::string();
        show(fmt::format("sending {} (m{}{})", name_of(type), ack.packet_id, more));
    }
}

void PacketLog::show_subscribe(const mqtt::FrameHead& head, ByteView body) const {
    mqtt::Subscribe packet;
    if (mqtt::decode(head.flags(), body, version_, packet) != kSound) return;
    mqtt::Subscription one;
    for (std::size_t at = 0; mqtt::next_subscription(packet.filters, at, one);) {
        unsigned options = (one.no_local ? 4u : 0u) | (one.retain_as_published ? 8u : 0u) |
                           static_cast<unsigned>(one.retain_handling) << 4;
        show(fmt::format("sending SUBSCRIBE (Mid: {}, Topic: {}, QoS: {}, Options: 0x{:02x})",
                         packet.packet_id, one.filter, static_cast<int>(one.qos), options));
    }
}

void PacketLog::show_unsubscribe(const mqtt::FrameHead& head, ByteView body) const {
    mqtt::Unsubscribe packet;
    if (mqtt::decode(head.flags(), body, version_, packet) != kSound) return;
    std::string_view filter;
    for (std::size_t at = 0; mqtt::next_filter(packet.filters, at, filter);) {
        show(fmt::format("sending UNSUBSCRIBE (Mid: {}, Topic: {})", packet.packet_id, filter));
    }
}

void PacketLog::show_disconnect(const mqtt::FrameHead& head, ByteView body) const {
    mqtt::Disconnect packet;
    if (mqtt::decode(head.flags(), body, version_, packet) != kSound) return;
    std::fprintf(stdout, "Received DISCONNECT (%d)\n", static_cast<int>(packet.reason));
}

}  // namespace martlet::cli
