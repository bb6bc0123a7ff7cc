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
#include "broker/estate.h"
#include "broker/exact.h"
#include "broker/frame_cache.h"
#include "broker/letter.h"
#include "broker/memory.h"
#include "broker/publication.h"
#include "broker/recorder.h"
#include "broker/route_ahead.h"
#include "broker/session.h"
#include "broker/shared.h"
#include "broker/tap.h"
#include "broker/topic_cache.h"
#include "topics/stamps.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <deque>
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
    void begin_turn(Now now) {
        now_ = now;
        if (memory_.is_due(now.steady)) mind_memory();
    }
    void receive_letters(std::unique_ptr<LetterBatch> batch);
    void run_timers();
    void send_letters();
    Milliseconds next_wake() const {
        Milliseconds next = std::min(wheel_.next_wake(), memory_.next_look());
        return recorder_ ? std::min(next, recorder_->next_wake()) : next;
    }
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
    // After shut_down(): what is to outlive the process is on its way to the journal.
    void record_all();
    bool is_recorded() const { return !recorder_ || recorder_->is_idle(); }
    // And no message or will of QoS 1 or 2 waits for another shard, so that it would come twice.
    bool is_settled() const { return is_recorded() && origins_.empty(); }

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
    // Null when nothing outlives the process.
    Recorder* recorder() { return recorder_.get(); }

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

    // memory.cc: memory_limit, asked by whatever stores something.
    void charge(std::size_t bytes) { memory_.charge(bytes); }
    MemoryLevel memory_level() {
        if (memory_.is_spent()) [[unlikely]]
            look_at_memory();
        return shared_.memory.level.load(std::memory_order_relaxed);
    }
    bool has_memory_for_message(std::string_view topic, bool is_retained, bool is_removal) {
        return memory_level() == MemoryLevel::Enough || is_removal ||
               has_scarce_memory_for(topic, is_retained);
    }
    bool has_memory_for_filter(const Session& session, const mqtt::ParsedFilter& parsed);
    void charge_subscription(std::string_view filter);

    // tap.cc: before the first turn, after restoring. The tap outlives the shard's last turn.
    void open_tap(Tap& tap);

    // restore.cc: before the first turn, what an earlier run left. False: it does not stand.
    Session& restore_session(journal::Key key, const SessionRecord& record);
    bool restore_subscription(Session& session, journal::Key key, const SubscriptionRecord& record);
    void restore_sent(Session& session, OutEntry entry, ByteView value);
    void restore_queued(Session& session, const OutEntry& entry);
    Session& restore_estate(journal::Key key);

    // A QoS 2 message of this session is to be routed. exact.cc.
    void begin_exact(Publication& publication, Session& session, std::uint16_t packet_id);

    // What the recorder calls when something is on disk.
    void keep_promises(Position position);
    void pump(SlotHandle session);
    void send_recorded(SlotHandle session, std::uint16_t packet_id);
    void send_pubrel(SlotHandle connection, std::uint16_t packet_id);
    void complete_connect(SlotHandle connection);
    // Sends what need not wait any more. True: nothing is held now.
    bool send_held(Connection& connection);
    static SlotHandle handle_of(const Connection& connection) { return connection.handle_; }

    // Sessions.
    Session* find_session(std::string_view client_id) const;
    Session& make_session(std::string_view client_id, std::string_view user_name);
    void end_session(Session& session);
    void attach(Session& session, Connection& connection);
    void resume_session(Session& session);
    std::string make_client_id(const std::string& prefix);

    // Subscriptions. add returns whether it is new (not only replaced). `restored`: its record,
    // when it comes from an earlier run.
    bool add_subscription(Session& session, std::string_view filter,
                          const mqtt::Subscription& options, std::uint32_t identifier,
                          Subscription*& subscription, journal::Key restored = 0);
    bool add_shared(Session& session, std::string_view group, std::string_view filter,
                    const mqtt::Subscription& options, std::uint32_t identifier,
                    journal::Key restored = 0);
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
    // `payload_end`: the end of the message, if it comes from the bytes being read.
    const TopicRoute& look_up(std::string_view topic, const std::uint8_t* payload_end = nullptr);
    RouteAhead::Ready* route_ahead(std::string_view topic, const std::uint8_t* payload_end);
    std::uint64_t stamp_of(std::string_view topic) const;
    static void add_to(TopicRoute& route, const SubscriberTree::Entry& entry);
    void group_by_session(TopicRoute& route) const;
    topics::ShardSet others_of(topics::ShardSet shards) const {
        return shards & ~(topics::ShardSet{1} << index_);
    }
    void fill(TopicRoute& route, std::string_view topic);
    void hand_over(std::uint32_t shard, Publication& publication);
    void set_retained(Publication& publication,
                      const std::shared_ptr<const topics::RetainedOrigin>& origin);
    void note_handed_over(std::uint32_t shard, Leg leg, Publication& publication);
    void await_for(std::uint32_t shard, Leg leg, Publication& publication,
                   std::shared_ptr<ExactMessage> exact);
    void settle_for(std::uint32_t shard, Leg leg, const Publication& publication);
    void report_settled(std::uint32_t shard, Leg leg);
    void on_settled(std::uint32_t shard, const SettledLetter& letter);
    Exact& open_exact(Publication& publication, std::shared_ptr<ExactMessage> message);
    void begin_exact_return(Publication& publication, const Session& estate,
                            std::uint16_t packet_id);
    void complete_exacts();
    void on_committed(std::uint32_t shard, const CommittedLetter& letter);
    void on_prepared(std::uint32_t shard, PreparedLetter& letter);
    LetterBatch& batch_for(std::uint32_t shard);
    void confirm(std::uint32_t shard);
    void on_credit(std::uint32_t shard, const CreditLetter& credit);
    void release_held();

    // deliver.cc
    void deliver(Subscription& subscription, Publication& publication);
    void deliver_direct(const TopicRoute& route, Publication& publication);
    void deliver_merged(std::span<Subscription* const> subscriptions, Publication& publication);
    static bool is_receiving(const Session& session);
    bool has_window(const Session& session) const;
    mqtt::Qos outgoing_qos(mqtt::Qos published, mqtt::Qos subscribed) const;
    bool goes_at_once(const Session& session, mqtt::Qos qos) const;
    void deliver_to_member(Session& session, const topics::GroupMember& member,
                           Publication& publication);
    void send(Session& session, Publication& publication, Outgoing how);
    void send_qos0(Session& session, Publication& publication, Outgoing how);
    // `picked`: by a share group, as this member; null: not by one.
    void enqueue(Session& session, Publication& publication, Outgoing how,
                 const topics::GroupMember* picked = nullptr);
    bool has_queue_room(const Session& session, std::size_t bytes) const;
    bool has_total_room(std::size_t bytes) const;
    bool write_publish(Connection& connection, Publication& publication, const OutEntry& how,
                       bool dup);
    std::size_t write_shape(Connection& connection, Publication& publication, const OutEntry& how);
    std::size_t write_own(Connection& connection, Publication& publication, const OutEntry& how,
                          bool dup);
    static void append_payload(Outbox& outbox, Publication& publication);
    void write_entry(Session& session, OutEntry& entry, bool dup);
    static OutEntry& begin_next(Session::Flow& flow);
    void read_back(Session& session);
    void on_read(ShardReading& reading);
    BodyRef message_of(ByteView value) const;
    void put_back(Session& session, OutEntry& entry, ByteView value);
    void count_queued(Session& session, const OutEntry& entry);
    void release_message(Session& session, OutEntry& entry);
    void finish_entry(Session& session, OutEntry& entry);
    void send_after_recording(Session& session, OutEntry& entry);
    void end_record(const OutEntry& entry);
    bool may_read(const Session& session, std::string_view topic) const;
    // Counts it; some reasons are news to an operator, once a minute.
    void drop(DropReason reason) {
        counters_.drop(reason);
        if (now_.steady >= next_drop_line_[static_cast<std::size_t>(reason)]) log_drop(reason);
    }
    void log_drop(DropReason reason);

    // groups.cc
    // `from`: the shard that the message came from. False: no member could take it.
    bool deliver_to_group(Group& group, Publication& publication, std::uint32_t from,
                          bool is_returned = false);
    Group* find_group(std::string_view group_and_filter);
    void change_group(GroupLetter letter, std::string_view group_and_filter);
    void apply(const GroupLetter& letter);
    void tell_groups(Session& session);

    // parked.cc
    void hand_to_member(const Group& group, topics::GroupMember member, Publication& publication);
    void park(Group& group, Publication& publication, std::uint32_t from, bool is_returned);
    void end_parked(Group& group);
    bool unpark_one(Group& group);
    void unpark();
    void hand_parked(Group& group, const topics::GroupMember& member);
    void give_parked(Group& group, const topics::GroupMember& member);

    // estate.cc
    void keep_returnable(Session& session);
    void open_estate(std::unique_ptr<Session> session);
    void settle_estates();
    void finish_returned(Estate& estate);
    void return_messages(Estate& estate);
    static BodyRef group_of(const Session& session, const OutEntry& entry);
    void hand_back(std::uint32_t home, BodyRef group, Publication& publication);
    void return_to_group(std::string_view group_and_filter, Publication& publication,
                         std::uint32_t from);

    // tap.cc
    void begin_tap(Session& session);
    void offer_to_tap(Publication& publication);
    bool has_tap_window(const Session& session) const;
    bool has_tap_credit() const;
    void send_to_tap(Session& session, const OutEntry& entry);
    void give_to_tap(TapMessage message, const std::shared_ptr<const std::string>& name);
    void send_tap_batch();
    void on_tap_stored(std::unique_ptr<TapBatch> batch);

    // answer.cc
    void answer(std::unique_ptr<Question> question);
    bool look_at_clients(Question& question);
    ClientFacts facts_of(const Session& session) const;
    void list_queue(const Session& session, Question& question) const;
    static void list_subscriptions(const Session& session, Question& question);
    void kick(Session& session, Question& question);

    // replay.cc
    void forget_retained(std::string_view topic, std::uint64_t number);
    void send_retained(Session& session, const Replay& replay,
                       const topics::RetainedMessage& retained);
    bool is_origin_allowed(const topics::RetainedMessage& retained, std::string_view topic) const;
    enum class Stretch : std::uint8_t { Done, More, NoRoom };
    Stretch send_stretch(Session& session, Replay& replay);
    bool has_replay_room(const Session& session, mqtt::Qos qos) const;
    std::uint64_t await_mark(Session& session);
    bool is_mark_back(std::uint64_t mark) const {
        return mark <= (marks_out_ == 0 ? marks_begun_ : marks_begun_ - 1);
    }
    void send_marks();
    void on_mark(std::uint32_t shard, const MarkLetter& letter);

    // memory.cc
    void look_at_memory();
    bool has_scarce_memory_for(std::string_view topic, bool is_retained);
    void mind_memory();
    struct SlowReader {
        Connection* connection;
        std::uint64_t bytes;  // that wait for it
    };
    std::vector<SlowReader> slow_readers() const;
    void disconnect_readers();
    void log_memory_over();
    static std::uint64_t waiting_bytes(const Connection& connection);

    // wills.cc
    void detach(Connection& connection);
    void send_will(Session& session);
    void set_end(Session& session, std::uint32_t delay_s);
    void look_at_clock();
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
    std::int64_t wall_minus_steady_ms_;  // by which the ends of sessions are written down
    TimerWheel wheel_;
    bool has_acl_ = false;

    HashMap<std::string_view, std::unique_ptr<Session>>
        sessions_;  // keyed by the session's own client_id
    Slots<Session> session_slots_;
    Slots<Connection> connection_slots_;
    SubscriberTree subscribers_;
    topics::Stamps<std::uint64_t> stamps_;
    TopicCache topic_cache_;
    RouteAhead ahead_;
    FrameCache frames_;
    std::unique_ptr<Recorder> recorder_;
    HashMap<Position, std::unique_ptr<Exact>> exacts_;
    std::vector<Position> origins_;  // of these, those that came from our own publishers

    MemoryWatch memory_;
    std::array<Milliseconds, static_cast<std::size_t>(DropReason::kCount)> next_drop_line_{};

    std::vector<Connection*> touched_;
    std::vector<Connection*> closing_;
    std::vector<SlotHandle> held_;  // connections that wait for credit

    // For each other shard: what is to leave at the end of this turn, and how many bytes it has not
    // confirmed.
    struct Link {
        std::unique_ptr<LetterBatch> batch;
        // For the shard itself: what its own publishers have parked.
        std::uint64_t outstanding = 0;
        std::uint64_t outstanding_picked = 0;  // the same of messages for a picked member
        // Of its letters, since we last confirmed. Below 0 while several groups have parked one.
        std::int64_t handled = 0;
        std::uint64_t handled_picked = 0;
        // Letters whose message must be settled, counted in each direction from the first on. Ours
        // that it has not settled; its that are not settled here.
        struct Unsettled {
            std::uint64_t count = 0;
            Position position = 0;
        };
        struct Counted {
            std::uint64_t sent = 0;
            std::uint64_t received = 0;
            std::uint64_t reported = 0;
            std::deque<Unsettled> at_other;
            std::deque<Unsettled> here;
            HashMap<std::uint64_t, Position> promised;  // by count
        };
        std::array<Counted, kLegs> legs;
        Counted& on(Leg leg) { return legs[static_cast<std::size_t>(leg)]; }
    };
    std::vector<Link> links_;
    // parked.cc: shards that may not be given more for picked members, groups that have parked
    // something, and whether it is worth a look.
    topics::ShardSet busy_ = 0;
    std::vector<Group*> waiting_groups_;
    bool may_unpark_ = false;
    std::vector<std::unique_ptr<LetterBatch>> spare_batches_;

    std::vector<Estate> estates_;

    // replay.cc: marks that were sent to all other shards, and how many of the last are still out.
    std::uint64_t marks_begun_ = 0;
    std::uint32_t marks_out_ = 0;
    // Sessions that wait for it, and for the next one; each once.
    std::vector<SlotHandle> marked_;
    std::vector<SlotHandle> to_mark_;

    // tap.cc. Null: no telemetry. The first session is where new messages go, the others were left
    // by a run with more shards.
    Tap* tap_ = nullptr;
    Session* tap_session_ = nullptr;
    std::vector<Session*> taps_;
    std::unique_ptr<TapBatch> tap_batch_;
    std::unique_ptr<TapBatch> tap_spare_;
    std::uint64_t tap_outstanding_ = 0;  // bytes that it has not given back
    // It is given no more of what the journal has: a stop does not wait for telemetry.
    bool is_shut_down_ = false;
};

}  // namespace martlet::broker
