// Queued messages that are in the journal only, and how they come back.

#include "base/log.h"
#include "broker/message_record.h"
#include "broker/shard.h"

#include <utility>

namespace martlet::broker {

void ShardReading::finish(std::unique_ptr<journal::Reading> self) {
    auto letters = std::make_unique<LetterBatch>();
    letters->letters.emplace_back(
        ReadingLetter{std::unique_ptr<ShardReading>(static_cast<ShardReading*>(self.release()))});
    post_.post(shard_, std::move(letters));
}

void Shard::read_back(Session& session) {
    if (!session.flow->is_reading) recorder_->read_back(session);
}

void Shard::pump(SlotHandle handle) {
    Session* session = session_slots_.find(handle);
    if (session == nullptr || !session->flow) return;
    session->flow->is_reading = session->flow->is_reading_stale = false;
    pump(*session);
}

void Shard::on_read(ShardReading& reading) {
    Session* session = session_slots_.find(reading.session);
    if (session == nullptr || !session->flow) return;
    Session::Flow& flow = *session->flow;
    flow.is_reading = false;
    if (std::exchange(flow.is_reading_stale, false)) return pump(*session);
    // Nothing was sent meanwhile, since it is these that are next.
    OutQueue& out = flow.out;
    for (std::uint32_t i = 0; i < reading.values.size() && i < out.queued(); i++) {
        OutEntry& entry = out.at(out.sent() + i);
        if (!entry.is_stored) break;
        put_back(*session, entry, reading.values[i]);
    }
    pump(*session);
}

// Nothing can be read: a message of no topic, which pump() drops.
BodyRef Shard::message_of(ByteView value) const {
    std::int64_t offset = wall_minus_steady(now_);
    Record record;
    if (!decode(value, record)) return body_of(MessageRecord(), offset);
    if (const auto* delivery = std::get_if<DeliveryRecord>(&record))
        return body_of(delivery->message, offset);
    const auto* message = std::get_if<MessageRecord>(&record);
    return body_of(message == nullptr ? MessageRecord() : *message, offset);
}

void Shard::put_back(Session& session, OutEntry& entry, ByteView value) {
    Session::Flow& flow = *session.flow;
    BodyRef message = message_of(value);
    // What it takes in memory may differ from what it took before.
    flow.out_bytes += message->size() - entry.stored_bytes;
    if (!session.is_tap) counters_.queued_bytes.add(message->size() - entry.stored_bytes);
    entry.is_stored = false;
    entry.message = message.release();
    flow.in_memory++;
}

void Shard::count_queued(Session& session, const OutEntry& entry) {
    Session::Flow& flow = session.flows();
    flow.out_bytes += entry.bytes();
    if (session.is_tap) return counters_.tap_messages.add();
    counters_.queued_messages.add();
    counters_.queued_bytes.add(entry.bytes());
}

}  // namespace martlet::broker
