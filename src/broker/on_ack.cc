// PUBACK, PUBREC, PUBREL, PUBCOMP: the four steps of QoS 1 and 2 (4.3).

#include "base/log.h"
#include "broker/send_packet.h"
#include "broker/shard.h"
#include "broker/trace.h"

namespace martlet::broker {

using mqtt::PacketType;
using mqtt::ReasonCode;

namespace {

// Not sent on this connection yet.
bool is_unsent(const OutEntry& entry) {
    return entry.state == OutState::WaitResend || entry.state == OutState::WaitRecorded;
}

}  // namespace

bool Connection::read_ack(PacketType type, const mqtt::FrameHead& head, ByteView body,
                          mqtt::Ack& ack) {
    ReasonCode reason = mqtt::decode(type, head.flags(), body, version_, ack);
    if (mqtt::is_error(reason)) return end(reason, "malformed packet"), false;
    if (is_traced()) {
        static constexpr std::string_view kNames[] = {"PUBACK", "PUBREC", "PUBREL", "PUBCOMP"};
        trace(*this, "Received {} from {} (Mid: {}, RC:{})",
              kNames[static_cast<std::size_t>(type) - 4], client_id(), ack.packet_id,
              static_cast<int>(ack.reason));
    }
    return true;
}

void Connection::on_puback(const mqtt::FrameHead& head, ByteView body) {
    mqtt::Ack ack;
    if (!read_ack(PacketType::Puback, head, body, ack)) return;
    OutEntry* entry = session_->flow ? session_->flow->out.find(ack.packet_id) : nullptr;
    // Answered before, or not sent on this connection yet.
    if (entry == nullptr || is_unsent(*entry)) return;
    if (entry->state != OutState::WaitPuback)
        return end(ReasonCode::ProtocolError, "protocol error");
    shard_.finish_entry(*session_, *entry);
    shard_.pump(*session_);
}

void Connection::on_pubrec(const mqtt::FrameHead& head, ByteView body) {
    mqtt::Ack ack;
    if (!read_ack(PacketType::Pubrec, head, body, ack)) return;
    OutEntry* entry = session_->flow ? session_->flow->out.find(ack.packet_id) : nullptr;
    if (entry != nullptr && entry->state == OutState::WaitPuback) {
        return end(ReasonCode::ProtocolError, "protocol error");
    }
    if (entry == nullptr || is_unsent(*entry)) {
        // PUBREL answers a PUBREC without an error only (4.3.3).
        if (mqtt::is_error(ack.reason)) return;
        ReasonCode reason = version_ == mqtt::Version::V5 ? ReasonCode::PacketIdentifierNotFound
                                                          : ReasonCode::Success;
        return send_ack(PacketType::Pubrel, ack.packet_id, reason);
    }
    if (mqtt::is_error(ack.reason)) {
        // The receiver does not want it: no PUBREL, and the id is free again [MQTT-4.3.3-4].
        shard_.finish_entry(*session_, *entry);
        return shard_.pump(*session_);
    }
    shard_.release_message(*session_, *entry);
    bool is_first = entry->state != OutState::WaitPubcomp;
    entry->state = OutState::WaitPubcomp;
    if (entry->key == 0) return send_ack(PacketType::Pubrel, ack.packet_id, ReasonCode::Success);
    if (is_first) {
        entry->is_id_recorded = true;
        shard_.recorder()->note_released(*session_, *entry);
    }
    shard_.recorder()->release_later(*this, ack.packet_id);
}

void Connection::on_pubrel(const mqtt::FrameHead& head, ByteView body) {
    mqtt::Ack ack;
    if (!read_ack(PacketType::Pubrel, head, body, ack)) return;
    // An unknown id is answered as done, as mosquitto does (0x92 is a "should").
    Recorder* recorder = shard_.recorder();
    if (session_->flow) {
        if (recorder != nullptr) recorder->remove_received(*session_, ack.packet_id);
        session_->flow->received.erase(ack.packet_id);
    }
    Wait wait = recorder == nullptr ? Wait() : recorder->essential();
    send_ack_after(wait, PacketType::Pubcomp, ack.packet_id, ReasonCode::Success);
}

void Connection::on_pubcomp(const mqtt::FrameHead& head, ByteView body) {
    mqtt::Ack ack;
    if (!read_ack(PacketType::Pubcomp, head, body, ack)) return;
    OutEntry* entry = session_->flow ? session_->flow->out.find(ack.packet_id) : nullptr;
    if (entry == nullptr || is_unsent(*entry)) return;
    if (entry->state != OutState::WaitPubcomp)
        return end(ReasonCode::ProtocolError, "protocol error");
    shard_.finish_entry(*session_, *entry);
    shard_.pump(*session_);
}

}  // namespace martlet::broker
