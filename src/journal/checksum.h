#pragma once

// CRC-32C, as records and headers carry it. Any thread.

#include "base/bytes.h"

#include <cstdint>

namespace martlet::journal {

// `salt` differs from segment to segment, so that bytes which somebody sent in a message are never
// taken for a record.
std::uint32_t checksum(ByteView bytes, std::uint32_t salt = 0);

}  // namespace martlet::journal
