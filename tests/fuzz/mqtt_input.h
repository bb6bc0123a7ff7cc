#pragma once

// What the MQTT targets share. An input is: one byte (its low half the flags of the packet, bits 4
// and 5 the version), then the body.

#include "tests/mqtt/describe.h"

#include <cstdint>

namespace martlet::mqtt {

// Stays on whatever the build says.
inline void require(bool truth) {
    if (!truth) __builtin_trap();
}

inline Version version_from(std::uint8_t byte) {
    static constexpr Version kVersions[] = {Version::V311, Version::V5, Version::V31, Version::V5};
    return kVersions[(byte >> 4) & 3];
}

// Decodes as `type`, walks all that was decoded, and holds encoder and decoder against each other.
inline void fuzz_packet(PacketType type, const std::uint8_t* data, std::size_t size) {
    if (size == 0) return;
    Version version = version_from(data[0]);
    auto first = static_cast<std::uint8_t>(static_cast<unsigned>(type) << 4 | (data[0] & 15));
    AnyPacket any;
    if (decode_any(first, ByteView(data + 1, size - 1), version, any) != ReasonCode::Success)
        return;
    if (auto* connect = std::get_if<Connect>(&any)) version = connect->version;
    auto frame = encode_any(any, version);
    FrameHead head{};
    require(read_frame_head(frame, head) == FrameState::Complete);
    require(head.packet_size() == frame.size());
    AnyPacket again;
    ByteView body = ByteView(frame).subspan(head.size);
    require(decode_any(head.first, body, version, again) == ReasonCode::Success);
    require(describe_any(again) == describe_any(any));
}

}  // namespace martlet::mqtt
