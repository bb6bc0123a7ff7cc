#pragma once

// One publisher of the bench: numbered messages with the moment they were meant to leave in front.
// Keeps count of what it owes by schedule and of what is under way. One thread.

#include "cli/bench/loop.h"

#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

namespace martlet::cli::bench {

struct MessageHead {
    std::uint64_t intended_ns = 0;
    std::uint32_t publisher = 0;
    std::uint32_t number = 0;
};
static_assert(sizeof(MessageHead) == kHeadSize);

inline bool read_head(ByteView payload, MessageHead& head) {
    if (payload.size() < kHeadSize) return false;
    std::memcpy(&head, payload.data(), kHeadSize);
    return true;
}

struct Publisher {
    Peer* peer = nullptr;
    std::string topic;
    std::uint32_t sent = 0;
    std::uint64_t under_way = 0;  // copies that subscribers have not seen
    std::uint64_t owed = 0;       // by schedule, not sent yet
    bool is_due = false;          // in the list of those to look at

    bool publish(std::vector<std::uint8_t>& payload, std::uint32_t number_of_us,
                 std::uint64_t intended_ns, mqtt::Qos qos, bool retain = false) {
        MessageHead head{intended_ns, number_of_us, sent};
        std::memcpy(payload.data(), &head, kHeadSize);
        mqtt::Publish packet;
        packet.qos = qos;
        packet.retain = retain;
        packet.topic = topic;
        packet.payload = payload;
        if (peer->protocol.publish(packet) != client::PublishOutcome::Accepted) return false;
        sent++;
        return true;
    }
};

}  // namespace martlet::cli::bench
