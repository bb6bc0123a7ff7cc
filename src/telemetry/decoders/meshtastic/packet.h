#pragma once

// One packet as one gateway handed it on, whichever format it came in. Plain values, made anew for
// each message by the decoder's thread.

#include "telemetry/words.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace martlet::telemetry::meshtastic {

using NodeId = std::uint32_t;  // 0: none
inline constexpr NodeId kBroadcast = 0xffffffff;

// "!7c5b1e2a", as people write it.
std::string node_text(NodeId node);
// 0: `text` is no such id.
NodeId node_from_text(std::string_view text);
SourceId source_of(NodeId node);

// May this packet travel over MQTT? The sender's own bit; old firmware has none.
enum class Consent : std::uint8_t { Unknown, No, Yes };

enum class Port : std::uint32_t {
    Unknown = 0,
    Text = 1,
    Position = 3,
    NodeInfo = 4,
    Routing = 5,
    Waypoint = 8,
    DetectionSensor = 10,
    Alert = 11,
    Paxcounter = 34,
    RangeTest = 66,
    Telemetry = 67,
    Traceroute = 70,
    NeighborInfo = 71,
    MapReport = 73,
};

// By radio, as the gateway heard it, as far as it told.
struct Radio {
    std::optional<float> snr_db;
    std::optional<std::int32_t> rssi_dbm;
};

struct Packet {
    NodeId from = 0;
    NodeId to = 0;
    NodeId gateway = 0;
    std::uint32_t id = 0;  // 0: none (map reports)
    std::string channel;   // its name, UTF-8
    std::uint32_t channel_number = 0;
    Time received = 0;
    Time time = 0;  // when the gateway heard it, as far as its clock can be believed
    Radio radio;
    std::optional<std::uint32_t> hop_limit;
    std::optional<std::uint32_t> hop_start;
    std::optional<std::uint32_t> hops_away;
    std::optional<bool> want_ack;
    std::optional<bool> is_via_mqtt;  // it has been on a broker before it was on this radio
    bool is_public_key = false;
    bool is_again = false;  // see Incoming
    std::string encrypted;  // what is to be decrypted; empty: it came in the clear

    // Inside the encryption.
    Port port = Port::Unknown;
    std::string payload;
    bool want_response = false;
    bool is_reaction = false;
    std::uint32_t request_id = 0;
    std::uint32_t reply_id = 0;
    Consent consent = Consent::Unknown;
};

// Seconds by a node's clock, if that can be believed: not before 2020, not a day ahead of us.
std::optional<Time> sound_time(std::uint64_t seconds, Time received);

}  // namespace martlet::telemetry::meshtastic
