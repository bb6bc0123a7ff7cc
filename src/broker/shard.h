#pragma once

// One loop's share of the broker: the sessions whose client ids hash here, their subscriptions, and
// the way a message takes through them. Nothing inside is locked. Spread over shard.cc (the turn,
// connections, sessions), route.cc (who gets it), deliver.cc (how it gets there), groups.cc,
// replay.cc, wills.cc. Loop thread only, but for the constructor.
//
// A turn, as whoever runs the loop calls it: begin_turn; for each socket receive_letters, then
// Connection::on_bytes; receive_letters; run_timers; send_letters; then touched() is written and
// closing() closed. Letters leave before sockets: whoever sees our ack must also see what it
// acknowledges.

#include "base/clock.h"
#include "base/hash_map.h"
#include "base/slots.h"
#include "base/timer_wheel.h"
#include "broker/connection.h"
#include "broker/frame_cache.h"
#include "broker/letter.h"
#include "broker/publication.h"
#include "broker/session.h"
#include "broker/shared.h"
#include "broker/topic_cache.h"
#include "topics/stamps.h"

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace martlet::broker {

class Shard {
  public:
    Shard(std::uint32_t index, Shared& shared, Now now);
    ~Shard();
    Shard(const Shard&) = delete;
    Shard& operator=(const Shard&) = delete;

    // The turn.
    void begin_turn(Now now) { now_ = now; }
    void receive_letters(std::unique_ptr<LetterBatch> batch);
    void run_timers();
    void send_letters();
    Milliseconds next_wake() const { return wheel_.next_wake(); }
    bool has_closing() const { return !closing_.empty(); }
    // Connections with something in their outbox, each once. The caller writes and clears the list.
    std::vector<Connection*>& touched() { return touched_; }
    // Ends the sessions' side of connections that are closing (wills included). The caller then
    // writes what is left and closes.
    std::vector<Connection*> finish_closing();
    // The outbox of this connection has been written out: what waited for room goes on.
    void on_drained(Connection& connection);
    // The broker stops: first all wills are sent, so that those who are connected still get them;
    // once all shards have done so, connections are ended (MQTT 5 clients are told).
    void send_all_wills();
    void shut_down();

    // Which shard a CONNECT belongs to. `connect` is sound. Without a client id, by the client's
    // host: what short-lived clients of one host publish one after the other keeps its order.
    std::uint32_t home_of(const mqtt::Connect& connect, std::uint16_t listener,
                          std::string_view host) const;

    std::uint32_t index() const { return index_; }
    const Now& now() const { return now_; }
    const Options& options() const { return snapshot_->options; }
    const Snapshot& snapshot() const { return *snapshot_; }
    const auth::Security& security(std::uint16_t listener) const {
        return *snapshot_->security[listener];
    }
    std::shared_ptr<const auth::Security> security_ref(std::uint16_t listener) const {
        return snapshot_->security[listener];
    }
    Counters& counters() { return counters_; }
    Shared& shared() { return shared_; }
    TimerWheel& wheel() { return wheel_; }

    // `log_trace topic FILTER`: messages on it are logged whatever the level.
    bool is_topic_traced(std::string_view topic) const {
        return !options().trace_topics.empty() && matches_trace(topic);
    }

    void touch(Connection& connection) {
        if (connection.is_touched) return;
        connection.is_touched = true;
        touched_.push_back(&connection);
    }

    // Publishing. route() delivers, hands over to other shards, and tells whether anybody
    // subscribes.
    bool publish(Publication& publication,
                 const std::shared_ptr<const topics::RetainedOrigin>& origin);
    bool route(Publication& publication);
    // Whether every shard that the topic concerns can take more now. QoS 0 does not ask.
    bool has_credit(std::string_view topic);
    void hold_for_credit(Connection& connection);

    // Sessions.
    Session* find_session(std::string_view client_id) const;
    Session& make_session(std::string_view client_id, std::string_view user_name);
    void end_session(Session& session);
    void attach(Session& session, Connection& connection);
    void resume_session(Session& session);
    std::string make_client_id(const std::string& prefix);

    // Subscriptions. add returns whether it is new (not only replaced).
    bool add_subscription(Session& session, std::string_view filter,
                          const mqtt::Subscription& options, std::uint32_t identifier,
                          Subscription*& subscription);
    bool add_shared(Session& session, std::string_view group, std::string_view filter,
                    const mqtt::Subscription& options, std::uint32_t identifier);
    bool remove_subscription(Session& session, std::string_view filter);
    bool remove_shared(Session& session, std::string_view group, std::string_view filter);
    void start_replay(Session& session, std::string_view filter, Subscription& subscription,
                      bool is_new);
    void continue_replays(Session& session);

    // Sends what waits, as far as the window and the socket allow.
    void pump(Session& session);
    void add_connection(Connection& connection, SlotHandle& handle);
    void remove_connection(Connection& connection, SlotHandle handle);
    void note_closing(Connection& connection);

    // Removes retained messages whose expiry has passed, some at a time. True: there is more to
    // look at.
    bool sweep_retained(topics::Retained::Position& position);
    // Writes sessions and their subscriptions to the log.
    void log_subscriptions() const;

  private:
    friend class Connection;
    bool matches_trace(std::string_view topic) const;
    bool is_client_traced(std::string_view client_id) const;

    // route.cc
    const TopicRoute& look_up(std::string_view topic);
    void fill(TopicRoute& route, std::string_view topic);
    void hand_over(std::uint32_t shard, Publication& publication);
    LetterBatch& batch_for(std::uint32_t shard);
    void release_held();

    // deliver.cc
    void deliver(Subscription& subscription, Publication& publication);
    void deliver_direct(const TopicRoute& route, Publication& publication);
    void deliver_merged(std::span<Subscription* const> subscriptions, Publication& publication);
    bool has_window(const Session& session) const;
    void deliver_to_member(Session& session, const topics::GroupMember& member,
                           Publication& publication);
    void send(Session& session, Publication& publication, mqtt::Qos qos, bool retain,
              std::uint32_t identifier);
    void send_qos0(Session& session, Publication& publication, bool retain,
                   std::uint32_t identifier);
    void enqueue(Session& session, Publication& publication, mqtt::Qos qos, bool retain,
                 std::uint32_t identifier);
    bool has_queue_room(const Session::Flow& flow, std::size_t bytes) const;
    bool write_publish(Connection& connection, Publication& publication, const OutEntry& how,
                       bool dup);
    std::size_t write_shape(Connection& connection, Publication& publication, const OutEntry& how);
    std::size_t write_own(Connection& connection, Publication& publication, const OutEntry& how,
                          bool dup);
    static void append_payload(Outbox& outbox, Publication& publication);
    void write_entry(Session& session, OutEntry& entry, bool dup);
    static OutEntry& begin_next(Session::Flow& flow);
    void release_message(Session& session, OutEntry& entry);
    void finish_entry(Session& session, OutEntry& entry);
    bool may_read(const Session& session, std::string_view topic) const;
    void drop(DropReason reason) { counters_.drop(reason); }

    // groups.cc
    bool deliver_to_group(topics::ShareGroup& group, Publication& publication);
    void change_group(GroupLetter letter, std::string_view group_and_filter);
    void apply(const GroupLetter& letter);
    void tell_groups(Session& session, GroupLetter::Change change);

    // replay.cc
    void send_retained(Session& session, const Replay& replay,
                       const topics::RetainedMessage& retained);
    bool is_origin_allowed(const topics::RetainedMessage& retained, std::string_view topic) const;

    // wills.cc
    void detach(Connection& connection);
    void send_will(Session& session);
    void on_session_timer(Session& session);

    static Subscription* find_subscription(const Session& session,
                                           const SubscriberTree::Entry& entry);
    void drop_subscription(Session& session, Subscription* subscription);
    void resend(Session& session, OutEntry& entry);
    void resume_flow(Session& session);
    void handle(Letter& letter, std::uint32_t from);
    void reload(std::shared_ptr<const Snapshot> snapshot);
    std::shared_ptr<const topics::RetainedOrigin> origin_of(const Session& session) const;

    const std::uint32_t index_;
    Shared& shared_;
    std::shared_ptr<const Snapshot> snapshot_;
    Counters& counters_;
    Now now_;
    TimerWheel wheel_;
    bool has_acl_ = false;

    HashMap<std::string_view, std::unique_ptr<Session>>
        sessions_;  // keyed by the session's own client_id
    Slots<Session> session_slots_;
    Slots<Connection> connection_slots_;
    SubscriberTree subscribers_;
    topics::Stamps<std::uint64_t> stamps_;
    TopicCache topic_cache_;
    FrameCache frames_;

    std::vector<Connection*> touched_;
    std::vector<Connection*> closing_;
    std::vector<SlotHandle> held_;  // connections that wait for credit

    // For each other shard: what is to leave at the end of this turn, and how many bytes it has not
    // confirmed.
    struct Link {
        std::unique_ptr<LetterBatch> batch;
        std::uint64_t outstanding = 0;
        std::uint64_t handled = 0;  // of its letters, since we last confirmed
    };
    std::vector<Link> links_;
    std::vector<std::unique_ptr<LetterBatch>> spare_batches_;
};

}  // namespace martlet::broker
