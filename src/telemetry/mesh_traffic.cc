#include "telemetry/mesh_traffic.h"

#include <algorithm>

namespace martlet::telemetry {

namespace {

constexpr std::string_view kOtherPorts = "OTHER";

std::uint64_t nodes_of(const MeshPacket& packet) {
    return std::uint64_t{packet.from} << 32 | packet.to;
}

// What a packet does not tell stays as it was.
template <typename T>
void renew(std::optional<T>& value, const std::optional<T>& told) {
    if (told) value = told;
}

}  // namespace

void MeshTraffic::add(std::span<const MeshPacket> packets, Time now) {
    if (packets.empty()) return;
    std::lock_guard lock(mutex_);
    for (const MeshPacket& packet : packets) add_one(packet, now);
}

void MeshTraffic::add_one(const MeshPacket& packet, Time now) {
    MeshPair& pair = pair_of(packet, now);
    pair.packets++;
    pair.want_ack += packet.want_ack ? 1 : 0;
    pair.via_mqtt += packet.is_via_mqtt ? 1 : 0;
    count_port(pair, packet);
    count_channel(pair, packet.channel);
    pair.time = packet.time;
    renew(pair.snr_db, packet.snr_db);
    renew(pair.rssi_dbm, packet.rssi_dbm);
    renew(pair.hop_limit, packet.hop_limit);
    renew(pair.hop_start, packet.hop_start);
    remember(packet, now);
}

MeshPair& MeshTraffic::pair_of(const MeshPacket& packet, Time now) {
    auto [known, is_new] = by_nodes_.try_emplace(nodes_of(packet));
    if (is_new) {
        Row& row = rows_.emplace_front();
        row.pair.from = packet.from;
        row.pair.to = packet.to;
        known->second = rows_.begin();
    } else {
        rows_.splice(rows_.begin(), rows_, known->second);
    }
    if (rows_.size() > limits_.pairs_max) {
        const MeshPair& oldest = rows_.back().pair;
        by_nodes_.erase(std::uint64_t{oldest.from} << 32 | oldest.to);
        rows_.pop_back();
        forgotten_++;
    }
    rows_.front().heard = now;
    return rows_.front().pair;
}

void MeshTraffic::count_port(MeshPair& pair, const MeshPacket& packet) const {
    auto of = [&](std::string_view name) {
        return std::find_if(pair.ports.begin(), pair.ports.end(),
                            [&](const MeshPair::Port& port) { return port.name == name; });
    };
    auto port = of(packet.port);
    bool is_full = port == pair.ports.end() && pair.ports.size() >= limits_.ports_max;
    std::string_view name = is_full ? kOtherPorts : packet.port;
    if (is_full) port = of(name);
    if (port == pair.ports.end()) port = pair.ports.insert(port, MeshPair::Port{name});
    port->packets++;
    if (packet.bytes > 0) port->bytes = packet.bytes;
}

void MeshTraffic::count_channel(MeshPair& pair, std::uint32_t number) const {
    auto of = [&](std::optional<std::uint32_t> wanted) {
        return std::find_if(
            pair.channels.begin(), pair.channels.end(),
            [&](const MeshPair::Channel& channel) { return channel.number == wanted; });
    };
    std::optional<std::uint32_t> wanted = number;
    auto channel = of(wanted);
    bool is_full = channel == pair.channels.end() && pair.channels.size() >= limits_.channels_max;
    if (is_full) {
        wanted.reset();
        channel = of(wanted);
    }
    if (channel == pair.channels.end())
        channel = pair.channels.insert(channel, MeshPair::Channel{wanted});
    channel->packets++;
}

// Map reports have no id.
void MeshTraffic::remember(const MeshPacket& packet, Time now) {
    if (packet.id == 0) return;
    recent_.push_back({packet.from, packet.to, packet.id, now});
    if (recent_.size() > limits_.recent_max) recent_.pop_front();
}

std::vector<MeshPair> MeshTraffic::pairs(Time since) const {
    std::vector<MeshPair> found;
    {
        std::lock_guard lock(mutex_);
        for (const Row& row : rows_) {
            if (row.heard >= since) found.push_back(row.pair);
        }
    }
    std::sort(found.begin(), found.end(), [](const MeshPair& a, const MeshPair& b) {
        return a.from != b.from ? a.from < b.from : a.to < b.to;
    });
    return found;
}

std::vector<RecentMeshPacket> MeshTraffic::recent(Time now) const {
    std::vector<RecentMeshPacket> found;
    HashSet<std::uint64_t> seen;
    std::lock_guard lock(mutex_);
    for (const RecentMeshPacket& packet : recent_) {
        if (packet.time < now - limits_.recent_ms) continue;
        if (seen.insert(std::uint64_t{packet.from} << 32 | packet.id).second)
            found.push_back(packet);
    }
    return found;
}

std::uint64_t MeshTraffic::forgotten() const {
    std::lock_guard lock(mutex_);
    return forgotten_;
}

}  // namespace martlet::telemetry
