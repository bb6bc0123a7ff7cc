#pragma once

// Reads the property block of a packet where the packet's reader stands. Private to this folder.
// Any thread.

#include "mqtt/properties.h"
#include "mqtt/reason_code.h"
#include "mqtt/wire.h"

namespace martlet::mqtt {

inline void clear_properties(Properties& properties) {
    properties.present = 0;
    properties.raw = {};
}

// The properties themselves: `block` is what stands behind the length.
ReasonCode read_property_list(ByteView block, PropertyHome home, Properties& properties);

inline ReasonCode read_property_block(Reader& reader, PropertyHome home, Properties& properties) {
    clear_properties(properties);
    std::uint32_t size;
    ByteView block;
    if (!reader.read_varint(size) || !reader.read_bytes(size, block)) {
        return ReasonCode::MalformedPacket;
    }
    return size == 0 ? ReasonCode::Success : read_property_list(block, home, properties);
}

}  // namespace martlet::mqtt
