#pragma once

// What a shard writes to the journal, and what waits until it is written. Sessions that outlive
// their connection have a key, and all of theirs is written under keys of its own; for others the
// calls do nothing. One batch of the shard is with the journal at a time; meanwhile the next one
// grows, and what receivers acknowledge before it is taken is struck out. Spread over recorder.cc
// and recorder_waits.cc. Owned by the Shard; loop thread only.

#include "base/clock.h"
#include "base/hash_map.h"
#include "broker/publication.h"
#include "broker/session.h"
#include "broker/settlement.h"
#include "broker/shard_batch.h"

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <deque>
#include <memory>
#include <string_view>
#include <vector>

namespace martlet::broker {

class Connection;
class Shard;

// What must be over before a packet may leave.
struct Wait {
    Position position = 0;
    std::uint64_t number = 0;     // of a batch's ordinary part
    std::uint64_t essential = 0;  // of a batch's essential part
};

class Recorder {
  public:
    Recorder(Shard& shard, journal::Journal& journal, Post& post, std::uint32_t index);

    Settlement& settlement() { return settlement_; }
    bool is_full() const { return journal_.is_full(); }
    // Too much waits to be written: publishers are to be held.
    bool is_behind() const;

    // Sessions, subscriptions, ids, retained messages. A put is on disk when the batch is that
    // ordinary() names, a removal when it is the one that essential() names.
    // A session that is on disk is written again even when the disk is full: whoever comes back to
    // it takes what waits for it, which makes room.
    void put_session(Session& session);
    void put_subscription(const Session& session, Subscription& subscription);
    void remove_subscription(Subscription& subscription);
    void put_received(Session& session, std::uint16_t packet_id);
    void remove_received(Session& session, std::uint16_t packet_id);
    // `replaced`: the record of the message that it takes the place of; 0: none.
    void put_retained(journal::Key key, const BodyRef& message, std::uint64_t number,
                      const topics::RetainedOrigin* origin, journal::Key replaced);
    void remove(journal::Key key);
    // The first of `count` keys, which are the caller's.
    journal::Key take_keys(std::uint64_t count);
    // Those to come are greater than this one.
    void begin_keys_above(journal::Key key);
    // What has been put, or removed, until now.
    Wait ordinary() const {
        return {0, open_->records.empty() ? open_number_ - 1 : open_number_, 0};
    }
    Wait essential() const {
        return {0, 0, open_->essentials.empty() ? open_essential_ - 1 : open_essential_};
    }
    Wait everything() const { return {0, ordinary().number, essential().essential}; }
    // What CONNACK says of this session, and the end of the one before it.
    Wait session_of(const Session& session) const {
        return {0, session.record_number,
                std::max(session.record_essential, essential().essential)};
    }

    // A copy for a session; sets entry.key. `group`: as in Session::groups. `is_urgent`: nobody is
    // about to acknowledge it.
    void add_delivery(Session& session, Publication& publication, OutEntry& entry,
                      std::uint16_t group, bool is_urgent);
    // The same for a QoS 2 copy of a message that several shards have a part in: promised only.
    void promise(Session& session, Publication& publication, OutEntry& entry, std::uint16_t group);
    // All copies of such a message; Shard::keep_promises is called when they are on disk.
    void write_exact(Position position, Exact& exact);
    // QoS 2: the packet id belongs to this copy; the PUBLISH leaves by Shard::send_recorded.
    void note_sent(Session& session, const OutEntry& entry);
    // PUBREC came, and the message is no longer needed.
    void note_released(Session& session, const OutEntry& entry);
    // Acknowledged, expired, dropped. Not for a copy that was released.
    void end_delivery(const OutEntry& entry);
    // Its place is taken by what write_exact() writes, in the same batch.
    void move_delivery(OutEntry& entry);
    // This copy shares that message, perhaps with copies in other shards: `holders` says how many
    // shards have some.
    using Holders = std::shared_ptr<std::atomic<std::uint32_t>>;
    void share_message(journal::Key message_key, journal::Key delivery_key, const Holders& holders);

    // The position of this message, if somebody waits for it.
    void open_position(Publication& publication) {
        if (publication.is_awaited && publication.position == 0)
            publication.position = settlement_.open();
    }

    bool is_over(const Wait& wait) const {
        return wait.number <= committed_number_ && wait.essential <= committed_essential_ &&
               settlement_.is_settled(wait.position);
    }
    bool is_written(const OutEntry& entry) const { return entry.key < committed_key_; }
    // Queued messages of this session that are in the journal only are asked for, in order; they
    // come back by a ReadingLetter.
    void read_back(Session& session);

    // PUBREL to this connection once PUBREC is on disk.
    void release_later(Connection& connection, std::uint16_t packet_id);
    void connect_later(const Connection& connection, const Wait& wait);
    // This connection has packets that wait for something.
    void note_held(Connection& connection);
    void forget_held(Connection& connection);

    // The end of a turn: gives the batch away if it is time to.
    void hand_over();
    // A batch came back. What waited for it goes on.
    void on_batch(std::unique_ptr<ShardBatch> batch);
    // What is settled now leaves.
    void release_settled();
    // When hand_over() must be called at the latest.
    Milliseconds next_wake() const;
    // Nothing waits to be written, and nothing is being written.
    bool is_idle() const { return open_->empty() && !is_taken_; }
    // The broker stops: do not linger.
    void hurry() { is_urgent_ = true; }

  private:
    struct Later {
        SlotHandle handle;
        std::uint16_t packet_id = 0;
        Wait wait;
    };

    void note_time();
    RecordBuffer& ordinary_records();
    RecordBuffer& essential_records();
    RecordBuffer& records_for(Session& session);
    void release_shared(journal::Key delivery_key);
    bool strike_out(journal::Key key);
    void take_back(ShardBatch& batch);
    void release_written();
    void release_sends();
    void release_sends_past_others();

    Shard& shard_;
    journal::Journal& journal_;
    Post& post_;
    const std::uint32_t index_;
    Settlement settlement_;

    std::unique_ptr<ShardBatch> open_;
    std::unique_ptr<ShardBatch> spare_;
    bool is_taken_ = false;
    bool is_urgent_ = false;
    Milliseconds opened_{0};          // when the first thing was put into open_
    std::uint64_t open_bytes_ = 0;    // of messages in open_
    Position taken_position_ = 0;     // newest when the last batch was taken
    journal::Key taken_key_ = 0;      // the same of keys
    journal::Key committed_key_ = 0;  // copies below it are on disk
    std::uint64_t open_number_ = 1;
    std::uint64_t open_essential_ = 1;
    std::uint64_t committed_number_ = 0;
    std::uint64_t committed_essential_ = 0;

    journal::Key next_key_ = 0;
    journal::Key keys_end_ = 0;
    HashMap<journal::Key, journal::Key> shared_by_delivery_;
    struct SharedUse {
        std::uint32_t copies = 0;  // in this shard
        Holders holders;           // null: no other shard has any
    };
    HashMap<journal::Key, SharedUse> shared_uses_;

    std::deque<Later> sends_;  // PUBLISH of QoS 2
    std::deque<Later> releases_;
    std::vector<Later> connects_;
    std::vector<SlotHandle> readers_;  // whose next message is not on disk yet
    std::vector<Connection*> held_;
};

}  // namespace martlet::broker
