#pragma once

// max_connections and global_max_connections: sockets are counted when they are accepted, by the
// front, and when they are closed, by whoever has them then. Any thread.

#include "broker/shared.h"

#include <cstdint>

namespace martlet::server {

inline void count_closed(broker::Shared& shared, std::uint16_t listener) {
    shared.connections.fetch_sub(1, std::memory_order_relaxed);
    shared.listener_connections[listener].fetch_sub(1, std::memory_order_relaxed);
}

// Counts a socket that was accepted. False: a limit is reached, and it is not counted.
inline bool count_accepted(broker::Shared& shared, const broker::Snapshot& snapshot,
                           std::uint16_t listener) {
    std::int64_t limit = snapshot.options.global_max_connections;
    std::int64_t own_limit = snapshot.listeners[listener].max_connections;
    std::int64_t now = shared.connections.fetch_add(1, std::memory_order_relaxed);
    std::int64_t own_now =
        shared.listener_connections[listener].fetch_add(1, std::memory_order_relaxed);
    bool is_full = (limit >= 0 && now >= limit) || (own_limit >= 0 && own_now >= own_limit);
    if (is_full) count_closed(shared, listener);
    return !is_full;
}

}  // namespace martlet::server
