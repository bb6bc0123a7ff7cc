#pragma once

// Which node of a radio mesh sent how many packets to which other, since the start: for metrics
// that tell traffic by sender and receiver. Written by the telemetry thread, read by workers; a
// mutex guards it, under which nothing is called. Bounded: the pair without news for the longest
// time is forgotten, and begins at 0 when it is heard again.

#include "base/hash_map.h"
#include "telemetry/words.h"

#include <cstdint>
#include <deque>
#include <list>
#include <mutex>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace martlet::telemetry {

struct MeshTrafficLimits {
    std::size_t pairs_max = 20'000;
    std::size_t ports_max = 40;     // of one pair; more are not told apart
    std::size_t channels_max = 8;   // of one pair; more are not told apart
    std::size_t recent_max = 2000;  // packets whose ids are remembered
    Time recent_ms = 10 * 60 * 1000;
};

// A sender and a receiver.
struct MeshPair {
    struct Port {
        std::string_view name;
        std::uint64_t packets = 0;
        std::size_t bytes = 0;  // of the last one; 0: not known
    };
    struct Channel {
        std::optional<std::uint32_t> number;  // none: of all others
        std::uint64_t packets = 0;
    };

    std::uint32_t from = 0;
    std::uint32_t to = 0;
    std::uint64_t packets = 0;
    std::uint64_t want_ack = 0;
    std::uint64_t via_mqtt = 0;
    std::vector<Port> ports;
    std::vector<Channel> channels;
    // Of the last packet that told.
    Time time = 0;
    std::optional<double> snr_db;
    std::optional<std::int32_t> rssi_dbm;
    std::optional<std::uint32_t> hop_limit;
    std::optional<std::uint32_t> hop_start;
};

struct RecentMeshPacket {
    std::uint32_t from = 0;
    std::uint32_t to = 0;
    std::uint32_t id = 0;
    Time time = 0;
};

class MeshTraffic {
  public:
    explicit MeshTraffic(MeshTrafficLimits limits = {}) : limits_(limits) {}

    // Each packet once, however many gateways heard it.
    void add(std::span<const MeshPacket> packets, Time now);

    // Those with news since then, in the order of their numbers.
    std::vector<MeshPair> pairs(Time since) const;
    // The oldest first; each id of a sender once.
    std::vector<RecentMeshPacket> recent(Time now) const;
    std::uint64_t forgotten() const;

  private:
    struct Row {
        MeshPair pair;
        Time heard = 0;
    };
    using Rows = std::list<Row>;

    void add_one(const MeshPacket& packet, Time now);
    MeshPair& pair_of(const MeshPacket& packet, Time now);
    void count_port(MeshPair& pair, const MeshPacket& packet) const;
    void count_channel(MeshPair& pair, std::uint32_t number) const;
    void remember(const MeshPacket& packet, Time now);

    const MeshTrafficLimits limits_;
    mutable std::mutex mutex_;
    // All below under the mutex. Times are those of arrival.
    Rows rows_;  // with news at the front
    HashMap<std::uint64_t, Rows::iterator> by_nodes_;
    std::deque<RecentMeshPacket> recent_;
    std::uint64_t forgotten_ = 0;
};

}  // namespace martlet::telemetry
