#pragma once

// Subscribes, and shows what telemetry makes of each message that comes: for `martlet decode -h`.
// Blocks until a signal or the last message. One thread.

#include "cli/decode/reading.h"
#include "client/dial.h"

#include <optional>
#include <string>
#include <vector>

namespace martlet::cli {

struct LiveOptions {
    client::Address address;
    std::vector<std::string> filters;
    std::optional<std::string> user_name;
    std::optional<std::string> password;
    int count = 0;  // messages; 0: without end
    bool is_json = false;
};

// The exit code.
int decode_live(const LiveOptions& options, Reading& reading);

}  // namespace martlet::cli
