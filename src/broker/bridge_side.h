#pragma once

// What the local end of a bridge needs of its shard besides a Connection: how its session stands,
// and the end of exchanges that the far broker knows nothing of. Called by server/bridge.h between
// packets, never while a message is being routed. Loop thread only.

#include "broker/shared.h"
#include "mqtt/types.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace martlet::broker {

class Shard;

// The listener of the bridges has no socket. Its number is the last of a snapshot; this bit of
// ListenerOptions::protocol_versions, which is no version, tells it from the others.
inline constexpr std::uint8_t kBridgesOnly = 1;

// Nobody but bridges comes by it: no password, no ACL (as in mosquitto), MQTT 5.
ListenerOptions bridge_listener();

inline bool is_of_bridges(const ListenerOptions& listener) {
    return listener.protocol_versions & kBridgesOnly;
}

struct KeptSubscription {
    std::string filter;  // with "$share/GROUP/"
    mqtt::Qos qos;
};
// Of the session of this client id; none when there is no such session.
std::vector<KeptSubscription> subscriptions_of(const Shard& shard, std::string_view client_id);

struct SessionLoad {
    bool exists = false;
    std::uint16_t listener = 0;  // by which it came last
    std::uint64_t queued = 0;
    std::uint64_t in_flight = 0;
};
SessionLoad load_of(const Shard& shard, std::string_view client_id);

// QoS 2 packet ids that the session has received and that PUBREL has not released: a message with
// such an id is new from now on.
void forget_received(Shard& shard, std::string_view client_id);

// The session of a bridge that is gone from the configuration ends. It has no connection.
void end_session_of(Shard& shard, std::string_view client_id);

}  // namespace martlet::broker
