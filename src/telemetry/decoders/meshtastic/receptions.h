#pragma once

// Which packets were seen already, and by which gateways each was heard: the same packet comes once
// from every gateway in reach. Remembers for ten minutes and no more than 20,000 packets. One
// thread at a time.

#include "base/hash_map.h"
#include "telemetry/decoders/meshtastic/packet.h"

#include <deque>
#include <vector>

namespace martlet::telemetry::meshtastic {

class Receptions {
  public:
    static constexpr Time kWindowMs = 10 * 60 * 1000;
    static constexpr std::size_t kPacketsMax = 20'000;
    static constexpr std::size_t kGatewaysMax = 16;  // of one packet; more are not listed

    // What became of a packet; the furthest counts.
    enum class Fate : std::uint8_t { Unread, Withheld, Hidden, Kept };

    struct Heard {
        Time first_received = 0;
        Fate fate = Fate::Unread;
        std::vector<NodeId> gateways;
    };

    // Null: it is new, or is one of those without an id, which are never the same. Until the next
    // note().
    const Heard* find(const Packet& packet) const;
    // Notes one reception. False: this very gateway told of it before.
    bool note(const Packet& packet, Fate fate);

    std::size_t size() const { return heard_.size(); }

  private:
    using Key = std::uint64_t;

    void forget_old(Time now);

    HashMap<Key, Heard> heard_;
    std::deque<std::pair<Key, Time>> order_;  // each key of heard_ once
};

}  // namespace martlet::telemetry::meshtastic
