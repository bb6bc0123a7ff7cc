#include "telemetry/decoders/meshtastic/data_form.h"

#include <array>
#include <cstdint>

namespace martlet::telemetry::meshtastic {

namespace {

// How likely a wrong key passes: the first byte must be that of the port (1 in 256), the port must
// fit (1 in 2), the tag of the payload must follow (1 in 256), and its length must end with the
// message, or before further fields that are in order (1 in 250). That is 1 in 33 million at each
// length, as 5,000 million messages of random bytes have shown; and only keys whose hash is that of
// the packet are tried (1 in 256 of the packets of strangers).

enum WireType : std::uint8_t { Varint = 0, Fixed64 = 1, Bytes = 2, Fixed32 = 5, Any = 9 };

// By number. What comes after the last one is newer than this table and may be of any type.
constexpr std::array<WireType, 11> kTypes = {Any,     Varint,  Bytes,   Varint, Fixed32, Fixed32,
                                             Fixed32, Fixed32, Fixed32, Varint, Bytes};
constexpr std::uint64_t kFieldMax = 31;
constexpr std::uint64_t kPortMax = 511;

// False: it is cut off, or longer than it had to be.
bool take_varint(std::string_view& rest, std::uint64_t& value) {
    constexpr unsigned kBits = 64;
    value = 0;
    for (unsigned shift = 0; shift < kBits && !rest.empty(); shift += 7) {
        auto byte = static_cast<unsigned char>(rest.front());
        rest.remove_prefix(1);
        value |= std::uint64_t{byte & 0x7fU} << shift;
        if (byte < 0x80) return byte != 0 || shift == 0;
    }
    return false;
}

bool skip(std::string_view& rest, std::uint64_t bytes) {
    if (bytes > rest.size()) return false;
    rest.remove_prefix(static_cast<std::size_t>(bytes));
    return true;
}

// `value` is that of a number, or the length of bytes.
bool take_value(std::string_view& rest, std::uint64_t type, std::uint64_t& value) {
    switch (type) {
        case Varint:
            return take_varint(rest, value);
        case Bytes:
            return take_varint(rest, value) && skip(rest, value);
        case Fixed32:
            return skip(rest, 4);
        case Fixed64:
            return skip(rest, 8);
        default:
            return false;
    }
}

}  // namespace

bool is_as_nodes_write(std::string_view data) {
    std::uint64_t last = 0;
    bool has_port = false;
    bool has_content = false;
    while (!data.empty()) {
        std::uint64_t tag = 0;
        std::uint64_t value = 0;
        if (!take_varint(data, tag)) return false;
        std::uint64_t field = tag >> 3;
        std::uint64_t type = tag & 7;
        if (field <= last || field > kFieldMax) return false;
        if (field < kTypes.size() && kTypes[field] != type) return false;
        if (!take_value(data, type, value)) return false;
        last = field;
        if (field == 1) has_port = value > 0 && value <= kPortMax;
        if (field == 2) has_content = value > 0;
        // The wish for an answer, which is not said when there is none.
        if (field == 3 && value != 1) return false;
        has_content |= field == 3;
    }
    return has_port && has_content;
}

}  // namespace martlet::telemetry::meshtastic
