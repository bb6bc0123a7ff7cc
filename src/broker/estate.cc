// Ended sessions give messages back to their share groups: see estate.h.

#include "broker/estate.h"

#include "broker/exact.h"
#include "broker/shard.h"

#include <algorithm>
#include <utility>

namespace martlet::broker {

namespace {

// So many messages of one estate are under way to their groups at a time.
constexpr std::uint32_t kUnderWayMax = 1024;

// A QoS 2 message goes back only if it was never sent [MQTT-4.8.2-5].
bool may_return(const OutEntry& entry) {
    if (entry.share == 0 || !entry.has_message()) return false;
    if (entry.qos == mqtt::Qos::AtLeastOnce) return true;
    return entry.qos == mqtt::Qos::ExactlyOnce && entry.state == OutState::Queued;
}

}  // namespace

// Messages that no group gets back are dropped; the others wait in their order, as if they had
// never been sent.
void Shard::keep_returnable(Session& session) {
    Session::Flow& flow = *session.flow;
    flow.in_memory = 0;
    for (std::uint32_t i = 0; i < flow.out.size(); i++) {
        OutEntry& entry = flow.out.at(i);
        if (may_return(entry)) {
            if (entry.is_id_recorded) recorder_->remove(entry.key + 1);
            entry.is_id_recorded = false;
            flow.in_memory += !entry.is_stored;
            continue;
        }
        if (recorder_) end_record(entry);
        if (!entry.has_message()) continue;
        release_message(session, entry);
        drop(DropReason::SessionEnded);
    }
    flow.out.requeue([](const OutEntry& entry) { return may_return(entry); });
    flow.in_flight_bytes = 0;
    flow.recording = 0;
    flow.is_reading_stale = flow.is_reading;
    if (recorder_) {
        for (const auto& [id, received] : flow.received) recorder_->remove(received.key);
    }
    flow.received.clear();
}

// The session is no longer in sessions_, and none of its subscriptions is left.
void Shard::open_estate(std::unique_ptr<Session> session) {
    session->is_over = true;
    session->expiry_s = 0;
    session->timer.cancel();
    session->replays.reset();
    session->flows();
    Estate estate;
    if (shared_.shards > 1) estate.mark = await_mark(*session);
    estate.session = std::move(session);
    estates_.push_back(std::move(estate));
}

// At start: what an earlier run left of a session that has ended.
Session& Shard::restore_estate(journal::Key key) {
    auto session = std::make_unique<Session>(std::string_view(), std::string_view());
    Session& estate = *session;
    estate.handle = session_slots_.add(&estate);
    estate.key = key;
    open_estate(std::move(session));
    return estate;
}

void Shard::settle_estates() {
    for (Estate& estate : estates_) {
        finish_returned(estate);
        return_messages(estate);
    }
    std::erase_if(estates_, [&](const Estate& estate) {
        bool is_done = estate.session->flow->out.empty() && is_mark_back(estate.mark);
        if (is_done) session_slots_.remove(estate.session->handle);
        return is_done;
    });
}

void Shard::finish_returned(Estate& estate) {
    while (!estate.returned.empty()) {
        const Estate::Returned& first = estate.returned.front();
        if (!recorder_->settlement().is_settled(first.position)) return;
        finish_entry(*estate.session, *estate.session->flow->out.find(first.packet_id));
        estate.returned.pop_front();
    }
}

void Shard::return_messages(Estate& estate) {
    Session& session = *estate.session;
    OutQueue& out = session.flow->out;
    while (out.queued() > 0 && estate.returned.size() < kUnderWayMax) {
        const OutEntry& next = out.at(out.sent());
        if (next.is_promised) return;
        if (next.is_stored) return read_back(session);
        MessageView message(next.message);
        bool is_lost = message.topic().empty();  // could not be read back
        if (is_lost || message.is_expired(now_.steady)) {
            drop(is_lost ? DropReason::Unreadable : DropReason::Expired);
            finish_entry(session, begin_next(*session.flow));
            continue;
        }
        BodyRef group = group_of(session, next);
        std::uint32_t home = shared_.home_of_group(as_text(group->view()));
        // As a publisher would be held.
        if (links_[home].outstanding > options().shard_credit_bytes) return;
        OutEntry& entry = begin_next(*session.flow);
        next.message->hold();
        Publication publication = Publication::of(BodyRef::adopt(entry.message));
        if (entry.qos < publication.qos) {
            // A message that was sent with QoS 1 may come again, so the next member does not get it
            // with QoS 2.
            publication.qos = entry.qos;
            publication = Publication::of(publication.copy_with_expiry(publication.expires_at_ms));
        }
        publication.is_awaited = entry.key != 0;
        if (entry.key != 0 && publication.qos == mqtt::Qos::ExactlyOnce)
            begin_exact_return(publication, session, entry.packet_id);
        if (home == index_)
            return_to_group(as_text(group->view()), publication, index_);
        else
            hand_back(home, std::move(group), publication);
        if (publication.position == 0)
            finish_entry(session, entry);
        else
            estate.returned.push_back({entry.packet_id, publication.position});
    }
}

// The group that a message of this session came from. One with a number that does not fit into the
// entry is found by its filter.
BodyRef Shard::group_of(const Session& session, const OutEntry& entry) {
    const std::vector<BodyRef>& names = *session.groups;
    if (entry.share < OutEntry::kShareMax) return names[entry.share - 1u];
    std::string_view topic = MessageView(entry.message).topic();
    for (std::size_t i = OutEntry::kShareMax - 1; i < names.size(); i++) {
        std::string_view name = as_text(names[i]->view());
        if (mqtt::matches(name.substr(name.find('/') + 1), topic)) return names[i];
    }
    return names[OutEntry::kShareMax - 1];
}

void Shard::hand_back(std::uint32_t home, BodyRef group, Publication& publication) {
    const BodyRef& message = publication.message();
    LetterBatch& batch = batch_for(home);
    batch.bytes += letter_cost(message);
    links_[home].outstanding += letter_cost(message);
    batch.letters.emplace_back(
        ReturnLetter{message, std::move(group), exact_message_of(publication)});
    if (recorder_) note_handed_over(home, Leg::ToShard, publication);
}

// In the group's home. Without a member the shared subscription is no more, and its messages go
// with it.
void Shard::return_to_group(std::string_view group_and_filter, Publication& publication,
                            std::uint32_t from) {
    frames_.begin();
    Group* group = find_group(group_and_filter);
    if (group == nullptr || !deliver_to_group(*group, publication, from, true))
        drop(DropReason::SessionEnded);
}

}  // namespace martlet::broker
