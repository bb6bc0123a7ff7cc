#include "broker/shard.h"

#include "base/log.h"
#include "broker/connect_request.h"
#include "broker/message_record.h"
#include "mqtt/secret_topic.h"

#include <algorithm>
#include <random>

namespace martlet::broker {

Shard::Shard(std::uint32_t index, Shared& shared, Now now)
    : index_(index),
      shared_(shared),
      snapshot_(shared.snapshot),
      counters_(shared.counters[index]),
      now_(now),
      wall_minus_steady_ms_(wall_minus_steady(now)),
      wheel_(now.steady),
      links_(shared.shards) {
    has_acl_ = std::any_of(snapshot_->security.begin(), snapshot_->security.end(),
                           [](const auto& s) { return s->has_acl(); });
    if (shared_.journal != nullptr)
        recorder_ = std::make_unique<Recorder>(*this, *shared_.journal, shared_.post, index_);
}

Shard::~Shard() {
    for (auto& [id, session] : sessions_) {
        while (Subscription* subscription = session->subscriptions) {
            session->unlink(subscription);
            destroy(subscription);
        }
    }
}

void Shard::log_drop(DropReason reason) {
    auto index = static_cast<std::size_t>(reason);
    std::string_view text = drop_reason_text(reason);
    next_drop_line_[index] =
        text.empty() ? Milliseconds::max() : now_.steady + std::chrono::minutes(1);
    if (text.empty()) return;
    log::notice("Messages are being dropped: {} ({} so far in thread {}).", text,
                counters_.dropped[index].get(), index_);
}

void Shard::run_timers() {
    if (recorder_) look_at_clock();
    wheel_.advance(now_.steady, [this](Timer& timer) {
        switch (static_cast<TimerKind>(timer.kind())) {
            case TimerKind::Connection:
                static_cast<OwnedTimer<Connection>&>(timer).owner()->on_timer();
                break;
            case TimerKind::Session:
                on_session_timer(*static_cast<OwnedTimer<Session>&>(timer).owner());
                break;
            case TimerKind::Shard:
                break;
        }
    });
}

// Wills of one connection may reach others, and end none: the list does not grow while it is
// walked.
std::vector<Connection*> Shard::finish_closing() {
    for (Connection* connection : closing_) detach(*connection);
    return std::exchange(closing_, {});
}

void Shard::note_closing(Connection& connection) {
    if (connection.is_noted_closing) return;
    connection.is_noted_closing = true;
    closing_.push_back(&connection);
}

void Shard::on_drained(Connection& connection) {
    if (Session* session = connection.session_) {
        pump(*session);
        if (session->replays) continue_replays(*session);
    }
}

// The journal gets all that is to be kept; the shard must go on handling letters until it has said
// so.
void Shard::record_all() {
    if (!recorder_) return;
    recorder_->hurry();
    recorder_->hand_over();
}

void Shard::send_all_wills() {
    for (auto& [id, session] : sessions_) {
        bool is_wanted = session->connection == nullptr || session->connection->has_will_;
        // One with a delay goes on waiting after the restart, with its session.
        if (session->key != 0 && session->will && session->will->delay_s > 0) continue;
        if (session->will && is_wanted) send_will(*session);
    }
}

void Shard::shut_down() {
    is_shut_down_ = true;
    std::vector<Connection*> live;
    for (auto& [id, session] : sessions_) {
        if (session->connection != nullptr) live.push_back(session->connection);
    }
    for (Connection* connection : live)
        connection->end(mqtt::ReasonCode::ServerShuttingDown, "server shutting down");
}

void Shard::add_connection(Connection& connection, SlotHandle& handle) {
    handle = connection_slots_.add(&connection);
    counters_.connections.add();
}

void Shard::remove_connection(Connection& connection, SlotHandle handle) {
    detach(connection);
    if (connection.held_acks_) recorder_->forget_held(connection);
    connection_slots_.remove(handle);
    counters_.connections.subtract();
    if (connection.is_touched) std::erase(touched_, &connection);
    if (connection.is_noted_closing) std::erase(closing_, &connection);
}

Session* Shard::find_session(std::string_view client_id) const {
    auto it = sessions_.find(client_id);
    return it == sessions_.end() ? nullptr : it->second.get();
}

Session& Shard::make_session(std::string_view client_id, std::string_view user_name) {
    auto owned = std::make_unique<Session>(client_id, user_name);
    Session& session = *owned;
    charge(4096);  // with its connection, index and first queue
    session.handle = session_slots_.add(&session);
    sessions_.emplace(std::string_view(session.client_id), std::move(owned));
    if (session.is_tap) return session;
    counters_.sessions.add();
    shared_.sessions.fetch_add(1, std::memory_order_relaxed);
    return session;
}

void Shard::end_session(Session& session) {
    while (session.subscriptions != nullptr) drop_subscription(session, session.subscriptions);
    if (session.flow) keep_returnable(session);
    if (recorder_ && session.key != 0) recorder_->remove(session.key);
    if (!session.is_tap) {
        counters_.sessions.subtract();
        shared_.sessions.fetch_sub(1, std::memory_order_relaxed);
    }
    auto it = sessions_.find(session.client_id);
    auto owned = std::move(it->second);  // the key is a view into it
    sessions_.erase(it);
    // The homes of its groups may still pick it, or have picked it.
    if (session.groups) return open_estate(std::move(owned));
    session_slots_.remove(session.handle);
}

void Shard::attach(Session& session, Connection& connection) {
    session.timer.cancel();
    session.ends_at_ms = 0;
    session.connection = &connection;
    connection.session_ = &session;
    connection.is_traced_ = is_client_traced(session.client_id);
    counters_.sessions_online.add();
    if (session.subscription_count > 0) tell_groups(session);
}

// What was in flight is sent again under its ids, in order and within the window of the new
// connection [MQTT-4.4.0-1], [MQTT-3.3.4-9]; then what waits.
void Shard::resume_session(Session& session) {
    if (session.flow) resume_flow(session);
    // An answer with retained messages that the last connection did not live to see goes on.
    if (session.replays) continue_replays(session);
}

void Shard::resume_flow(Session& session) {
    OutQueue& out = session.flow->out;
    out.postpone_all();
    session.flow->in_flight_bytes = 0;  // counted again as they are sent again
    for (std::uint32_t i = 0; i < out.sent(); i++) {
        OutEntry& entry = out.at(i);
        if (entry.state != OutState::WaitPubcomp) continue;
        if (entry.key != 0)
            recorder_->release_later(*session.connection, entry.packet_id);
        else
            session.connection->send_ack(mqtt::PacketType::Pubrel, entry.packet_id,
                                         mqtt::ReasonCode::Success);
    }
    pump(session);
}

bool Shard::is_client_traced(std::string_view client_id) const {
    const std::vector<std::string>& traced = options().trace_clients;
    return std::find(traced.begin(), traced.end(), client_id) != traced.end();
}

bool Shard::matches_trace(std::string_view topic) const {
    const std::vector<std::string>& traced = options().trace_topics;
    return std::any_of(traced.begin(), traced.end(),
                       [&](const std::string& filter) { return mqtt::matches(filter, topic); });
}

void Shard::log_subscriptions() const {
    for (const auto& [id, session] : sessions_) {
        if (session->is_tap) continue;
        log::notice("{} ({}, {} subscriptions)", id, session->is_online() ? "online" : "offline",
                    session->subscription_count);
        for (const Subscription* s = session->subscriptions; s != nullptr; s = s->next) {
            std::string_view prefix = s->is_shared ? "$share/" : "";
            std::string_view filter =
                s->is_shared ? std::string_view(s->share_key()) : s->entry->filter();
            log::notice("  {}{} (q{})", prefix, mqtt::shown_topic(filter),
                        static_cast<int>(s->qos));
        }
    }
}

std::string Shard::make_client_id(const std::string& prefix) {
    // A random UUID whose home is here, so that the connection need not move.
    thread_local std::mt19937_64 random(std::random_device{}());
    while (true) {
        std::uint64_t a = random(), b = random();
        std::string id =
            fmt::format("{}{:08X}-{:04X}-4{:03X}-{:04X}-{:012X}", prefix, a >> 32, a >> 16 & 0xFFFF,
                        a & 0xFFF, 0x8000 | (b >> 48 & 0x3FFF), b & 0xFFFFFFFFFFFF);
        if (shared_.home_of(id) == index_ && find_session(id) == nullptr) return id;
    }
}

std::shared_ptr<const topics::RetainedOrigin> Shard::origin_of(const Session& session) const {
    if (!has_acl_) return nullptr;
    return std::make_shared<topics::RetainedOrigin>(
        topics::RetainedOrigin{session.user_name, session.client_id, session.listener});
}

bool Shard::add_subscription(Session& session, std::string_view filter,
                             const mqtt::Subscription& wanted, std::uint32_t identifier,
                             Subscription*& subscription, journal::Key restored) {
    SubscriberTree::Entry& entry = subscribers_.find_or_add(filter);
    SubscriberList& direct = entry.value.direct;
    subscription = find_subscription(session, entry);
    bool is_new = subscription == nullptr;
    if (is_new) {
        if (direct.empty() && shared_.shards > 1) shared_.interest.add(filter, index_);
        charge_subscription(filter);
        subscription = new Subscription;
        subscription->entry = &entry;
        subscription->index = direct.size();
        direct.push(subscription);
        session.link(subscription);
        stamps_.change(filter);
        counters_.subscriptions.add();
    }
    subscription->qos = wanted.qos;
    subscription->no_local = wanted.no_local;
    subscription->retain_as_published = wanted.retain_as_published;
    subscription->identifier = identifier;
    if (restored != 0)
        subscription->key = restored;
    else if (recorder_)
        recorder_->put_subscription(session, *subscription);
    return is_new;
}

// The shorter of the two lists is searched.
Subscription* Shard::find_subscription(const Session& session, const SubscriberTree::Entry& entry) {
    const auto& direct = entry.value.direct;
    if (direct.size() < session.subscription_count) {
        auto it = std::find_if(direct.begin(), direct.end(),
                               [&](const Subscription* s) { return s->session == &session; });
        return it == direct.end() ? nullptr : *it;
    }
    for (Subscription* s = session.subscriptions; s != nullptr; s = s->next) {
        if (s->entry == &entry) return s;
    }
    return nullptr;
}

bool Shard::remove_subscription(Session& session, std::string_view filter) {
    SubscriberTree::Entry* entry = subscribers_.find(filter);
    Subscription* subscription = entry == nullptr ? nullptr : find_subscription(session, *entry);
    if (subscription == nullptr) return false;
    if (session.replays)
        std::erase_if(*session.replays, [&](const Replay& r) { return r.filter == filter; });
    if (session.replays && session.replays->empty()) session.replays.reset();
    drop_subscription(session, subscription);
    return true;
}

void Shard::drop_subscription(Session& session, Subscription* subscription) {
    session.unlink(subscription);
    std::unique_ptr<Subscription, decltype(&destroy)> owned(subscription, &destroy);
    if (recorder_) recorder_->remove_subscription(*subscription);
    counters_.subscriptions.subtract();
    if (subscription->is_shared) {
        counters_.shared_subscriptions.subtract();
        const std::string& key = subscription->share_key();
        if (shared_.shards > 1)
            shared_.interest.remove(std::string_view(key).substr(key.find('/') + 1),
                                    shared_.home_of_group(key));
        GroupLetter letter;
        letter.change = GroupLetter::Change::Leave;
        letter.member.shard = index_;
        letter.member.session = session.handle;
        return change_group(std::move(letter), key);
    }
    SubscriberTree::Entry& entry = *subscription->entry;
    SubscriberList& direct = entry.value.direct;
    if (Subscription* moved = direct.remove(subscription->index))
        moved->index = subscription->index;
    stamps_.change(entry.filter());
    if (!direct.empty()) return;
    if (shared_.shards > 1) shared_.interest.remove(entry.filter(), index_);
    if (entry.value.empty()) subscribers_.remove(entry);
}

void Shard::reload(std::shared_ptr<const Snapshot> snapshot) {
    std::shared_ptr<const Snapshot> old = std::exchange(snapshot_, std::move(snapshot));
    has_acl_ = std::any_of(snapshot_->security.begin(), snapshot_->security.end(),
                           [](const auto& s) { return s->has_acl(); });
    memory_.look_soon();
    stamps_.change("#");  // cached routes depend on the settings
    std::vector<Connection*> revoked;
    for (auto& [id, session] : sessions_) {
        if (session->connection == nullptr) continue;
        const auth::Security& before = *old->security[session->listener];
        const auth::Security& after = *snapshot_->security[session->listener];
        session->connection->is_traced_ = is_client_traced(session->client_id);
        if (session->connection->is_user_proved_) continue;
        if (!after.still_admits(before, session->user_name)) revoked.push_back(session->connection);
    }
    for (Connection* connection : revoked)
        connection->end(mqtt::ReasonCode::NotAuthorized, "not authorised");
}

}  // namespace martlet::broker
