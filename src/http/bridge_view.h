#pragma once

// What HTTP may know of the broker's bridges, and what it may order them to do. Implemented by
// whoever runs them; called by worker threads. An order is carried out soon after the call returns.

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace martlet::http {

struct BridgeInfo {
    std::string name;
    std::string local_clientid;
    std::string remote_clientid;
    std::string address;  // the one in use or to be tried next
    std::string state;
    std::int64_t since_ms = 0;  // wall time
    std::uint64_t sent = 0, received = 0, refused = 0, queued = 0, in_flight = 0, connects = 0;
    // By direction and reason, for example "out", "too large".
    struct Dropped {
        std::string_view direction, reason;
        std::uint64_t count = 0;
    };
    std::vector<Dropped> dropped;
    std::string error;  // empty: it never failed
    std::int64_t error_ms = 0;
};

enum class BridgeAction : std::uint8_t { Pause, Resume, Reconnect };

class BridgeView {
  public:
    virtual ~BridgeView() = default;
    // Sorted by name.
    virtual std::vector<BridgeInfo> bridges() = 0;
    // False: there is no such bridge.
    virtual bool order(std::string_view name, BridgeAction action) = 0;
};

}  // namespace martlet::http
