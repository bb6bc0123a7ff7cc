#pragma once

// The state that outlives a connection (MQTT 5, 4.1): subscriptions, what is still to be delivered,
// packet ids of QoS 2 received, the will. Owned by the Shard that is home to its client id. Loop
// thread only.

#include "base/hash_map.h"
#include "base/slots.h"
#include "base/timer_wheel.h"
#include "broker/out_queue.h"
#include "broker/settlement.h"
#include "broker/subscription.h"
#include "broker/tap.h"
#include "broker/timers.h"
#include "journal/group.h"
#include "topics/retained.h"

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace martlet::broker {

class Connection;

inline constexpr std::uint32_t kNeverExpires = UINT32_MAX;
// A session remembers so many share groups. Messages of further ones end with it.
inline constexpr std::size_t kGroupsMax = 10'000;

struct Will {
    BodyRef message;
    std::uint32_t delay_s = 0;
    // Message expiry interval, counted from when it is sent; 0: the message says when it ends.
    std::uint32_t expiry_s = 0;
};

// A SUBSCRIBE's retained answer that is not finished yet. It waits in memory while the client has
// no room or is away, and goes on when its session resumes; it ends with the subscription, with the
// session, and with the process (a restart sends nothing of it: live messages follow).
struct Replay {
    std::string filter;  // as it stands in the tree
    std::uint64_t up_to = 0;
    std::uint64_t mark = 0;  // begins when this mark is back (Shard::start_replay); 0: at once
    topics::Retained::Position position;
    mqtt::Qos qos = mqtt::Qos::AtMostOnce;
    mqtt::Qos next_qos = mqtt::Qos::AtMostOnce;  // of the message that found no room
    std::uint32_t identifier = 0;
};

class Session {
  public:
    Session(std::string_view id, std::string_view user)
        : client_id(id),
          user_name(user),
          is_tap(id.starts_with(kTapPrefix)),
          timer(TimerKind::Session, this) {}
    Session(const Session&) = delete;
    Session& operator=(const Session&) = delete;

    bool is_online() const { return connection != nullptr; }
    // Whether it stays when its connection ends.
    bool is_durable() const { return expiry_s != 0; }

    std::string client_id;
    std::string user_name;      // empty: anonymous
    bool is_user_known = true;  // false: imported, and nobody has come for it yet
    // Of the tap (broker/tap.h): no client's, whether there is telemetry or not. It never has a
    // connection, is not counted, and is shown to nobody.
    const bool is_tap;
    SlotHandle handle;
    // Its record in the journal, by which the records of its subscriptions and messages name it. 0:
    // it is not written down.
    journal::Key key = 0;
    // Of the batches that have the newest state of that record.
    std::uint64_t record_number = 0, record_essential = 0;
    bool is_will_recorded = false;
    bool is_end_recorded = false;
    // Messages may be sent to it: from CONNECT on until the connection ends. And what its record
    // says of that.
    bool is_open = false, is_open_recorded = false;
    std::uint16_t first_id = 1;  // packet id of the first message that it gets in this run
    // Of a session of the tap: its name, when it receives.
    std::shared_ptr<const std::string> tap_name;
    Connection* connection = nullptr;  // null: offline
    std::uint32_t expiry_s = 0;
    std::uint16_t listener = 0;  // the last one it came in by
    bool awaits_mark = false;    // it stands in Shard::to_mark_
    bool is_over = false;        // ended; it is an estate (broker/estate.h)
    std::uint32_t subscription_count = 0;
    Subscription* subscriptions = nullptr;
    std::unique_ptr<Will> will;
    std::unique_ptr<Will> sent_will;  // on its way, and not settled yet: sent again after a crash
    // Offline: the end of the will's delay or of the session.
    OwnedTimer<Session> timer;
    std::int64_t will_due_ms = 0;
    std::int64_t ends_at_ms = 0;  // offline: steady time at which the session ends; 0: never
    std::unique_ptr<std::deque<Replay>> replays;
    // "GROUP/FILTER" of each share group that it is or was a member of: what it has of their
    // messages names them by their place, counted from 1.
    std::unique_ptr<std::vector<BodyRef>> groups;
    std::uint16_t group_number(std::string_view group_and_filter);
    BodyRef group(std::uint16_t number) const {
        return number == 0 ? BodyRef() : (*groups)[number - 1u];
    }

    // Outgoing and incoming messages: present from the first QoS 1 or 2 on.
    struct Flow {
        OutQueue out;
        std::uint64_t out_bytes = 0;        // messages, queued and in flight
        std::uint64_t in_flight_bytes = 0;  // payloads of those in flight
        journal::Key estate_key = 0;        // of a session without a key: its records name it so
        bool is_drop_logged = false;
        std::uint32_t recording = 0;    // sent ones that wait for the disk (WaitRecorded)
        bool is_reading = false;        // messages are being read back
        bool is_reading_stale = false;  // they are not those that are next any more
        std::uint32_t in_memory = 0;    // queued ones whose message is not only in the journal
        // Those with a key up to this one may have been sent in an earlier run.
        journal::Key maybe_sent_through = 0;
        // QoS 2, PUBREL not seen.
        struct Received {
            journal::Key key = 0;   // its record; 0: none
            Position position = 0;  // of its message
        };
        HashMap<std::uint16_t, Received> received;
        std::uint32_t exacts = 0;  // of these, those that are not written yet (broker/exact.h)
    };
    std::unique_ptr<Flow> flow;
    Flow& flows() {
        if (!flow) {
            flow = std::make_unique<Flow>();
            flow->out.begin_ids_at(first_id);
        }
        return *flow;
    }

    void link(Subscription* subscription);
    void unlink(Subscription* subscription);
    Subscription* find_shared(std::string_view group_and_filter) const;
};

}  // namespace martlet::broker
