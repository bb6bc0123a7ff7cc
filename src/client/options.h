#pragma once

// Who a client is and how it behaves: what CONNECT says, and the limits that the client keeps
// itself. Plain fields; copied into each Protocol.

#include "base/clock.h"
#include "client/property_set.h"
#include "mqtt/types.h"

#include <cstdint>
#include <optional>
#include <string>

namespace martlet::client {

struct Will {
    std::string topic;
    std::string payload;
    mqtt::Qos qos = mqtt::Qos::AtMostOnce;
    bool retain = false;
    PropertySet properties;
};

struct Options {
    mqtt::Version version = mqtt::Version::V311;
    std::string client_id;
    bool clean_start = true;
    std::uint16_t keep_alive = 60;  // s; 0: none
    std::optional<std::string> user_name;
    std::optional<std::string> password;
    std::optional<Will> will;
    // MQTT 5. Receive Maximum, Topic Alias Maximum and Session Expiry Interval are obeyed too.
    PropertySet connect_properties;

    // QoS 1 and 2 messages without their last acknowledgement; the server may lower it.
    std::uint16_t in_flight_max = 20;
    // Keep them, to send them again over the next stream.
    bool sends_again = false;
    // For the CONNACK to come; 0: forever.
    Milliseconds connack_timeout{0};
    std::uint32_t packet_size_max = mqtt::kRemainingLengthMax;  // of packets that come in
};

}  // namespace martlet::client
