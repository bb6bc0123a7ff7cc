#include "telemetry/decoders/meshtastic/receptions.h"

#include <algorithm>
#include <cstdlib>

namespace martlet::telemetry::meshtastic {

namespace {

std::uint64_t key_of(const Packet& packet) {
    return std::uint64_t{packet.from} << 32 | packet.id;
}

}  // namespace

const Receptions::Heard* Receptions::find(const Packet& packet) const {
    if (packet.id == 0) return nullptr;
    auto found = heard_.find(key_of(packet));
    if (found == heard_.end()) return nullptr;
    // The clock may have been set back.
    bool is_recent = std::abs(packet.received - found->second.first_received) < kWindowMs;
    return is_recent ? &found->second : nullptr;
}

bool Receptions::note(const Packet& packet, Fate fate) {
    if (packet.id == 0) return true;
    bool is_new = find(packet) == nullptr;
    forget_old(packet.received);
    auto [place, is_added] = heard_.try_emplace(key_of(packet));
    if (is_added) order_.emplace_back(place->first, packet.received);
    Heard& heard = place->second;
    if (is_new) heard = {packet.received, Fate::Unread, {}};
    heard.fate = std::max(heard.fate, fate);
    auto& gateways = heard.gateways;
    if (std::find(gateways.begin(), gateways.end(), packet.gateway) != gateways.end()) return false;
    if (gateways.size() < kGatewaysMax) gateways.push_back(packet.gateway);
    return true;
}

void Receptions::forget_old(Time now) {
    while (!order_.empty()) {
        auto [key, time] = order_.front();
        if (order_.size() < kPacketsMax && now - time < kWindowMs) return;
        heard_.erase(key);
        order_.pop_front();
    }
}

}  // namespace martlet::telemetry::meshtastic
