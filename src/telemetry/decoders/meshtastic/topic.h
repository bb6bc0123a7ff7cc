#pragma once

// What a Meshtastic topic says: "msh/EU_868/SE/2/e/LongFast/!a1b2c3d4". How many levels stand
// before the "2" is up to the users. Pure; any thread.

#include "telemetry/decoders/meshtastic/packet.h"

#include <string_view>

namespace martlet::telemetry::meshtastic {

enum class TopicKind : std::uint8_t { Other, Packet, Map, Json, Status };

// Views into the topic.
struct Topic {
    TopicKind kind = TopicKind::Other;
    std::string_view root;     // "msh/EU_868/SE"
    std::string_view channel;  // Packet, Json
    NodeId gateway = 0;
};

Topic parse_topic(std::string_view topic);

}  // namespace martlet::telemetry::meshtastic
