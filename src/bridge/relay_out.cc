// Packets of the local session: its answers to the relay, messages and acknowledgements for the far
// end.

#include "base/check.h"
#include "base/log.h"
#include "bridge/plain_ack.h"
#include "bridge/relay.h"
#include "mqtt/secret_topic.h"
#include "mqtt/topic.h"

#include <array>
#include <sys/uio.h>

namespace martlet::bridge {

using mqtt::PacketType;
using mqtt::PropertyId;
using mqtt::ReasonCode;
using mqtt::Version;

void Relay::on_local(Outbox& outbox, Milliseconds now) {
    now_ = now;
    bool goes_on = true;
    while (goes_on && !outbox.empty() && !is_remote_full()) {
        std::array<iovec, 64> pieces;
        std::size_t count = outbox.gather(pieces.data(), pieces.size());
        std::size_t done = 0;
        for (std::size_t i = 0; goes_on && i < count; i++) {
            ByteView piece{static_cast<const std::uint8_t*>(pieces[i].iov_base), pieces[i].iov_len};
            while (goes_on && !piece.empty()) {
                mqtt::FrameHead head;
                CHECK(mqtt::read_frame_head(piece, head) == mqtt::FrameState::Complete);
                // A large payload stands in a piece of its own behind the packet's head.
                ByteView payload;
                std::size_t here = head.packet_size();
                if (here > piece.size()) {
                    here = piece.size();
                    if (i + 1 == count) break;
                    payload = {static_cast<const std::uint8_t*>(pieces[i + 1].iov_base),
                               pieces[i + 1].iov_len};
                    CHECK(here + payload.size() == head.packet_size());
                }
                goes_on = take_local(head, piece.subspan(head.size, here - head.size), payload);
                if (!goes_on) break;
                done += head.packet_size();
                piece = piece.subspan(here);
                if (!payload.empty()) i++;
                goes_on = !is_remote_full();
            }
        }
        if (done == 0) break;
        outbox.consume(done);
    }
    give_rest();
}

// False: it has to wait, and all behind it.
bool Relay::take_local(const mqtt::FrameHead& head, ByteView body, ByteView payload) {
    PacketType type = head.type();
    switch (type) {
        case PacketType::Connack:
            on_local_connack(head, body);
            return true;
        case PacketType::Suback:
            on_local_suback(body);
            return true;
        case PacketType::Unsuback:
        case PacketType::Pingresp:
        case PacketType::Disconnect:
            return true;
        default:
            break;
    }
    // Not to be sent now: a session that is only prepared sends it again.
    if (state_ == State::Idle) return true;
    if (!is_ready()) return false;
    if (type == PacketType::Publish) return pass_publish(head, body, payload), true;
    if (plain_ack_id(head, body) != 0) {
        const std::uint8_t bytes[] = {head.first, 2, body[0], body[1]};
        remote_.append(bytes);
        last_sent_ = now_;
        return true;
    }
    mqtt::Ack ack;
    CHECK(mqtt::decode(type, head.flags(), body, Version::V5, ack) == ReasonCode::Success);
    send_ack(type, ack.packet_id, ack.reason);
    return true;
}

void Relay::on_local_connack(const mqtt::FrameHead& head, ByteView body) {
    mqtt::Connack packet;
    CHECK(mqtt::decode(head.flags(), body, Version::V5, packet) == ReasonCode::Success);
    if (packet.reason != ReasonCode::Success)
        return finish(End::ByUs, fmt::format("the local broker refused the bridge's session: {}",
                                             mqtt::reason_text(packet.reason)));
    const mqtt::Properties& p = packet.properties;
    local_retains_ = !p.has(PropertyId::RetainAvailable) || p.retain_available != 0;
    if (p.has(PropertyId::ServerKeepAlive))
        local_keep_alive_s_ = static_cast<std::uint16_t>((p.server_keep_alive + 1) / 2);
    last_local_ping_ = now_;
    if (packet.session_present || !is_remote_session_old_) return;
    renewal_ = std::make_unique<Renewal>();
    renewal_->stale.set();
}

void Relay::on_local_suback(ByteView body) {
    mqtt::Suback packet;
    CHECK(mqtt::decode(PacketType::Suback, 0, body, Version::V5, packet) == ReasonCode::Success);
    is_prepared_ = true;
    const std::vector<Filter>& filters = map_.local_filters();
    for (std::size_t i = 0; i < packet.codes.size() && i < filters.size(); i++) {
        if (packet.codes[i] < 0x80) continue;
        log::warning("Bridge {}: the local broker refused the subscription to '{}': {}.",
                     options_.name, mqtt::shown_topic(filters[i].text),
                     mqtt::reason_text(static_cast<ReasonCode>(packet.codes[i])));
    }
}

Drop Relay::map_outgoing(mqtt::Publish& packet) {
    if (!map_.to_remote(packet.topic, storage_, packet.topic)) return Drop::NoTopicLine;
    bool is_other = packet.topic.data() == storage_.data();
    if (is_other && !mqtt::is_valid_topic_name(packet.topic)) return Drop::BadTopic;
    if (!options_.outgoing_retain || !remote_retains_) packet.retain = false;
    bool is_too_large = mqtt::encoded_size(packet, version_) > remote_packet_max_;
    return is_too_large ? Drop::TooLarge : Drop::kCount;
}

void Relay::pass_publish(const mqtt::FrameHead& head, ByteView body, ByteView payload) {
    mqtt::Publish packet;
    CHECK(mqtt::decode(head.flags(), body, Version::V5, packet) == ReasonCode::Success);
    if (!payload.empty()) packet.payload = payload;
    mqtt::Qos published = packet.qos;
    if (Drop why = map_outgoing(packet); why != Drop::kCount) return drop_outgoing(packet, why);
    if (packet.qos > remote_qos_max_) {
        packet.qos = remote_qos_max_;
        if (packet.qos == mqtt::Qos::AtMostOnce) {
            packet.dup = false;
            bool is_exact = published == mqtt::Qos::ExactlyOnce;
            owe_local(is_exact ? PacketType::Pubrec : PacketType::Puback, packet.packet_id,
                      is_exact ? ReasonCode::ImplementationSpecific : ReasonCode::Success);
        } else {
            lowered_->set(packet.packet_id);
        }
    }
    if (renewal_ && packet.qos == mqtt::Qos::ExactlyOnce &&
        renewal_->stale.test(packet.packet_id)) {
        renewal_->stale.reset(packet.packet_id);
        if (!packet.dup) {
            renewal_->released.set(packet.packet_id);
            send_ack(PacketType::Pubrel, packet.packet_id, ReasonCode::Success);
        }
    }
    send(packet);
    counts_.sent++;
}

// The local session is told that the message arrived, or else would send it for ever.
void Relay::drop_outgoing(const mqtt::Publish& packet, Drop why) {
    counts_.dropped_out[static_cast<std::size_t>(why)]++;
    if (packet.qos == mqtt::Qos::AtLeastOnce)
        owe_local(PacketType::Puback, packet.packet_id, ReasonCode::Success);
    else if (packet.qos == mqtt::Qos::ExactlyOnce)
        owe_local(PacketType::Pubrec, packet.packet_id, ReasonCode::ImplementationSpecific);
}

}  // namespace martlet::bridge
