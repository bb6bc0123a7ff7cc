#pragma once

// What is known of every packet, whatever it says: that it came, for which port, by which way, and
// whether its sender consents. Any thread.

#include "telemetry/decoders/meshtastic/findings.h"

#include <cstdint>
#include <string_view>

namespace martlet::telemetry::meshtastic {

// Was this packet told of before, when it could not be read?
enum class Told : std::uint8_t {
    Not,      // it is new
    Just,     // a copy that could not be read came moments ago, and was counted
    LongAgo,  // it is read again out of what is kept; newer packets have come since
};

// Counts a packet once, under the first port that was known of it. `port` is the name of a port, or
// what stands for it ("UNKNOWN_KEY"); empty: "OTHER".
void put_packet(std::string_view port, Told told, Findings& findings);
// Of a packet that could be read and whose form can say it.
void put_consent(Told told, Findings& findings);

}  // namespace martlet::telemetry::meshtastic
