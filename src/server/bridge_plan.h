#pragma once

// What a loop needs to run a bridge: the options and the TLS context that was made of them. Made by
// the main thread at the start and at each reload; immutable. Any thread.

#include "base/inbox.h"
#include "base/result.h"
#include "bridge/options.h"
#include "config/settings.h"
#include "net/tls_context.h"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace martlet::server {

struct BridgePlan {
    bridge::Options options;
    std::shared_ptr<const net::TlsContext> tls;  // null: plain
};
using BridgePlans = std::vector<std::shared_ptr<const BridgePlan>>;

// An error says which bridge and which file.
Result<BridgePlans> make_bridge_plans(const config::Settings& settings);

// To a loop. Plans: those of all shards, of which it takes its own.
struct BridgeOrder : InboxNode {
    enum class Kind : std::uint8_t { Plans, Pause, Resume, Reconnect };
    Kind kind = Kind::Plans;
    BridgePlans plans;
    std::string name;
};

}  // namespace martlet::server
