#pragma once

// What may be asked of a shard from outside, and what it answers: about its clients, or that it
// does something to one. Made by a thread that waits for `done`; travels in a QuestionLetter;
// answered by the shard, in several turns when there is much to look at.

#include "base/body.h"
#include "mqtt/types.h"

#include <cstdint>
#include <future>
#include <string>
#include <vector>

namespace martlet::broker {

struct ClientFacts {
    std::string client_id;
    std::string user_name;
    std::string peer;  // empty: offline
    bool is_online = false;
    mqtt::Version version = mqtt::Version::V311;  // online
    std::uint16_t keep_alive_s = 0;
    std::uint32_t expiry_s = 0;  // UINT32_MAX: never
    std::uint64_t subscriptions = 0;
    std::uint64_t queued = 0;
    std::uint64_t queued_bytes = 0;
    std::uint64_t in_flight = 0;
};

struct QueuedFacts {
    std::string topic;  // empty: it is in the journal only
    mqtt::Qos qos = mqtt::Qos::AtMostOnce;
    bool is_in_flight = false;
    std::uint64_t bytes = 0;
};

struct SubscriptionFacts {
    std::string filter;  // with its "$share/GROUP/"
    mqtt::Qos qos = mqtt::Qos::AtMostOnce;
};

struct Answer {
    bool is_found = false;    // the client that was asked for
    bool is_refused = false;  // Publish: memory_limit is passed
    std::vector<ClientFacts> clients;
    std::vector<QueuedFacts> queue;
    std::vector<SubscriptionFacts> subscriptions;
};

struct Question {
    enum class Kind : std::uint8_t {
        Clients,        // those after `client_id` in its order, at most `limit`
        Client,         // this one
        Queue,          // of this one, at most `limit`
        Subscriptions,  // the same
        Kick,           // ends its connection; with `and_session` all that is of it
        Publish,        // `message`, as from a client that may do everything
    };
    Kind kind = Kind::Clients;
    std::string client_id;
    std::size_t limit = 0;
    bool and_session = false;
    BodyRef message;

    Answer answer;
    std::promise<Answer> done;
    std::uint32_t next = 0;  // where the shard goes on looking
};

}  // namespace martlet::broker
