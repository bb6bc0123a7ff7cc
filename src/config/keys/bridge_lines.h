#pragma once

// The lines of a `connection` block that hold more than one value. Cold path, any thread.

#include "config/key.h"

namespace martlet::config {

// connection NAME
Status set_connection(Entry& entry);
// address HOST[:PORT] ...
Status set_addresses(Entry& entry);
// topic PATTERN [out|in|both [QOS [LOCAL-PREFIX [REMOTE-PREFIX]]]]
Status set_bridge_topic(Entry& entry);
// restart_timeout BASE [CAP [STABLE]]
Status set_restart_timeout(Entry& entry);
// bridge_tcp_keepalive IDLE INTERVAL COUNTER
Status set_tcp_keepalive(Entry& entry);

// The running values of these keys: one for each bridge, of `topic` one for each topic of a bridge.
void read_addresses(const Settings& settings, RunningValues& out);
void read_bridge_topics(const Settings& settings, RunningValues& out);
void read_restart_timeout(const Settings& settings, RunningValues& out);
void read_tcp_keepalive(const Settings& settings, RunningValues& out);

}  // namespace martlet::config
