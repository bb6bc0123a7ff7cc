#pragma once

// The encryption of channels: AES in counter mode, without any proof that the key was right. The
// door to OpenSSL for Meshtastic. Any thread.

#include "telemetry/decoders/meshtastic/packet.h"

#include <string>
#include <string_view>

namespace martlet::telemetry::meshtastic {

// `key` has 16 or 32 bytes; sender and packet id make the counter's beginning. The same function
// encrypts. False: OpenSSL would not.
[[nodiscard]] bool apply_cipher(std::string_view key, NodeId from, std::uint32_t id,
                                std::string_view in, std::string& out);

}  // namespace martlet::telemetry::meshtastic
