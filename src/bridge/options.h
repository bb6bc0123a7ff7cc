#pragma once

// One bridge as the configuration's `connection` block says it: everything that mosquitto knows
// about a bridge, parsed and checked. Filled by config; immutable afterwards. Any thread.

#include "mqtt/types.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace martlet::bridge {

enum class Direction : std::uint8_t { Out, In, Both };
enum class Start : std::uint8_t { Automatic, Lazy, Once };
enum class Reload : std::uint8_t { Lazy, Immediate };

struct Address {
    std::string host;
    std::uint16_t port = 1883;

    bool operator==(const Address&) const = default;
};

struct Topic {
    // Empty: the prefixes alone are the topic.
    std::string pattern;
    Direction direction = Direction::Out;
    mqtt::Qos qos = mqtt::Qos::AtMostOnce;
    std::string local_prefix;
    std::string remote_prefix;

    bool operator==(const Topic&) const = default;
};

struct TlsSettings {
    std::string alpn;
    std::string cafile;
    std::string capath;
    std::string certfile;
    std::string keyfile;
    std::string ciphers;
    std::string ciphers_tls13;
    std::string version;
    std::string identity;
    std::string psk;
    bool insecure = false;
    bool require_ocsp = false;
    bool use_os_certs = false;

    bool operator==(const TlsSettings&) const = default;
};

// Seconds. `cap` 0: always `base`.
struct Restart {
    std::uint32_t base_s = 5;
    std::uint32_t cap_s = 30;
    std::uint32_t stable_s = 0;

    bool operator==(const Restart&) const = default;
};

// Seconds, seconds, count. All 0: the system's own.
struct TcpKeepalive {
    std::uint32_t idle_s = 0;
    std::uint32_t interval_s = 0;
    std::uint32_t counter = 0;

    bool operator==(const TcpKeepalive&) const = default;
};

struct Options {
    std::string name;
    // "file:line" of its `connection` line.
    std::string where;
    std::vector<Address> addresses;
    std::vector<Topic> topics;
    std::string bind_address;
    mqtt::Version protocol_version = mqtt::Version::V311;
    bool attempt_unsubscribe = true;
    bool outgoing_retain = true;
    bool try_private = true;
    bool round_robin = false;
    bool clean_session = false;
    // Not set: as clean_session.
    std::optional<bool> local_clean_session;
    // Filled from the host's and the bridge's name when the file is silent.
    std::string remote_clientid;
    std::string local_clientid;
    std::string remote_username;
    std::string remote_password;
    std::string local_username;
    std::string local_password;
    bool notifications = true;
    bool notifications_local_only = false;
    std::string notification_topic;
    std::uint32_t max_packet_size = 0;  // 0: no limit
    std::uint16_t max_topic_alias = 10;
    std::uint16_t receive_maximum = 0;          // 0: max_inflight_messages
    std::uint32_t session_expiry_interval = 0;  // s; UINT32_MAX: never
    std::uint16_t keepalive_interval = 60;      // s
    std::uint32_t idle_timeout = 60;            // s
    std::uint32_t threshold = 10;               // messages
    Restart restart;
    Start start_type = Start::Automatic;
    Reload reload_type = Reload::Lazy;
    TcpKeepalive tcp_keepalive;
    std::int64_t tcp_user_timeout_ms = -1;  // -1: the system's own
    TlsSettings tls;

    bool operator==(const Options&) const = default;
};

}  // namespace martlet::bridge
