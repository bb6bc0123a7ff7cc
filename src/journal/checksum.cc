#include "journal/checksum.h"

#include <algorithm>
#include <isa-l/crc.h>

namespace martlet::journal {

std::uint32_t checksum(ByteView bytes, std::uint32_t salt) {
    // The library counts in int, and only reads.
    constexpr std::size_t kMost = 1u << 30;
    std::uint32_t crc = ~salt;
    while (!bytes.empty()) {
        ByteView part = bytes.first(std::min(bytes.size(), kMost));
        crc =
            crc32_iscsi(const_cast<std::uint8_t*>(part.data()), static_cast<int>(part.size()), crc);
        bytes = bytes.subspan(part.size());
    }
    return ~crc;
}

}  // namespace martlet::journal
