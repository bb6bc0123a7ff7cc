#pragma once

// Random secrets (tokens, ids of log-in sessions), what is kept of them, and their comparison; and
// the one digest that a protocol demands. Any thread.

#include "base/bytes.h"

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace martlet::auth {

// 256 random bits as 64 hex digits; empty: the system gives no random numbers.
std::string make_secret();
// SHA-256 as 64 hex digits: kept instead of a random secret, which needs no slow hash.
std::string fingerprint_of(std::string_view secret);
// In a time that depends on the lengths only.
bool is_same_secret(std::string_view a, std::string_view b);

using Sha1 = std::array<std::uint8_t, 20>;
// For the answer to a WebSocket key, which protects nothing. False: OpenSSL's settings forbid it.
[[nodiscard]] bool sha1_of(std::string_view text, Sha1& digest);

}  // namespace martlet::auth
