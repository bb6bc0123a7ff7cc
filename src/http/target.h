#pragma once

// What stands behind the method in a request: "/path?query", or "http://host/path?query" as proxies
// are asked. Percent-decoded and judged here, so that nobody further in sees what is not sound. Any
// thread.

#include "http/request.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace martlet::http {

struct Target {
    std::string path;
    std::vector<std::string> segments;
    // Only %XX is decoded: '+' stays, as MQTT's filters have it.
    Fields query;
    std::string authority;  // of the second form; empty: the Host header counts
};

// Nothing: a broken percent code, a control character, "." or ".." in the path, or no '/' at the
// beginning.
std::optional<Target> read_target(std::string_view text);

// Nothing: a '%' without two hex digits behind it.
std::optional<std::string> percent_decoded(std::string_view text);

}  // namespace martlet::http
