#pragma once

// What a vehicle wants people to know: events, emergencies and alarms on topics of their own. Fills
// a reading; pure functions; any thread.

#include "telemetry/decoders/vehicle/reading.h"

#include <string_view>

namespace martlet::telemetry::vehicle {

// `payload` is what was read into `json`, or any text. Empty: nothing to say.
Problem read_event(std::string_view payload, PayloadJson& json, Reading& reading);

// Whatever a vehicle in need sends is told on, read or not, unless it says that it is over: empty,
// "false", "clear", {"active":false}.
void read_emergency(std::string_view payload, PayloadJson& json, Reading& reading);

// An object on a topic such as "vehicles/ID/sos" or "vehicles/ID/alarm": `word` is that level. What
// it says of place and time is taken too; `json` holds it.
void read_alarm_object(std::string_view word, const PayloadJson& json, Reading& reading);

// Without quotes around it.
std::string_view unquoted(std::string_view text);
bool looks_like_json(std::string_view text);

}  // namespace martlet::telemetry::vehicle
