// Acknowledgements that may not leave before the disk, or another shard, has done its part.

#include "broker/exact.h"
#include "broker/send_packet.h"
#include "broker/shard.h"
#include "broker/trace.h"

namespace martlet::broker {

bool Connection::must_hold(const Wait& wait) {
    Recorder* recorder = shard_.recorder();
    if (recorder == nullptr || (!held_acks_ && recorder->is_over(wait))) return false;
    if (!held_acks_) {
        held_acks_ = std::make_unique<std::deque<HeldAck>>();
        recorder->note_held(*this);
    }
    return true;
}

void Connection::send_ack_after(const Wait& wait, mqtt::PacketType type, std::uint16_t packet_id,
                                mqtt::ReasonCode reason) {
    if (!must_hold(wait)) return send_ack(type, packet_id, reason);
    held_acks_->push_back({wait, type, reason, packet_id, {}});
}

void Connection::send_codes_after(const Wait& wait, mqtt::PacketType type, std::uint16_t packet_id,
                                  std::vector<std::uint8_t> codes) {
    if (!must_hold(wait)) return send_codes(type, packet_id, codes);
    held_acks_->push_back({wait, type, mqtt::ReasonCode::Success, packet_id, std::move(codes)});
}

void Connection::send_codes(mqtt::PacketType type, std::uint16_t packet_id,
                            std::span<const std::uint8_t> codes) {
    mqtt::Suback answer;
    answer.packet_id = packet_id;
    answer.codes = codes;
    // [MQTT-3.1.2-24] Other answers are never larger than a CONNACK, which had room.
    if (mqtt::encoded_size(answer, version_) > maximum_packet_size_)
        return end(mqtt::ReasonCode::PacketTooLarge, "its answer exceeds the maximum packet size");
    send(*this, shard_, type, answer);
    bool is_suback = type == mqtt::PacketType::Suback;
    trace(*this, "Sending {} to {}", is_suback ? "SUBACK" : "UNSUBACK", client_id());
}

bool Connection::send_held() {
    const Recorder& recorder = *shard_.recorder();
    while (is_ready() && !held_acks_->empty()) {
        HeldAck& first = held_acks_->front();
        if (!recorder.is_over(first.wait)) {
            // With QoS 1 the publisher learns that there is no room: it may send again, and the
            // message may come twice. With QoS 2 it must not: it gets no answer until there is
            // room.
            bool can_tell = version_ == mqtt::Version::V5 && first.type == mqtt::PacketType::Puback;
            if (!can_tell || !recorder.is_full()) break;
            first.reason = mqtt::ReasonCode::QuotaExceeded;
        }
        HeldAck held = std::move(first);
        held_acks_->pop_front();
        bool has_codes =
            held.type == mqtt::PacketType::Suback || held.type == mqtt::PacketType::Unsuback;
        if (has_codes)
            send_codes(held.type, held.packet_id, held.codes);
        else
            send_ack(held.type, held.packet_id, held.reason);
    }
    // What ends the connection ends the wait: the client will ask again.
    if (!held_acks_->empty() && is_ready()) return false;
    held_acks_.reset();
    return true;
}

bool Shard::send_held(Connection& connection) {
    return connection.send_held();
}

void Shard::send_pubrel(SlotHandle handle, std::uint16_t packet_id) {
    Connection* connection = connection_slots_.find(handle);
    if (connection == nullptr || !connection->is_ready()) return;
    connection->send_ack(mqtt::PacketType::Pubrel, packet_id, mqtt::ReasonCode::Success);
}

void Shard::complete_connect(SlotHandle handle) {
    Connection* connection = connection_slots_.find(handle);
    if (connection == nullptr || connection->state_ != Connection::State::Recording) return;
    if (connection->waits_for_will_) {
        connection->waits_for_will_ = connection->session_->sent_will != nullptr;
        Wait wait = recorder_->session_of(*connection->session_);
        bool is_written = !connection->waits_for_will_ && recorder_->is_over(wait);
        if (!is_written) return recorder_->connect_later(*connection, wait);
    }
    connection->is_held_ = false;
    connection->complete_connect();
    connection->transport().resume();
}

// A PUBLISH of QoS 2 whose packet id is on disk.
void Shard::send_recorded(SlotHandle handle, std::uint16_t packet_id) {
    Session* session = session_slots_.find(handle);
    if (session == nullptr || !session->flow) return;
    OutEntry* entry = session->flow->out.find(packet_id);
    if (entry == nullptr || entry->state != OutState::WaitRecorded) return;
    entry->state = OutState::WaitPubrec;
    session->flow->recording--;
    // Without a connection it is sent again with the next one, as if it had been sent on this.
    if (session->connection != nullptr && session->connection->is_ready())
        write_entry(*session, *entry, false);
    if (session->flow->recording == 0) pump(*session);
}

// What another shard has to settle before this message is.
void Shard::note_handed_over(std::uint32_t shard, Leg leg, Publication& publication) {
    if (publication.qos == mqtt::Qos::AtMostOnce && publication.number == 0) return;
    Link::Counted& link = links_[shard].on(leg);
    link.sent++;
    if (!publication.is_awaited) return;
    recorder_->open_position(publication);
    recorder_->settlement().add_part(publication.position);
    link.at_other.push_back({link.sent, publication.position});
    if (publication.exact != nullptr) publication.exact->handed.push_back({shard, leg, link.sent});
}

// The same from the other side: before and after a letter's message is delivered here.
void Shard::await_for(std::uint32_t shard, Leg leg, Publication& publication,
                      std::shared_ptr<ExactMessage> exact) {
    if (publication.qos == mqtt::Qos::AtMostOnce && publication.number == 0) return;
    links_[shard].on(leg).received++;
    publication.is_awaited = true;
    if (exact) open_exact(publication, std::move(exact));
}

void Shard::settle_for(std::uint32_t shard, Leg leg, const Publication& publication) {
    if (publication.position == 0) return;
    Link::Counted& link = links_[shard].on(leg);
    link.here.push_back({link.received, publication.position});
    if (publication.exact != nullptr) link.promised.emplace(link.received, publication.position);
}

void Shard::report_settled(std::uint32_t shard, Leg leg) {
    Link::Counted& link = links_[shard].on(leg);
    while (!link.here.empty() && recorder_->settlement().is_settled(link.here.front().position)) {
        Link::Unsettled settled = link.here.front();
        link.here.pop_front();
        auto exact = exacts_.find(settled.position);
        if (exact != exacts_.end())
            batch_for(shard).letters.emplace_back(
                PreparedLetter{leg, settled.count, std::move(exact->second->copies)});
    }
    std::uint64_t settled = link.here.empty() ? link.received : link.here.front().count - 1;
    if (settled == link.reported) return;
    link.reported = settled;
    batch_for(shard).letters.emplace_back(SettledLetter{leg, settled});
}

void Shard::on_settled(std::uint32_t shard, const SettledLetter& letter) {
    std::deque<Link::Unsettled>& waiting = links_[shard].on(letter.leg).at_other;
    while (!waiting.empty() && waiting.front().count <= letter.count) {
        recorder_->settlement().drop_part(waiting.front().position);
        waiting.pop_front();
    }
}

}  // namespace martlet::broker
