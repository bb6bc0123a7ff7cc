#pragma once

// Debug lines of one connection: written when the log takes debug lines, and always for a client or
// topic that `log_trace` names. Loop thread only.

#include "base/log.h"
#include "base/text.h"
#include "broker/connection.h"

namespace martlet::broker {

template <typename... Args>
void trace(const Connection& connection, fmt::format_string<Args...> format, Args&&... args) {
    if (connection.is_traced())
        log::write(log::Level::Debug, fmt::format(format, std::forward<Args>(args)...));
}

}  // namespace martlet::broker
