#pragma once

// Topic names that belong to the broker: no client may publish to them or leave a will there. Any
// thread.

#include <string_view>

namespace martlet::broker {

inline bool is_reserved(std::string_view topic) {
    if (topic.empty() || topic.front() != '$') return false;
    // Bridges tell their state there.
    if (topic.starts_with("$SYS/broker/connection/") && topic.ends_with("/state")) return false;
    return topic == "$SYS" || topic.starts_with("$SYS/") || topic == "$share" ||
           topic.starts_with("$share/") || topic == "$CONTROL" || topic.starts_with("$CONTROL/");
}

}  // namespace martlet::broker
