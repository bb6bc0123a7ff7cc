#pragma once

// The broker's settings: what holds for all, and what each listener says for itself. Filled by
// config; an immutable snapshot once the broker runs, replaced as a whole at reload. Any thread.

#include "auth/options.h"
#include "mqtt/types.h"

#include <cstdint>
#include <string>
#include <vector>

namespace martlet::broker {

struct Options {
    // Shards; 0: one for each processor that this process may use.
    std::uint32_t shards = 0;

    bool allow_duplicate_messages = true;
    bool check_retain_source = true;
    bool connection_messages = true;  // log who comes and goes
    bool logs_as_2_0 = false;         // in mosquitto 2.0's words
    bool queue_qos0_messages = false;
    bool retain_available = true;
    bool upgrade_outgoing_qos = false;
    // -1: no limit.
    std::int64_t global_max_clients = -1;      // sessions
    std::int64_t global_max_connections = -1;  // live connections
    // 0: no limit. Outgoing; the messages are also the Receive Maximum that MQTT 5 clients are
    // told.
    std::uint32_t max_inflight_messages = 20;
    std::uint64_t max_inflight_bytes = 0;
    std::uint32_t max_queued_messages = 1000;
    std::uint64_t max_queued_bytes = 0;
    // The same for all sessions together.
    std::uint64_t max_queued_messages_total = 0;
    std::uint64_t max_queued_bytes_total = 0;
    std::uint16_t max_keepalive = 0;  // s; 0: no limit
    std::uint32_t max_packet_size = 2'000'000;
    std::uint32_t message_size_limit = 0;  // payload bytes; 0: no limit
    // Bytes in use by the process; 0: no limit. See broker/memory.h.
    std::uint64_t memory_limit = 0;
    // Bytes waiting for one connection's socket, past which QoS 0 is dropped and counted.
    std::uint64_t outbox_bytes_max = 16u << 20;
    // s; UINT32_MAX: never.
    std::uint32_t persistent_client_expiration = UINT32_MAX;
    std::uint64_t retain_expiry_s = 0;  // 0: off
    std::uint32_t sys_interval = 10;    // s; 0: no $SYS
    // Answer a client that exceeds our Receive Maximum with a warning only, as mosquitto does
    // since 2.1.1.
    bool tolerate_receive_maximum = false;
    // Tell MQTT 5 clients in words what a reason code means (Reason String). mosquitto does not,
    // and people's tests compare bytes.
    bool reason_strings = false;
    // A new connection must send its CONNECT within this time.
    std::uint32_t connect_timeout_s = 30;
    std::uint32_t front_threads = 1;  // that accept connections and read CONNECT
    // Limits at the door; 0: none. Failed log-ins of one user from one network (auth/failures.h),
    // new connections a second of one network (server/connection_rates.h).
    std::uint32_t auth_failure_ban = 0;
    std::uint32_t connection_rate = 0;
    // Bytes a second with which a packet must come that takes longer than one and a half times its
    // client's keep alive; 0: it need only not pause for so long.
    std::uint32_t packet_rate_min = 16;
    // Bytes that may wait between two shards before publishers are held back.
    std::uint64_t shard_credit_bytes = 8u << 20;
    // Bytes of messages that may wait to be written to the journal, likewise; for each shard.
    std::uint64_t journal_credit_bytes = 16u << 20;
    // Bytes of messages that may wait for telemetry before QoS 0 is dropped; for each shard.
    std::uint64_t telemetry_credit_bytes = 16u << 20;
    // Messages of QoS 1 and 2 that may wait for it in the journal before publishers are held; for
    // each shard.
    std::uint32_t telemetry_queued_messages = 1'000'000;
    // Client ids and topic filters whose packets are logged whatever the log level (`log_trace`).
    std::vector<std::string> trace_clients;
    std::vector<std::string> trace_topics;
};

struct ListenerOptions {
    auth::Options auth;
    bool allow_zero_length_clientid = true;
    std::string auto_id_prefix = "auto-";
    // Bits 3, 4, 5.
    std::uint8_t protocol_versions = 1 << 3 | 1 << 4 | 1 << 5;
    std::int64_t max_connections = -1;
    mqtt::Qos max_qos = mqtt::Qos::ExactlyOnce;
    std::uint16_t max_topic_alias = 10;
    std::uint16_t max_topic_alias_broker = 10;
    // Put before each topic and filter of a client of this listener, and taken off again towards
    // it.
    std::string mount_point;
    bool use_username_as_clientid = false;

    bool operator==(const ListenerOptions&) const = default;
};

}  // namespace martlet::broker
