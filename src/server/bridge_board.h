#pragma once

// How every bridge stands, for those who ask from other threads: the REST API, /metrics, $SYS. Each
// bridge writes its own row. Owned by the Server; any thread.

#include "bridge/relay.h"

#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace martlet::server {

enum class BridgePhase : std::uint8_t {
    Paused,      // by an operator
    Done,        // start_type once, and its connection is over
    Idle,        // lazy: too few messages wait
    Waiting,     // for its next attempt
    Connecting,  // name, socket, TLS, CONNECT
    Connected,
};
std::string_view phase_name(BridgePhase phase);

struct BridgeRow {
    std::string name;
    std::string local_clientid;
    std::string remote_clientid;
    std::string address;  // the one in use or to be tried next
    BridgePhase phase = BridgePhase::Waiting;
    std::int64_t since_ms = 0;  // wall time at which the phase began
    bridge::RelayCounts counts;
    std::uint64_t queued = 0;     // messages that wait for the far end
    std::uint64_t in_flight = 0;  // sent, and not acknowledged
    std::uint64_t connects = 0;   // times that the far end accepted it
    std::string error;            // why it failed last; empty: it never did
    std::int64_t error_ms = 0;    // wall time of that
};

class BridgeBoard {
  public:
    void put(const BridgeRow& row);
    void remove(std::string_view name);
    // Sorted by name.
    std::vector<BridgeRow> rows() const;

  private:
    mutable std::mutex mutex_;
    std::vector<BridgeRow> rows_;
};

}  // namespace martlet::server
