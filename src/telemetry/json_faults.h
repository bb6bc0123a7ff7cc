#pragma once

// What the JSON reader lost or mended in a message, told as the reason of its outcome. Pure
// functions; any thread.

#include "telemetry/decoder.h"
#include "telemetry/payload_json.h"

#include <string_view>
#include <vector>

namespace martlet::telemetry {

// "not finite: 'temp' and 2 more" as the problem, unless there is another one already. A message
// of which nothing was kept becomes Unreadable.
void tell_faults(const std::vector<JsonFault>& faults, Decoded& out);

// The same of values that were lost, for a decoder whose senders' texts are mended without a word.
void tell_lost_values(const PayloadJson& json, Decoded& out);

// Whether the value at `path` was lost or mended.
bool has_fault(const std::vector<JsonFault>& faults, std::string_view path);

}  // namespace martlet::telemetry
