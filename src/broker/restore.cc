#include "broker/restore.h"

#include "base/log.h"
#include "broker/message_record.h"
#include "broker/shard.h"

#include <algorithm>

namespace martlet::broker {

namespace {

std::vector<std::uint8_t> copy(ByteView bytes) {
    return {bytes.begin(), bytes.end()};
}

// What the message takes as a Body.
std::uint32_t body_bytes(const MessageRecord& m) {
    return static_cast<std::uint32_t>(sizeof(MessageHead) + m.topic.size() + m.properties.size() +
                                      m.payload.size());
}

}  // namespace

void Restore::add(journal::Key key, ByteView value) {
    Record record;
    if (!decode(value, record)) {
        counts_.unknown++;
        return;
    }
    if (std::holds_alternative<SessionRecord>(record)) {
        sessions_.push_back({key, copy(value)});
    } else if (const auto* s = std::get_if<SubscriptionRecord>(&record)) {
        belongings_[s->session].subscriptions.emplace_back(key, copy(value));
    } else if (const auto* m = std::get_if<MessageRecord>(&record)) {
        messages_[key] = body_bytes(*m);
    } else if (const auto* d = std::get_if<DeliveryRecord>(&record)) {
        std::uint32_t bytes = d->message_key == 0 ? body_bytes(d->message) : 0;
        belongings_[d->session].queued.push_back({key, d->message_key, bytes, d->identifier,
                                                  d->packet_id, d->qos, d->retain,
                                                  number_of_group(d->group)});
    } else if (const auto* sent = std::get_if<SentRecord>(&record)) {
        belongings_[sent->session].numbered.push_back({key, sent->packet_id, false});
    } else if (const auto* released = std::get_if<ReleasedRecord>(&record)) {
        belongings_[released->session].numbered.push_back({key, released->packet_id, true});
    } else if (const auto* received = std::get_if<ReceivedRecord>(&record)) {
        belongings_[received->session].received.emplace_back(key, received->packet_id);
    } else {
        retained_.emplace_back(key, copy(value));
    }
}

Restore::Counts Restore::finish(Shared& shared, const std::vector<Shard*>& shards,
                                const Read& read) {
    std::sort(sessions_.begin(), sessions_.end(),
              [](const SavedSession& a, const SavedSession& b) { return a.key < b.key; });
    for (const SavedSession& saved : sessions_) restore_session(shared, shards, saved, read);
    restore_retained(shared, *shards.front());
    Shard& first = *shards.front();
    for (auto& [key, belongings] : belongings_) take_apart(shared, shards, key, belongings);
    for (const auto& [key, size] : messages_) {
        if (!uses_.contains(key)) forget(first, key);
    }
    // Members of share groups are on their way to the groups' homes before anything is published.
    for (Shard* shard : shards) shard->send_letters();
    return counts_;
}

void Restore::forget(Shard& shard, journal::Key key) {
    shard.recorder()->remove(key);
    counts_.strays++;
}

// A session that has ended leaves messages of share groups: they go back to the groups, unless they
// were sent with QoS 2 [MQTT-4.8.2-5].
void Restore::take_apart(Shared& shared, const std::vector<Shard*>& shards, journal::Key key,
                         Belongings& belongings) {
    Shard& shard = *shards.front();
    HashSet<journal::Key> sent;
    for (const auto& [subscription, value] : belongings.subscriptions) forget(shard, subscription);
    for (const auto& [received, id] : belongings.received) forget(shard, received);
    for (const Numbered& numbered : belongings.numbered) {
        sent.insert(numbered.key - 1);
        forget(shard, numbered.key);
    }
    std::vector<Queued> returned;
    for (const Queued& queued : belongings.queued) {
        bool is_lost = queued.message_key != 0 && !messages_.contains(queued.message_key);
        bool was_sent = queued.qos == mqtt::Qos::ExactlyOnce && sent.contains(queued.key);
        bool may_return = queued.group != 0 && queued.qos != mqtt::Qos::AtMostOnce;
        if (may_return && !was_sent && !is_lost)
            returned.push_back(queued);
        else
            forget(shard, queued.key);
    }
    if (!returned.empty()) restore_estate(shared, shards, key, returned);
}

void Restore::restore_estate(Shared& shared, const std::vector<Shard*>& shards, journal::Key key,
                             std::vector<Queued>& queued) {
    std::sort(queued.begin(), queued.end(),
              [](const Queued& a, const Queued& b) { return a.key < b.key; });
    Shard& shard = *shards[shared.home_of_group(groups_[queued.front().group - 1])];
    Session& estate = shard.restore_estate(key);
    for (const Queued& q : queued) {
        OutEntry entry = entry_of(shard, estate, q);
        entry.is_stored = true;
        entry.stored_bytes = bytes_of(q);
        shard.restore_queued(estate, entry);
        count_message(estate);
    }
}

std::uint32_t Restore::number_of_group(std::string_view name) {
    if (name.empty()) return 0;
    auto [it, is_new] = group_numbers_.try_emplace(std::string(name), 0u);
    if (is_new) {
        groups_.emplace_back(name);
        it->second = static_cast<std::uint32_t>(groups_.size());
    }
    return it->second;
}

void Restore::restore_session(Shared& shared, const std::vector<Shard*>& shards,
                              const SavedSession& saved, const Read& read) {
    Record record;
    decode(saved.value, record);
    const auto& s = std::get<SessionRecord>(record);
    Shard& shard = *shards[shared.home_of(s.client_id)];
    auto found = belongings_.find(saved.key);
    Belongings belongings = found == belongings_.end() ? Belongings() : std::move(found->second);
    if (found != belongings_.end()) belongings_.erase(found);
    bool is_over = s.ends_at_ms != 0 && s.ends_at_ms <= now_.wall.count() && !s.will;
    if (s.expiry_s == 0 || is_over || shard.find_session(s.client_id) != nullptr) {
        forget(shard, saved.key);
        return take_apart(shared, shards, saved.key, belongings);
    }
    Session& session = shard.restore_session(saved.key, s);
    restore_subscriptions(shard, session, belongings);
    restore_queue(shard, session, s, belongings, read);
    for (const auto& [key, id] : belongings.received) session.flows().received[id] = {key, 0};
    if (!session.is_tap) counts_.sessions++;
}

void Restore::restore_subscriptions(Shard& shard, Session& session, Belongings& belongings) {
    for (const auto& [key, value] : belongings.subscriptions) {
        Record record;
        decode(value, record);
        const auto& s = std::get<SubscriptionRecord>(record);
        if (shard.restore_subscription(session, key, s))
            counts_.subscriptions++;
        else
            forget(shard, key);
    }
}

void Restore::count_message(const Session& session) {
    (session.is_tap ? counts_.telemetry : counts_.messages)++;
}

std::uint32_t Restore::bytes_of(const Queued& queued) const {
    if (queued.message_key == 0) return queued.bytes;
    auto it = messages_.find(queued.message_key);
    return it == messages_.end() ? 0 : it->second;
}

// In the order of the keys, in which messages are queued and sent. Those up to the last one whose
// packet id has a record are in flight; the others wait, and have DUP if they may have been sent.
void Restore::restore_queue(Shard& shard, Session& session, const SessionRecord& record,
                            Belongings& belongings, const Read& read) {
    std::vector<Queued>& queued = belongings.queued;
    std::vector<Numbered>& numbered = belongings.numbered;
    auto by_key = [](const auto& a, const auto& b) { return a.key < b.key; };
    std::sort(queued.begin(), queued.end(), by_key);
    std::sort(numbered.begin(), numbered.end(), by_key);
    journal::Key in_flight_through = numbered.empty() ? 0 : numbered.back().key - 1;
    bool is_open = record.is_open;
    auto next = numbered.begin();
    for (Queued& q : queued) {
        for (; next != numbered.end() && next->key - 1 < q.key; ++next)
            restore_numbered(shard, session, *next);
        bool is_its_own = next != numbered.end() && next->key - 1 == q.key;
        q.is_in_flight = q.key <= in_flight_through;
        // QoS 2 is not sent before its id has a record, and no message is sent before one that is
        // queued before it.
        if (q.qos == mqtt::Qos::ExactlyOnce && !q.is_in_flight) is_open = false;
        q.may_be_sent = q.is_in_flight || is_open || q.key <= record.sent_through;
        if (shard.shared().test_forgets_ids && q.qos == mqtt::Qos::AtLeastOnce) q.packet_id = 0;
        restore_copy(shard, session, q, is_its_own ? &*next++ : nullptr, read);
    }
    for (; next != numbered.end(); ++next) restore_numbered(shard, session, *next);
    if (record.is_open) skip_ids(shard, session);
}

// A kill loses copies that were sent and not yet written, and the client may still acknowledge
// them. Their ids are not known. They follow the newest one that is; if none is, they may be any.
void Restore::skip_ids(Shard& shard, Session& session) {
    std::uint64_t mixed = shard.recorder()->take_keys(1) * 0x9e37'79b9'7f4a'7c15u;
    session.first_id = static_cast<std::uint16_t>(1 + (mixed >> 48) % UINT16_MAX);
    if (!session.flow) return;
    OutQueue& out = session.flow->out;
    auto gap = static_cast<std::uint16_t>(1024 + (mixed >> 52));
    out.begin_ids_at(out.empty() ? session.first_id : OutQueue::following(out.next_id(), gap));
}

// A packet id without its message: PUBREC has come.
void Restore::restore_numbered(Shard& shard, Session& session, const Numbered& numbered) {
    if (!numbered.is_released) return forget(shard, numbered.key);  // it was never sent
    OutEntry entry;
    entry.key = numbered.key - 1;
    entry.qos = mqtt::Qos::ExactlyOnce;
    entry.packet_id = numbered.packet_id;
    entry.is_id_recorded = true;
    entry.state = OutState::WaitPubcomp;
    shard.restore_sent(session, entry, {});
}

void Restore::restore_copy(Shard& shard, Session& session, const Queued& queued,
                           const Numbered* numbered, const Read& read) {
    if (numbered != nullptr && numbered->is_released) {
        forget(shard, queued.key);
        return restore_numbered(shard, session, *numbered);
    }
    bool is_over = queued.may_be_sent && queued.qos == mqtt::Qos::AtMostOnce;
    bool is_lost = queued.message_key != 0 && !messages_.contains(queued.message_key);
    // All shards were done with their copies, and the record of it that this one wrote came too
    // late for a kill: so PUBREC had come, and the client waits for PUBREL.
    if (is_lost && numbered != nullptr && queued.qos == mqtt::Qos::ExactlyOnce) {
        restore_numbered(shard, session, {numbered->key, numbered->packet_id, true});
        return shard.recorder()->note_released(session,
                                               *session.flow->out.find(numbered->packet_id));
    }
    if (is_over || is_lost) {
        if (numbered != nullptr) forget(shard, numbered->key);
        return forget(shard, queued.key);
    }
    OutEntry entry = entry_of(shard, session, queued);
    if (numbered != nullptr) {
        entry.packet_id = numbered->packet_id;
        entry.is_id_recorded = true;
    }
    count_message(session);
    if (queued.is_in_flight) {
        entry.state = OutState::WaitResend;
        journal::Key place = queued.message_key != 0 ? queued.message_key : queued.key;
        return shard.restore_sent(session, entry, read(place));
    }
    entry.may_be_sent = queued.may_be_sent;
    if (queued.may_be_sent) session.flows().maybe_sent_through = queued.key;
    entry.is_stored = true;
    entry.stored_bytes = bytes_of(queued);
    shard.restore_queued(session, entry);
}

OutEntry Restore::entry_of(Shard& shard, Session& session, const Queued& queued) {
    OutEntry entry;
    entry.key = queued.key;
    entry.qos = queued.qos;
    entry.retain = queued.retain;
    entry.subscription_identifiers = queued.identifier;
    entry.packet_id = queued.packet_id;
    if (queued.group != 0) entry.set_group(session.group_number(groups_[queued.group - 1]));
    if (queued.message_key != 0) {
        Recorder::Holders& holders = uses_[queued.message_key];
        if (!holders) holders = std::make_shared<std::atomic<std::uint32_t>>(0);
        shard.recorder()->share_message(queued.message_key, queued.key, holders);
    }
    return entry;
}

void Restore::restore_retained(Shared& shared, Shard& shard) {
    std::int64_t offset = wall_minus_steady(now_);
    for (const auto& [key, value] : retained_) {
        Record record;
        decode(value, record);
        const auto& r = std::get<RetainedRecord>(record);
        topics::RetainedMessage message;
        message.body = body_of(r.message, offset);
        message.number = r.number;
        message.record = key;
        if (r.has_origin) {
            message.origin = std::make_shared<topics::RetainedOrigin>(topics::RetainedOrigin{
                std::string(r.origin_user), std::string(r.origin_client), r.origin_listener});
        }
        journal::Key beaten = shared.retained.restore(r.message.topic, std::move(message));
        if (beaten == 0)
            counts_.retained++;
        else
            forget(shard, beaten);
    }
    retained_.clear();
}

Session& Shard::restore_session(journal::Key key, const SessionRecord& record) {
    Session& session = make_session(record.client_id, record.user_name);
    session.key = key;
    session.is_open_recorded = record.is_open;
    session.is_user_known = record.is_user_known;
    session.expiry_s = record.expiry_s;
    bool is_known = record.listener < snapshot_->listeners.size();
    session.listener = is_known ? record.listener : std::uint16_t{0};
    std::int64_t offset = wall_minus_steady(now_);
    if (record.will) {
        session.will = std::make_unique<Will>();
        session.will->delay_s = record.will->delay_s;
        session.will->expiry_s = record.will->expiry_s;
        session.will->message = body_of(record.will->message, offset);
        session.is_will_recorded = true;
    }
    // The connection that it had has ended now; a time that was set before stays.
    set_end(session, session.will ? session.will->delay_s : 0);
    if (record.ends_at_ms != 0) {
        session.is_end_recorded = true;
        // A clock that was set back does not lengthen its life.
        std::int64_t latest = session.expiry_s == kNeverExpires ? INT64_MAX : session.ends_at_ms;
        session.ends_at_ms = std::clamp<std::int64_t>(record.ends_at_ms - offset, 1, latest);
        std::int64_t due = session.ends_at_ms;
        if (session.will) due = std::min(due, session.will_due_ms);
        wheel_.set(session.timer, Milliseconds(due));
    }
    return session;
}

bool Shard::restore_subscription(Session& session, journal::Key key,
                                 const SubscriptionRecord& record) {
    mqtt::ParsedFilter parsed;
    if (!mqtt::parse_filter(record.filter, parsed)) return false;
    mqtt::Subscription wanted;
    wanted.qos = record.qos;
    wanted.no_local = record.no_local;
    wanted.retain_as_published = record.retain_as_published;
    Subscription* subscription = nullptr;
    bool is_new = parsed.is_shared ? add_shared(session, parsed.group, parsed.filter, wanted,
                                                record.identifier, key)
                                   : add_subscription(session, parsed.filter, wanted,
                                                      record.identifier, subscription, key);
    return is_new;
}

void Shard::restore_sent(Session& session, OutEntry entry, ByteView value) {
    if (entry.state == OutState::WaitResend) {
        entry.message = message_of(value).release();
        count_queued(session, entry);
    }
    session.flows().out.restore_sent(entry);
}

void Shard::restore_queued(Session& session, const OutEntry& entry) {
    count_queued(session, entry);
    session.flow->out.push(entry);
}

}  // namespace martlet::broker
