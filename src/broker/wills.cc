// The end of a connection and what it means for its session: the will, its delay, the session's own
// end.

#include "base/log.h"
#include "broker/message_record.h"
#include "broker/shard.h"
#include "mqtt/secret_topic.h"

#include <algorithm>
#include <cstdlib>

namespace martlet::broker {

namespace {

// Less is the clock's own drift.
constexpr Milliseconds kClockStep = std::chrono::minutes(1);

std::int64_t in_seconds(const Now& now, std::uint32_t seconds) {
    return (now.steady + std::chrono::seconds(seconds)).count();
}

}  // namespace

void Shard::detach(Connection& connection) {
    Session* session = connection.session_;
    if (session == nullptr) return;
    connection.session_ = nullptr;
    session->connection = nullptr;
    session->is_open = false;
    counters_.sessions_online.subtract();
    if (!connection.has_will_) session->will.reset();
    if (session->subscription_count > 0) tell_groups(*session);
    // A new connection of the same client takes the session over at once, or ends it.
    std::uint32_t delay_s = session->will ? session->will->delay_s : 0;
    if (session->will && (delay_s == 0 || !session->is_durable())) send_will(*session);
    if (!session->is_durable()) return end_session(*session);
    set_end(*session, delay_s);
    bool has_unsent = session->flow && session->flow->out.queued() > 0;
    bool is_changed = session->ends_at_ms != 0 ||
                      session->is_will_recorded != (session->will != nullptr) ||
                      (has_unsent && session->is_open_recorded);
    if (recorder_ && session->key != 0 && is_changed) recorder_->put_session(*session);
}

// When an offline session ends, and when its will is due.
void Shard::set_end(Session& session, std::uint32_t delay_s) {
    if (session.expiry_s == kNeverExpires && !session.will) return;
    session.ends_at_ms = session.expiry_s == kNeverExpires ? 0 : in_seconds(now_, session.expiry_s);
    std::int64_t due = session.ends_at_ms;
    if (session.will) {
        // The will is sent at the end of its delay or of the session, whichever comes first
        // [MQTT-3.1.3-9].
        session.will_due_ms = in_seconds(now_, delay_s);
        due = due == 0 ? session.will_due_ms : std::min(due, session.will_due_ms);
    }
    wheel_.set(session.timer, Milliseconds(due));
}

// The wall clock was set: the ends that are written down would be wrong after a restart.
void Shard::look_at_clock() {
    std::int64_t before = wall_minus_steady_ms_, now = wall_minus_steady(now_);
    if (std::abs(now - before) < kClockStep.count()) return;
    wall_minus_steady_ms_ = now;
    for (auto& [id, session] : sessions_) {
        if (session->is_end_recorded) recorder_->put_session(*session);
    }
}

void Shard::on_session_timer(Session& session) {
    if (session.is_online()) return;
    bool is_over = session.ends_at_ms != 0 && session.ends_at_ms <= now_.steady.count();
    if (session.will && (is_over || session.will_due_ms <= now_.steady.count())) {
        send_will(session);
        if (recorder_ && session.key != 0 && !is_over) recorder_->put_session(session);
    }
    if (is_over) {
        counters_.sessions_expired.add();
        log::notice("Expiring client {} due to timeout.", session.client_id);
        return end_session(session);
    }
    if (session.ends_at_ms != 0) wheel_.set(session.timer, Milliseconds(session.ends_at_ms));
}

void Shard::send_will(Session& session) {
    std::unique_ptr<Will> will = std::move(session.will);
    Publication publication = Publication::of(will->message);
    publication.publisher = &session;
    if (will->expiry_s != 0) {
        // The interval of a will counts from when it is sent, so the message gets its expiry now.
        BodyRef own = publication.copy_with_expiry(in_seconds(now_, will->expiry_s));
        publication = Publication::of(own);
        publication.publisher = &session;
    }
    const auth::Security& rules = security(session.listener);
    if (rules.has_acl() &&
        !rules.decide(session.user_name, session.client_id, auth::Access::Write, publication.topic)
             .is_allowed) {
        counters_.denied_publishes.add();
        log::info("Denied will of {} (user '{}') to '{}'.", session.client_id, session.user_name,
                  mqtt::shown_topic(publication.topic));
        return drop(DropReason::DeniedWrite);
    }
    // Where other shards have a part in it the session's record keeps the will until all is
    // settled.
    if (recorder_ && publication.qos != mqtt::Qos::AtMostOnce) begin_exact(publication, session, 0);
    publish(publication, origin_of(session));
    // An earlier one that is not settled yet stays: the connection of this one was not
    // acknowledged.
    if (publication.exact != nullptr && !session.sent_will) session.sent_will = std::move(will);
}

}  // namespace martlet::broker
