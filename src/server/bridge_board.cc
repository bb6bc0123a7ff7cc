#include "server/bridge_board.h"

#include <algorithm>

namespace martlet::server {

std::string_view phase_name(BridgePhase phase) {
    switch (phase) {
        case BridgePhase::Paused:
            return "paused";
        case BridgePhase::Done:
            return "done";
        case BridgePhase::Idle:
            return "idle";
        case BridgePhase::Waiting:
            return "waiting";
        case BridgePhase::Connecting:
            return "connecting";
        case BridgePhase::Connected:
            return "connected";
    }
    return "";
}

void BridgeBoard::put(const BridgeRow& row) {
    std::lock_guard lock(mutex_);
    auto at = std::lower_bound(
        rows_.begin(), rows_.end(), row.name,
        [](const BridgeRow& one, const std::string& name) { return one.name < name; });
    if (at != rows_.end() && at->name == row.name)
        *at = row;
    else
        rows_.insert(at, row);
}

void BridgeBoard::remove(std::string_view name) {
    std::lock_guard lock(mutex_);
    std::erase_if(rows_, [&](const BridgeRow& row) { return row.name == name; });
}

std::vector<BridgeRow> BridgeBoard::rows() const {
    std::lock_guard lock(mutex_);
    return rows_;
}

}  // namespace martlet::server
