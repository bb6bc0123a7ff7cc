#pragma once

// The argument of -L: mqtt(s)://[user[:password]@]host[:port]/topic, and ws(s)://. Cold path.

#include "base/result.h"

#include <optional>
#include <string>

namespace martlet::cli {

struct BrokerUrl {
    bool is_tls = false;
    bool is_websocket = false;
    std::optional<std::string> user_name;
    std::optional<std::string> password;
    std::string host;
    std::optional<int> port;
    std::string topic;
};

// The error is the whole text of mosquitto's, with its line ends.
Result<BrokerUrl> read_broker_url(const std::string& text);

}  // namespace martlet::cli
