#pragma once

// The short form of PUBACK, PUBREC, PUBREL and PUBCOMP, which is the same in each version. Used by
// the relay. Any thread.

#include "base/bytes.h"
#include "mqtt/frame.h"
#include "mqtt/types.h"

#include <cstdint>

namespace martlet::bridge {

// The packet id of an acknowledgement that is nothing but an id; 0: it is another packet, or it is
// not sound.
inline std::uint16_t plain_ack_id(const mqtt::FrameHead& head, ByteView body) {
    bool is_ack =
        head.type() >= mqtt::PacketType::Puback && head.type() <= mqtt::PacketType::Pubcomp;
    std::uint8_t flags = head.type() == mqtt::PacketType::Pubrel ? 2 : 0;
    if (!is_ack || head.flags() != flags || body.size() != 2) return 0;
    return static_cast<std::uint16_t>(body[0] << 8 | body[1]);
}

}  // namespace martlet::bridge
