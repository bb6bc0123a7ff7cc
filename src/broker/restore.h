#pragma once

// What an earlier run left in the journal becomes sessions, subscriptions, queues and retained
// messages again. Filled while the journal is opened, before there are shards; finish() gives each
// shard its own before their threads run. Main thread.

#include "base/clock.h"
#include "base/hash_map.h"
#include "broker/out_queue.h"
#include "broker/recorder.h"
#include "broker/records.h"
#include "broker/shared.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace martlet::broker {

class Shard;
class Session;

class Restore {
  public:
    struct Counts {
        std::uint64_t sessions = 0;
        std::uint64_t subscriptions = 0;
        std::uint64_t messages = 0;   // queued and in flight
        std::uint64_t telemetry = 0;  // messages that wait for it; its sessions are not counted
        std::uint64_t retained = 0;
        std::uint64_t strays = 0;   // records that belong to nobody any more, and are removed
        std::uint64_t unknown = 0;  // records that this program does not understand: left alone
    };
    // Reads a live record's value; empty when it cannot be read.
    using Read = std::function<std::vector<std::uint8_t>(journal::Key)>;

    explicit Restore(const Now& now) : now_(now) {}
    void add(journal::Key key, ByteView value);
    Counts finish(Shared& shared, const std::vector<Shard*>& shards, const Read& read);

  private:
    struct Queued {
        journal::Key key = 0;
        journal::Key message_key = 0;
        std::uint32_t bytes = 0;
        std::uint32_t identifier = 0;
        std::uint16_t packet_id = 0;
        mqtt::Qos qos = mqtt::Qos::AtMostOnce;
        bool retain = false;
        std::uint32_t group = 0;  // its share group, from 1 on; 0: none
        bool is_in_flight = false;
        bool may_be_sent = false;
    };
    struct Numbered {  // was sent; its id has a record of its own
        journal::Key key;
        std::uint16_t packet_id;
        bool is_released;
    };
    // What names one session by its key.
    struct Belongings {
        std::vector<std::pair<journal::Key, std::vector<std::uint8_t>>> subscriptions;
        std::vector<Queued> queued;
        std::vector<Numbered> numbered;
        std::vector<std::pair<journal::Key, std::uint16_t>> received;
    };
    struct SavedSession {
        journal::Key key;
        std::vector<std::uint8_t> value;
    };

    void restore_session(Shared& shared, const std::vector<Shard*>& shards,
                         const SavedSession& saved, const Read& read);
    void restore_subscriptions(Shard& shard, Session& session, Belongings& belongings);
    static void skip_ids(Shard& shard, Session& session);
    void restore_queue(Shard& shard, Session& session, const SessionRecord& record,
                       Belongings& belongings, const Read& read);
    void restore_estate(Shared& shared, const std::vector<Shard*>& shards, journal::Key key,
                        std::vector<Queued>& queued);
    std::uint32_t number_of_group(std::string_view name);
    void restore_numbered(Shard& shard, Session& session, const Numbered& numbered);
    void restore_copy(Shard& shard, Session& session, const Queued& queued,
                      const Numbered* numbered, const Read& read);
    OutEntry entry_of(Shard& shard, Session& session, const Queued& queued);
    void count_message(const Session& session);
    void forget(Shard& shard, journal::Key key);
    void take_apart(Shared& shared, const std::vector<Shard*>& shards, journal::Key key,
                    Belongings& belongings);
    void restore_retained(Shared& shared, Shard& shard);
    std::uint32_t bytes_of(const Queued& queued) const;

    Now now_;
    Counts counts_;
    std::vector<SavedSession> sessions_;
    HashMap<journal::Key, Belongings> belongings_;   // by session
    HashMap<journal::Key, std::uint32_t> messages_;  // shared ones: their size
    HashMap<journal::Key, Recorder::Holders> uses_;  // of these, those that somebody waits for
    std::vector<std::pair<journal::Key, std::vector<std::uint8_t>>> retained_;
    std::vector<std::string> groups_;
    TextMap<std::uint32_t> group_numbers_;
};

}  // namespace martlet::broker
