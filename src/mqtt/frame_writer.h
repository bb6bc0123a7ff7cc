#pragma once

// The fixed header in front of a body whose size is known. Private to this folder. Any thread.

#include "base/check.h"
#include "mqtt/frame.h"
#include "mqtt/properties.h"
#include "mqtt/types.h"
#include "mqtt/wire.h"

namespace martlet::mqtt {

inline std::size_t framed_size(std::size_t body_size) {
    DCHECK(body_size <= kRemainingLengthMax);
    return 1 + varint_size(static_cast<std::uint32_t>(body_size)) + body_size;
}

inline std::uint8_t* put_head(PacketType type, std::uint8_t flags, std::size_t body_size,
                              std::uint8_t* out) {
    out = put(static_cast<std::uint8_t>(static_cast<unsigned>(type) << 4 | flags), out);
    return write_varint(static_cast<std::uint32_t>(body_size), out);
}

// Whether a property block would be written at all where it may be left out.
inline bool has_properties(const Properties& properties) {
    return properties.present != 0;
}

// The block's size; nothing before MQTT 5.
inline std::size_t block_size(const Properties& properties, Version version) {
    if (version != Version::V5) return 0;
    return has_properties(properties) ? properties_size(properties) : 1;
}

inline std::uint8_t* put_block(const Properties& properties, Version version, PropertyHome home,
                               std::uint8_t* out) {
    if (version != Version::V5) return out;
    if (!has_properties(properties)) return put(std::uint8_t{0}, out);
    return write_properties(properties, home, out);
}

}  // namespace martlet::mqtt
