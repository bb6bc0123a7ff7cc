#pragma once

// From the bytes of a message to a Packet: the envelope that a gateway puts around it, and what is
// inside the encryption. Any thread.

#include "telemetry/decoders/meshtastic/keyring.h"
#include "telemetry/decoders/meshtastic/packet.h"
#include "telemetry/decoders/meshtastic/topic.h"

#include <string_view>

namespace martlet::telemetry::meshtastic {

// Fills `packet`, whose `received` is set. Empty: fine, and what is inside is either read or stands
// in `packet.encrypted`. Otherwise what is wrong.
std::string_view read_envelope(std::string_view payload, const Topic& topic, Packet& packet);

// Tries the keys that may fit. False: none does.
bool decrypt(const Keyring& keyring, Packet& packet);

}  // namespace martlet::telemetry::meshtastic
