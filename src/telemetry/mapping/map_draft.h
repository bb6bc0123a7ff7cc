#pragma once

// A first draft of a map for a payload that nobody knows yet: for `martlet map suggest`. Pure; any
// thread.

#include "telemetry/payload_json.h"

#include <span>
#include <string>
#include <string_view>

namespace martlet::telemetry {

// `payload` is what `leaves` were read from; it becomes the draft's example.
std::string draft_map(std::string_view topic, std::string_view payload,
                      std::span<const JsonLeaf> leaves);

}  // namespace martlet::telemetry
