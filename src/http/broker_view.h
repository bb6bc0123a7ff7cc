#pragma once

// What HTTP may know of the broker and ask of it. Implemented over letters by whoever runs the
// shards; called by worker threads, which wait for the answer (bounded).

#include "base/result.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace martlet::http {

struct ClientInfo {
    std::string client_id;
    std::string user_name;
    std::string peer;  // empty: offline
    bool is_online = false;
    std::string protocol;  // "3.1", "3.1.1", "5.0"; empty: offline
    std::int64_t keep_alive_s = 0;
    std::int64_t expiry_s = 0;  // of the session; -1: never
    std::uint64_t subscriptions = 0;
    std::uint64_t queued = 0;
    std::uint64_t queued_bytes = 0;
    std::uint64_t in_flight = 0;
};

struct QueuedInfo {
    std::string topic;
    std::uint8_t qos = 0;
    bool is_in_flight = false;
    bool is_in_journal_only = false;  // topic and payload are not in memory
    std::uint64_t bytes = 0;
};

struct SubscriptionInfo {
    std::string client_id;
    std::string filter;  // with its "$share/GROUP/"
    std::uint8_t qos = 0;
};

struct RetainedInfo {
    std::string topic;
    std::string payload;
    std::uint8_t qos = 0;
};

struct Publishing {
    std::string topic;
    std::string payload;
    std::uint8_t qos = 0;
    bool retain = false;
};

// A key of the configuration and its running value.
struct Setting {
    std::string key;
    std::optional<std::string> value;  // nullopt: nothing was said, and there is no default
    std::string owner;                 // the listener or bridge that it is of; empty: the broker
    bool is_reloadable = false;
    std::string default_value;
};

// A connection or CONNECT that was refused.
struct RefusalInfo {
    std::int64_t at_ms = 0;
    std::string request, reason;  // as in martlet_refused_total
    std::string peer, client_id, user_name;
    std::string why;
};

class BrokerView {
  public:
    virtual ~BrokerView() = default;
    // Names and values as under $SYS/broker/, without that prefix.
    virtual std::vector<std::pair<std::string, std::string>> values() = 0;
    // The newest first, of the last 500.
    virtual std::vector<RefusalInfo> refusals(std::size_t limit) = 0;
    // In the order of client ids, those after `after`, at most `limit`.
    virtual Result<std::vector<ClientInfo>> clients(std::string_view after, std::size_t limit) = 0;
    virtual Result<std::optional<ClientInfo>> client(std::string_view client_id) = 0;
    virtual Result<std::vector<QueuedInfo>> queue(std::string_view client_id,
                                                  std::size_t limit) = 0;
    // Ends its connection (MQTT 5: 0x98); with `and_session` also what it left. False: not there.
    virtual Result<bool> kick(std::string_view client_id, bool and_session) = 0;
    // Of this client; empty: of all of them.
    virtual Result<std::vector<SubscriptionInfo>> subscriptions(std::string_view client_id,
                                                                std::size_t limit) = 0;
    // Those whose topic matches the filter, in topic order, after `after`.
    virtual std::vector<RetainedInfo> retained(std::string_view filter, std::string_view after,
                                               std::size_t limit) = 0;
    // A topic or filter as people may see it: "***" in the place of a key that it carries.
    virtual std::string shown(std::string_view topic) const = 0;
    // What is wrong with a message; empty: nothing.
    virtual std::string problem_of(const Publishing& message) const = 0;
    // Any sound message, as from a client that may do everything. The error: there was no answer.
    virtual Status publish(const Publishing& message) = 0;
    // The settings in force; secrets are left out.
    virtual std::vector<Setting> configuration() = 0;
};

}  // namespace martlet::http
