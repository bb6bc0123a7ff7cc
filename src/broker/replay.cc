// Retained messages for a new subscription: read in topic order, a stretch at a time, as the client
// takes them.

#include "broker/shard.h"

#include <algorithm>

namespace martlet::broker {

namespace {

constexpr std::size_t kStretch = 64;
// No more is read while this much waits for the socket.
constexpr std::size_t kOutboxHigh = 256 * 1024;

}  // namespace

void Shard::start_replay(Session& session, std::string_view filter, Subscription& subscription,
                         bool is_new) {
    if (shared_.retained.count() == 0) return;
    // The subscription is in the tree and in the interest index already: what is stored from now on
    // comes as a live message with a greater number, what was stored before is read here.
    std::uint64_t newest = shared_.retained.newest();
    // A SUBSCRIBE that is repeated loses nothing of what is on its way [MQTT-3.8.4-3]: all of it
    // comes live, and what is retained comes again as such.
    if (is_new) subscription.retained_number = newest;
    if (!session.replays) session.replays = std::make_unique<std::vector<Replay>>();
    Replay replay;
    replay.filter = filter;
    replay.up_to = newest;
    replay.qos = subscription.qos;
    replay.identifier = subscription.identifier;
    // A SUBSCRIBE repeated while its answer is under way starts the answer anew.
    std::erase_if(*session.replays, [&](const Replay& r) { return r.filter == filter; });
    session.replays->push_back(std::move(replay));
}

void Shard::continue_replays(Session& session) {
    std::vector<topics::RetainedMessage> found;
    while (session.replays && session.connection != nullptr && session.connection->is_ready()) {
        Session::Flow* flow = session.flow.get();
        bool window_full =
            flow != nullptr &&
            (flow->out.queued() > 0 || flow->out.in_flight() >= session.connection->send_quota_);
        if (window_full || session.connection->outbox.size() > kOutboxHigh) return;
        Replay& replay = session.replays->front();
        found.clear();
        bool more = shared_.retained.next(replay.filter, replay.position, kStretch, found);
        for (const topics::RetainedMessage& retained : found)
            send_retained(session, replay, retained);
        if (more) continue;
        session.replays->erase(session.replays->begin());
        if (session.replays->empty()) session.replays.reset();
    }
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
    send(session, publication, qos, true, replay.identifier);
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
