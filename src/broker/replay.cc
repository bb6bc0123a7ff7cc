// Retained messages for a SUBSCRIBE: read in topic order, as many at a time as can leave at once.
// None of them waits in the session's queue, so that no limit of the queue costs any, and a value
// that was replaced meanwhile is not sent behind the newer one.
//
// Marks: a live message that is older than the tree may still be on its way from another shard, for
// an earlier SUBSCRIBE of this session (the same filter, or one that overlaps). Where there was
// one, the answer begins when a mark has come back from every other shard, and with it all that was
// published before.

#include "broker/shard.h"

#include <algorithm>
#include <utility>
#include <vector>

namespace martlet::broker {

namespace {

constexpr std::size_t kStretch = 64;
// No more is read while this much waits for the socket.
constexpr std::uint64_t kOutboxHigh = 256 * 1024;

}  // namespace

void Shard::start_replay(Session& session, std::string_view filter, Subscription& subscription,
                         bool is_new) {
    if (shared_.retained.count() == 0) return;
    // The subscription is in the tree and in the interest index already: what is stored from now on
    // comes as a live message with a greater number, what was stored before is read here.
    std::uint64_t newest = shared_.retained.newest();
    if (!session.replays) session.replays = std::make_unique<std::deque<Replay>>();
    if (is_new) {
        subscription.retained_number = newest;
    } else {
        // A SUBSCRIBE that is repeated loses no message that is on its way [MQTT-3.8.4-3]: it comes
        // live, and the retained one comes again as such. While an earlier answer is under way, it
        // starts anew.
        std::erase_if(*session.replays, [&](const Replay& r) { return r.filter == filter; });
    }
    Replay replay;
    replay.filter = filter;
    replay.up_to = newest;
    bool has_others = !is_new || session.subscription_count > 1;
    replay.mark = shared_.shards > 1 && has_others ? await_mark(session) : 0;
    replay.qos = subscription.qos;
    replay.identifier = subscription.identifier;
    session.replays->push_back(std::move(replay));
}

// One mark is under way at a time; the next serves all that have asked meanwhile.
std::uint64_t Shard::await_mark(Session& session) {
    if (!session.awaits_mark) to_mark_.push_back(session.handle);
    session.awaits_mark = true;
    return marks_begun_ + 1;
}

void Shard::send_marks() {
    marks_begun_++;
    marked_.swap(to_mark_);
    for (SlotHandle handle : marked_) {
        if (Session* session = session_slots_.find(handle)) session->awaits_mark = false;
    }
    for (std::uint32_t other = 0; other < links_.size(); other++) {
        if (other == index_) continue;
        batch_for(other).letters.emplace_back(MarkLetter{});
        marks_out_++;
    }
}

void Shard::on_mark(std::uint32_t shard, const MarkLetter& letter) {
    if (!letter.is_back) {
        batch_for(shard).letters.emplace_back(MarkLetter{.is_back = true});
        return;
    }
    if (--marks_out_ > 0) return;
    for (SlotHandle handle : marked_) {
        if (Session* session = session_slots_.find(handle)) continue_replays(*session);
    }
    marked_.clear();
}

void Shard::continue_replays(Session& session) {
    while (session.replays && session.connection != nullptr && session.connection->is_ready()) {
        Replay& replay = session.replays->front();
        if (!is_mark_back(replay.mark) || !has_replay_room(session, replay.next_qos)) return;
        Stretch stretch = send_stretch(session, replay);
        if (stretch == Stretch::NoRoom) return;
        if (stretch == Stretch::More) continue;
        session.replays->pop_front();
        if (session.replays->empty()) session.replays.reset();
    }
}

Shard::Stretch Shard::send_stretch(Session& session, Replay& replay) {
    std::size_t most = kStretch;
    if (replay.next_qos != mqtt::Qos::AtMostOnce && session.flow) {
        std::size_t window = session.connection->send_quota_ - session.flow->out.in_flight();
        most = std::clamp<std::size_t>(window, 1, kStretch);
    }
    topics::Retained::Position before = replay.position;
    std::vector<topics::RetainedMessage> found;
    bool has_more = shared_.retained.next(replay.filter, replay.position, most, found);
    for (std::size_t i = 0; i < found.size(); i++) {
        MessageView message(found[i].body.get());
        replay.next_qos = outgoing_qos(message.head().qos, replay.qos);
        if (has_replay_room(session, replay.next_qos)) {
            send_retained(session, replay, found[i]);
            continue;
        }
        replay.position =
            i == 0 ? std::move(before)
                   : topics::Retained::behind(MessageView(found[i - 1].body.get()).topic());
        return Stretch::NoRoom;
    }
    return has_more ? Stretch::More : Stretch::Done;
}

// Whether a retained message would leave at once. A message of QoS 0 needs no window, but waits
// behind the queue, whose messages may be older.
bool Shard::has_replay_room(const Session& session, mqtt::Qos qos) const {
    if (session.connection->outbox.size() > std::min(kOutboxHigh, options().outbox_bytes_max))
        return false;
    if (!session.flow) return true;
    if (qos != mqtt::Qos::AtMostOnce) return goes_at_once(session, qos);
    const Session::Flow& flow = *session.flow;
    return flow.out.queued() == 0 && flow.out.to_resend() == 0 && flow.recording == 0;
}

void Shard::send_retained(Session& session, const Replay& replay,
                          const topics::RetainedMessage& retained) {
    if (retained.number > replay.up_to) return;
    Publication publication = Publication::of(retained.body);
    MessageView message(retained.body.get());
    if (message.is_expired(now_.steady)) {
        forget_retained(publication.topic, retained.number);
        return drop(DropReason::Expired);
    }
    if (!is_origin_allowed(retained, publication.topic)) return drop(DropReason::DeniedWrite);
    frames_.begin();
    mqtt::Qos qos = outgoing_qos(publication.qos, replay.qos);
    send(session, publication, {replay.identifier, qos, true});
}

bool Shard::sweep_retained(topics::Retained::Position& position) {
    std::vector<topics::RetainedMessage> found;
    bool more = shared_.retained.next("#", position, 1000, found);
    for (const topics::RetainedMessage& retained : found) {
        MessageView message(retained.body.get());
        if (message.is_expired(now_.steady)) forget_retained(message.topic(), retained.number);
    }
    return more;
}

void Shard::forget_retained(std::string_view topic, std::uint64_t number) {
    journal::Key key = shared_.retained.remove(topic, number);
    if (recorder_) recorder_->remove(key);
}

bool Shard::is_origin_allowed(const topics::RetainedMessage& retained,
                              std::string_view topic) const {
    if (!has_acl_ || !options().check_retain_source || !retained.origin) return true;
    const topics::RetainedOrigin& origin = *retained.origin;
    if (origin.listener >= snapshot_->security.size()) return false;
    const auth::Security& rules = security(static_cast<std::uint16_t>(origin.listener));
    if (!rules.has_acl()) return true;
    return rules.decide(origin.user_name, origin.client_id, auth::Access::Write, topic).is_allowed;
}

}  // namespace martlet::broker
