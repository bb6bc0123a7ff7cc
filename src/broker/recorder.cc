#include "broker/recorder.h"

#include "broker/exact.h"
#include "broker/message_record.h"
#include "broker/shard.h"

#include <algorithm>

namespace martlet::broker {

namespace {

// A batch that only holds what receivers are about to acknowledge waits so long for them.
constexpr Milliseconds kLinger{2};
// Past this it goes at once.
constexpr std::uint64_t kBatchBytes = 1u << 20;
constexpr std::uint64_t kKeysAtOnce = 1u << 16;

}  // namespace

Recorder::Recorder(Shard& shard, journal::Journal& journal, Post& post, std::uint32_t index)
    : shard_(shard),
      journal_(journal),
      post_(post),
      index_(index),
      open_(std::make_unique<ShardBatch>(index, post)),
      next_key_(journal.take_keys(kKeysAtOnce)),
      keys_end_(next_key_ + kKeysAtOnce) {
    // What an earlier run has written has lower keys. The last of them may be a copy with QoS 2, to
    // which the next one belongs as well, written or not.
    next_key_++;
    taken_key_ = committed_key_ = next_key_;
}

bool Recorder::is_behind() const {
    return open_bytes_ > shard_.options().journal_credit_bytes;
}

journal::Key Recorder::take_keys(std::uint64_t count) {
    if (next_key_ + count > keys_end_) {
        next_key_ = journal_.take_keys(kKeysAtOnce);
        keys_end_ = next_key_ + kKeysAtOnce;
    }
    next_key_ += count;
    return next_key_ - count;
}

void Recorder::begin_keys_above(journal::Key key) {
    while (next_key_ <= key) {
        next_key_ = journal_.take_keys(kKeysAtOnce);
        if (next_key_ <= key) journal_.take_keys(key - next_key_);
        keys_end_ = next_key_ + kKeysAtOnce;
    }
}

void Recorder::note_time() {
    if (open_->empty()) opened_ = shard_.now().steady;
}

RecordBuffer& Recorder::ordinary_records() {
    note_time();
    is_urgent_ = true;
    return open_->records;
}

RecordBuffer& Recorder::essential_records() {
    note_time();
    return open_->essentials;
}

void Recorder::put_session(Session& session) {
    std::int64_t offset = wall_minus_steady(shard_.now());
    SessionRecord record;
    record.client_id = session.client_id;
    record.user_name = session.user_name;
    record.is_user_known = session.is_user_known;
    record.expiry_s = session.expiry_s;
    record.listener = session.listener;
    if (session.ends_at_ms != 0) record.ends_at_ms = session.ends_at_ms + offset;
    // One that is on its way is kept until it is settled; then the record is written again.
    const Will* will = session.sent_will ? session.sent_will.get() : session.will.get();
    if (will != nullptr) {
        record.will.emplace();
        record.will->delay_s = will->delay_s;
        record.will->expiry_s = will->expiry_s;
        record.will->message = record_of(will->message, offset);
    }
    RecordBuffer& records = records_for(session);
    if (session.key == 0) session.key = take_keys(1);
    session.is_will_recorded = will != nullptr;
    session.is_end_recorded = session.ends_at_ms != 0;
    record.is_open = session.is_open_recorded = session.is_open;
    if (session.flow) {
        OutQueue& out = session.flow->out;
        record.sent_through = session.flow->maybe_sent_through;
        if (out.sent() > 0)
            record.sent_through = std::max(record.sent_through, out.at(out.sent() - 1).key);
    }
    records.put(session.key, record);
}

// While one state of it waits in one part of the batch, the next does not go to the other: they
// would be written in the wrong order.
RecordBuffer& Recorder::records_for(Session& session) {
    bool waits_for_room = session.record_number > committed_number_;
    bool is_on_its_way = session.record_essential > committed_essential_;
    bool is_essential =
        session.key != 0 && !waits_for_room && (is_on_its_way || journal_.is_full());
    if (!is_essential) {
        session.record_number = open_number_;
        return ordinary_records();
    }
    session.record_essential = open_essential_;
    is_urgent_ = true;
    return essential_records();
}

void Recorder::put_subscription(const Session& session, Subscription& subscription) {
    if (session.key == 0) return;
    SubscriptionRecord record;
    std::string filter;
    if (subscription.is_shared) {
        filter = "$share/" + subscription.share_key();
        record.filter = filter;
    } else {
        record.filter = subscription.entry->filter();
    }
    record.session = session.key;
    record.qos = subscription.qos;
    record.no_local = subscription.no_local;
    record.retain_as_published = subscription.retain_as_published;
    record.identifier = subscription.identifier;
    if (subscription.key == 0) subscription.key = take_keys(1);
    ordinary_records().put(subscription.key, record);
}

void Recorder::remove_subscription(Subscription& subscription) {
    if (subscription.key != 0) remove(std::exchange(subscription.key, 0));
}

void Recorder::put_received(Session& session, std::uint16_t packet_id) {
    if (session.key == 0 || shard_.shared().test_forgets_received) return;
    journal::Key key = take_keys(1);
    session.flows().received[packet_id].key = key;
    ordinary_records().put(key, ReceivedRecord{session.key, packet_id});
}

void Recorder::remove_received(Session& session, std::uint16_t packet_id) {
    auto it = session.flows().received.find(packet_id);
    if (it == session.flow->received.end() || it->second.key == 0) return;
    remove(it->second.key);
    is_urgent_ = true;  // PUBCOMP waits for it
}

void Recorder::put_retained(journal::Key key, const BodyRef& message, std::uint64_t number,
                            const topics::RetainedOrigin* origin, journal::Key replaced) {
    RetainedRecord record;
    record.number = number;
    record.message = record_of(message, wall_minus_steady(shard_.now()));
    if (origin != nullptr) {
        record.has_origin = true;
        record.origin_user = origin->user_name;
        record.origin_client = origin->client_id;
        record.origin_listener = static_cast<std::uint16_t>(origin->listener);
    }
    open_bytes_ += message->size();
    ordinary_records().put(key, record);
    // Not an essential one: the old message goes with the coming of the new one, never before.
    if (replaced != 0) open_->records.remove(replaced);
}

void Recorder::remove(journal::Key key) {
    if (key != 0) essential_records().remove(key);
}

void Recorder::add_delivery(Session& session, Publication& publication, OutEntry& entry,
                            std::uint16_t group, bool is_urgent) {
    note_time();
    open_position(publication);
    ShardBatch::Delivery delivery;
    if (publication.is_shared && publication.message_key == 0) {
        publication.message_key = take_keys(1);
        open_->messages.push_back({publication.message_key, publication.message()});
        open_bytes_ += publication.message()->size();
    }
    delivery.key = entry.key = take_keys(entry.qos == mqtt::Qos::ExactlyOnce ? 2 : 1);
    journal::Key& estate_key = session.flow->estate_key;
    if (session.key == 0 && estate_key == 0) estate_key = take_keys(1);
    delivery.session = session.key != 0 ? session.key : estate_key;
    delivery.qos = entry.qos;
    delivery.retain = entry.retain;
    delivery.identifier = entry.subscription_identifiers;
    delivery.group = session.group(group);
    delivery.packet_id = entry.packet_id;
    delivery.message_key = publication.message_key;
    if (delivery.message_key != 0) {
        shared_by_delivery_.emplace(delivery.key, delivery.message_key);
        shared_uses_[delivery.message_key].copies++;
    } else {
        delivery.message = publication.message();
        open_bytes_ += delivery.message->size();
    }
    delivery.position = publication.position;
    if (delivery.position > taken_position_) {
        settlement_.add_copy(delivery.position);
    } else if (delivery.position != 0) {
        settlement_.add_part(delivery.position);
        open_->late.push_back(std::exchange(delivery.position, 0));
    }
    open_->deliveries.push_back(std::move(delivery));
    is_urgent_ |= is_urgent || open_bytes_ > kBatchBytes;
}

void Recorder::promise(Session& session, Publication& publication, OutEntry& entry,
                       std::uint16_t group) {
    ShardBatch::Delivery copy;
    copy.key = entry.key = take_keys(2);
    copy.session = session.key;
    Exact& exact = *publication.exact;
    // Not one that has properties of its own (Shard::deliver_merged).
    if (publication.message().get() == exact.body.get()) {
        copy.message_key = exact.message->key;
        share_message(copy.message_key, copy.key, Holders(exact.message, &exact.message->holders));
    } else {
        copy.message = publication.message();
    }
    copy.qos = entry.qos;
    copy.retain = entry.retain;
    copy.identifier = entry.subscription_identifiers;
    copy.group = session.group(group);
    copy.packet_id = entry.packet_id;
    entry.is_promised = true;
    exact.promises.push_back({session.handle, entry.key});
    exact.copies.push_back(std::move(copy));
}

void Recorder::write_exact(Position position, Exact& exact) {
    note_time();
    is_urgent_ = true;
    for (ShardBatch::Delivery& copy : exact.copies) {
        if (copy.message) open_bytes_ += copy.message->size();
        open_->exact_copies.push_back(std::move(copy));
    }
    // Should the last copy end in another shard from here on, that shard removes the record.
    if (exact.message->holders.fetch_sub(1, std::memory_order_acq_rel) > 1) {
        open_bytes_ += exact.body->size();
        open_->exact_messages.push_back({exact.message->key, std::move(exact.body)});
    }
    open_->exact_positions.push_back(position);
}

void Recorder::note_sent(Session& session, const OutEntry& entry) {
    SentRecord record{session.key, entry.packet_id};
    const auto& deliveries = open_->deliveries;
    bool is_new = !deliveries.empty() && entry.key >= deliveries.front().key;
    // What it waits for is never over before it is for an earlier one of its session.
    Wait wait;
    if (is_new) {
        ordinary_records().put(entry.key + 1, record);
        wait = ordinary();
    } else {
        essential_records().put(entry.key + 1, record);
        wait = essential();
        // With the copy on disk there is no need to wait for what finds no room.
        if (entry.key >= committed_key_) wait.number = open_number_ - 1;
    }
    is_urgent_ = true;
    sends_.push_back({session.handle, entry.packet_id, wait});
}

void Recorder::note_released(Session& session, const OutEntry& entry) {
    end_delivery(entry);
    essential_records().put(entry.key + 1, ReleasedRecord{session.key, entry.packet_id});
    is_urgent_ = true;
}

void Recorder::end_delivery(const OutEntry& entry) {
    if (entry.key == 0) return;
    if (!strike_out(entry.key)) remove(entry.key);
    if (!shared_by_delivery_.empty()) release_shared(entry.key);
}

void Recorder::move_delivery(OutEntry& entry) {
    ordinary_records().remove(entry.key);
    if (!shared_by_delivery_.empty()) release_shared(entry.key);
    entry.key = 0;
}

// True: it was in the batch that has not been taken, and is not written.
bool Recorder::strike_out(journal::Key key) {
    auto& deliveries = open_->deliveries;
    if (deliveries.empty() || key < deliveries.front().key) return false;
    auto it =
        std::lower_bound(deliveries.begin(), deliveries.end(), key,
                         [](const ShardBatch::Delivery& d, journal::Key k) { return d.key < k; });
    if (it == deliveries.end() || it->key != key) return false;
    if (!std::exchange(it->is_void, true)) {
        if (it->position != 0) settlement_.drop_copy(it->position);
        if (it->message) open_bytes_ -= it->message->size();
        it->message = BodyRef();
    }
    while (!deliveries.empty() && deliveries.back().is_void) deliveries.pop_back();
    // With nothing else in it the batch would not be written, and nobody would say that these are.
    if (deliveries.empty()) {
        for (Position late : open_->late) settlement_.drop_part(late);
        open_->late.clear();
    }
    return true;
}

void Recorder::release_shared(journal::Key delivery_key) {
    auto it = shared_by_delivery_.find(delivery_key);
    if (it == shared_by_delivery_.end()) return;
    journal::Key message_key = it->second;
    shared_by_delivery_.erase(it);
    auto use = shared_uses_.find(message_key);
    if (--use->second.copies > 0) return;
    Holders holders = std::move(use->second.holders);
    shared_uses_.erase(use);
    if (holders && holders->fetch_sub(1, std::memory_order_acq_rel) > 1) return;
    auto& messages = open_->messages;
    auto shared = std::lower_bound(
        messages.begin(), messages.end(), message_key,
        [](const ShardBatch::SharedMessage& m, journal::Key k) { return m.key < k; });
    if (shared == messages.end() || shared->key != message_key) return remove(message_key);
    if (shared->message) open_bytes_ -= shared->message->size();
    shared->message = BodyRef();
    while (!messages.empty() && !messages.back().message) messages.pop_back();
}

void Recorder::share_message(journal::Key message_key, journal::Key delivery_key,
                             const Holders& holders) {
    shared_by_delivery_.emplace(delivery_key, message_key);
    SharedUse& use = shared_uses_[message_key];
    if (use.copies++ > 0) return;
    use.holders = holders;
    holders->fetch_add(1, std::memory_order_relaxed);
}

Milliseconds Recorder::next_wake() const {
    if (is_taken_ || open_->empty()) return Milliseconds::max();
    if (journal_.is_full() && open_->essentials.empty()) return Milliseconds::max();
    return opened_ + kLinger;
}

void Recorder::hand_over() {
    if (is_taken_ || open_->empty()) return;
    bool is_full = journal_.is_full();
    if (is_full && open_->essentials.empty()) return;
    if (!is_urgent_ && shard_.now().steady < opened_ + kLinger) return;
    std::unique_ptr<ShardBatch> batch;
    if (is_full) {
        // Only what makes room; the rest waits for it.
        batch = std::make_unique<ShardBatch>(index_, post_);
        std::swap(batch->essentials, open_->essentials);
        // A record that is on disk and waits here for its new value must not come back by it.
        open_->records.follow_removals(batch->essentials);
    } else {
        batch = std::move(open_);
        open_ = spare_ ? std::move(spare_) : std::make_unique<ShardBatch>(index_, post_);
        open_bytes_ = 0;
    }
    batch->wall_minus_steady_ms = wall_minus_steady(shard_.now());
    if (batch->has_ordinary()) {
        batch->number = open_number_++;
        batch->last_position = taken_position_ = settlement_.newest();
        taken_key_ = next_key_;
    }
    if (!batch->essentials.empty()) batch->essential_number = open_essential_++;
    is_urgent_ = false;
    is_taken_ = true;
    journal_.submit(std::move(batch));
}

void Recorder::on_batch(std::unique_ptr<ShardBatch> batch) {
    is_taken_ = false;
    if (batch->outcome == journal::Outcome::Full) {
        take_back(*batch);
    } else {
        committed_number_ = std::max(committed_number_, batch->number);
        committed_essential_ = std::max(committed_essential_, batch->essential_number);
        settlement_.commit(batch->last_position);
        if (batch->number != 0) committed_key_ = taken_key_;
        for (Position position : batch->late) settlement_.drop_part(position);
        for (Position position : batch->exact_positions) {
            settlement_.drop_part(position);
            shard_.keep_promises(position);
        }
    }
    batch->clear();
    spare_ = std::move(batch);
    release_written();
}

// Nothing of it was written: it is in front of what has come since.
void Recorder::take_back(ShardBatch& batch) {
    note_time();
    std::swap(batch.messages, open_->messages);
    std::swap(batch.deliveries, open_->deliveries);
    std::swap(batch.records, open_->records);
    open_->late.insert(open_->late.end(), batch.late.begin(), batch.late.end());
    std::swap(batch.essentials, open_->essentials);
    for (auto& message : batch.messages) open_->messages.push_back(std::move(message));
    for (auto& delivery : batch.deliveries) open_->deliveries.push_back(std::move(delivery));
    auto move_to_front = [](auto& mine, auto& its) {
        mine.insert(mine.begin(), std::make_move_iterator(its.begin()),
                    std::make_move_iterator(its.end()));
    };
    move_to_front(open_->exact_messages, batch.exact_messages);
    move_to_front(open_->exact_copies, batch.exact_copies);
    move_to_front(open_->exact_positions, batch.exact_positions);
    open_->records.append(batch.records);
    open_->essentials.append(batch.essentials);
    open_bytes_ = 0;
    for (const auto& message : open_->messages)
        if (message.message) open_bytes_ += message.message->size();
    for (const auto& message : open_->exact_messages) open_bytes_ += message.message->size();
    for (const auto& delivery : open_->deliveries)
        if (delivery.message) open_bytes_ += delivery.message->size();
    is_urgent_ = true;
}

}  // namespace martlet::broker
