#pragma once

// What all shards of one broker share: the settings, the interest index, the retained messages, and
// a few counts. Made before the shards and outlives them. Each member says for itself which thread
// may use it.

#include "auth/failures.h"
#include "auth/security.h"
#include "broker/counters.h"
#include "broker/letter.h"
#include "broker/memory.h"
#include "broker/options.h"
#include "broker/refusal_log.h"
#include "broker/tap.h"
#include "journal/journal.h"
#include "topics/interest.h"
#include "topics/retained.h"

#include <atomic>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

namespace martlet::broker {

// The settings of one moment. Immutable; each shard holds the one it goes by and changes it when a
// ReloadLetter comes.
struct Snapshot {
    Options options;
    std::vector<ListenerOptions> listeners;
    std::vector<std::shared_ptr<const auth::Security>> security;  // one for each listener
};

// Slow password checks, away from the shards. Implemented by whoever has threads.
class HashChecker {
  public:
    virtual ~HashChecker() = default;
    struct Check {
        std::uint32_t shard = 0;  // which gets the AdmissionLetter
        SlotHandle connection;
        std::shared_ptr<const auth::Security> security;  // keeps `hash` alive
        const auth::PasswordHash* hash = nullptr;
        std::vector<std::uint8_t> password;
    };
    // Verifies the password and answers with an AdmissionLetter. `network`: where the client is
    // (Transport::network()); the checks of one network do not make those of another wait. False:
    // too many of that network wait already. Any shard.
    virtual bool check(Check check, std::string_view network) = 0;
};

struct Shared {
    Shared(std::uint32_t shard_count, std::shared_ptr<const Snapshot> initial,
           Post& where_letters_go, HashChecker& checker,
           journal::Journal* where_records_go = nullptr)
        : shards(shard_count),
          snapshot(std::move(initial)),
          post(where_letters_go),
          hash_checker(checker),
          journal(where_records_go),
          counters(shard_count + snapshot->options.front_threads),
          memory(shard_count),
          listener_connections(snapshot->listeners.size()) {}

    std::uint32_t home_of(std::string_view client_id) const {
        if (shards == 1) return 0;
        if (client_id.starts_with(kTapPrefix)) return tap_number(client_id) % shards;
        return static_cast<std::uint32_t>(hash_text(client_id) % shards);
    }
    std::uint32_t home_of_group(std::string_view group_and_filter) const {
        return home_of(group_and_filter);
    }

    const std::uint32_t shards;
    const std::shared_ptr<const Snapshot> snapshot;  // what the shards start with
    Post& post;
    HashChecker& hash_checker;
    journal::Journal* const journal;  // null: nothing outlives the process
    topics::Interest interest;
    topics::Retained retained;
    // One for each shard, then one for each thread of the front; each is written by that thread.
    std::vector<Counters> counters;
    MemoryState memory;       // memory_limit
    auth::Failures failures;  // auth_failure_ban
    RefusalLog refusals;
    std::atomic<std::int64_t> connections{0};
    std::vector<std::atomic<std::int64_t>> listener_connections;  // one for each listener
    std::atomic<std::int64_t> sessions{0};
    // Bugs on purpose, for the crash checker: QoS 2 packet ids that came in are not written down;
    // QoS 1 messages get new packet ids at a start.
    bool test_forgets_received = false;
    bool test_forgets_ids = false;
};

}  // namespace martlet::broker
