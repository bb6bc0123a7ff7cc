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

}  // namespace martlet::config
