#pragma once

// Where one packet ends and the next begins (fixed header, 2.1). Any thread.

#include "base/bytes.h"
#include "mqtt/types.h"

#include <cstdint>

namespace martlet::mqtt {

enum class FrameState : std::uint8_t { NeedMore, Complete, Malformed };

struct FrameHead {
    std::uint8_t first;  // type and flags
    std::uint8_t size;   // of the fixed header: 2 to 5
    std::uint32_t remaining_length;
    PacketType type() const { return static_cast<PacketType>(first >> 4); }
    std::uint8_t flags() const { return first & 15; }
    std::size_t packet_size() const { return std::size_t{size} + remaining_length; }
};

// Complete: the *head* is whole (the body may not be). Malformed: five length bytes, or type 0.
inline FrameState read_frame_head(ByteView bytes, FrameHead& head) {
    if (bytes.size() < 2) return FrameState::NeedMore;
    head.first = bytes[0];
    if (head.first < 0x10) return FrameState::Malformed;
    std::uint32_t length = 0;
    for (std::size_t i = 1; i < 5; i++) {
        if (i >= bytes.size()) return FrameState::NeedMore;
        length |= std::uint32_t{bytes[i] & 127u} << (7 * (i - 1));
        if (bytes[i] < 128) {
            head.size = static_cast<std::uint8_t>(i + 1);
            head.remaining_length = length;
            return FrameState::Complete;
        }
    }
    return FrameState::Malformed;  // [MQTT-1.5.5-1] allows four bytes.
}

constexpr std::size_t varint_size(std::uint32_t value) {
    return value < 128 ? 1 : value < 16384 ? 2 : value < 2097152 ? 3 : 4;
}

inline std::uint8_t* write_varint(std::uint32_t value, std::uint8_t* out) {
    while (value >= 128) {
        *out++ = static_cast<std::uint8_t>(value | 128);
        value >>= 7;
    }
    *out++ = static_cast<std::uint8_t>(value);
    return out;
}

}  // namespace martlet::mqtt
