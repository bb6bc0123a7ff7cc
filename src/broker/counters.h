#pragma once

// What one thread counts, a shard or one of the front. Written by its loop only, read by whoever
// reports: relaxed atomics with one writer, so that counting costs an ordinary addition. `$SYS` and
// metrics are sums over these threads.

#include <array>
#include <atomic>
#include <cstdint>
#include <string_view>

namespace martlet::broker {

class Counter {
  public:
    void add(std::uint64_t n = 1) {
        value_.store(value_.load(std::memory_order_relaxed) + n, std::memory_order_relaxed);
    }
    void subtract(std::uint64_t n = 1) {
        value_.store(value_.load(std::memory_order_relaxed) - n, std::memory_order_relaxed);
    }
    std::uint64_t get() const { return value_.load(std::memory_order_relaxed); }

  private:
    std::atomic<std::uint64_t> value_{0};
};

// Why a message was not delivered or not taken. Each has a counter and a name.
enum class DropReason : std::uint8_t {
    QueueFull,        // max_queued_messages or max_queued_bytes, of a session or in total
    OutboxFull,       // QoS 0 to a socket that does not read
    Offline,          // QoS 0 to a session that is away
    Expired,          // message expiry interval
    PacketTooLarge,   // larger than the client's Maximum Packet Size
    DeniedRead,       // ACL, towards a subscriber
    DeniedWrite,      // ACL, from a publisher
    PayloadTooLarge,  // message_size_limit
    ShardCredit,      // QoS 0 between shards that cannot keep up
    MemoryLimit,      // memory_limit
    SessionEnded,     // queued in a session that ended
    JournalFull,      // no room on the disk
    Unreadable,       // the journal could not give it back
    TelemetryFull,    // QoS 0 to telemetry that cannot keep up
    kCount,
};
std::string_view drop_reason_name(DropReason reason);
// For the log; empty: no news, or logged where it happens with the client's name.
std::string_view drop_reason_text(DropReason reason);

// Why a request was refused. Each has a counter and a name; refused messages are dropped ones.
enum class Refusal : std::uint8_t {
    // A socket, closed before its first packet.
    MaxConnections,  // max_connections or global_max_connections
    TlsHandshake,    // failed, or not complete when the connection ended
    ConnectionRate,  // connection_rate
    ProxyHeader,     // corrupt, or the client did not reach the proxy as the listener demands
    ConnectTimeout,  // no CONNECT within connect_timeout
    // WebSocket
    WebsocketUpgrade,  // the request for it is wrong, too large or not complete in time
    WebsocketOrigin,   // it comes from a page that is not listed, or from another site's page
    WebsocketFrame,    // the client's frames are wrong
    // CONNECT
    ConnectMalformed,      // or against the protocol
    ProtocolVersion,       // none that this listener takes
    AuthenticationMethod,  // MQTT 5 enhanced authentication, which is not offered
    ClientId,
    PacketSize,  // the client's Maximum Packet Size has no room for CONNACK
    KeepAlive,   // max_keepalive, for clients that cannot be told another
    Will,        // its topic, QoS, retain flag or size
    NotAuthorized,
    Banned,            // auth_failure_ban
    SessionOfAnother,  // the session of this client id is another user's
    PasswordsBusy,     // too many passwords wait to be checked
    MaxClients,        // global_max_clients
    ConnectMemory,     // memory_limit
    ConnectDisk,       // no room for its session
    // A filter of a SUBSCRIBE
    SubscribeDenied,  // ACL; counted for clients that are told "granted" as well
    SubscribeMemory,
    SubscribeDisk,
    kCount,
};
struct RefusalName {
    std::string_view request, reason;
};
RefusalName refusal_name(Refusal refusal);

struct Counters {
    Counter bytes_received, bytes_sent;
    Counter messages_received, messages_sent;  // all packet types
    Counter publish_received, publish_sent;
    Counter publish_bytes_received, publish_bytes_sent;
    std::array<Counter, 16> packets_received, packets_sent;  // by packet type
    Counter connections_opened;                              // sockets accepted
    Counter connections;                                     // live sockets now
    Counter connects;                                        // CONNECT accepted, ever
    Counter connects_refused;
    Counter sessions;              // now, online and offline
    Counter sessions_online;       // now
    Counter sessions_expired;      // ever
    Counter subscriptions;         // now
    Counter shared_subscriptions;  // now
    Counter queued_messages;       // now, queued and in flight towards clients
    Counter queued_bytes;
    Counter tap_messages;     // now, durable ones that telemetry has not stored yet
    Counter parked_messages;  // now, in share groups that wait for credit of other shards
    Counter parked_bytes;
    Counter outbox_packets;
    Counter memory_disconnects;  // readers that were disconnected for memory_limit
    Counter denied_connects, denied_publishes, denied_subscribes;
    std::array<Counter, static_cast<std::size_t>(DropReason::kCount)> dropped;
    std::array<Counter, static_cast<std::size_t>(Refusal::kCount)> refused;

    void drop(DropReason reason, std::uint64_t n = 1) {
        dropped[static_cast<std::size_t>(reason)].add(n);
    }
    void refuse(Refusal refusal) { refused[static_cast<std::size_t>(refusal)].add(); }
    std::uint64_t dropped_total() const;
};

}  // namespace martlet::broker
