#pragma once

// The time that a payload tells of itself: seconds, milliseconds, microseconds or nanoseconds since
// 1970, told apart by their size, or ISO 8601. Pure functions; any thread.

#include "telemetry/payload_json.h"
#include "telemetry/words.h"

#include <optional>
#include <string_view>

namespace martlet::telemetry {

// The beginning of 2001. Clocks that were never set begin at 1970 or, with a battery, at 2000.
inline constexpr Time kEarliestTime = 978'307'200'000;

// Larger than 1e11: milliseconds; than 1e14: microseconds; than 1e17: nanoseconds.
bool time_from_number(double number, Time& time);

// "2026-11-21T10:00:00Z", also with a blank for the T, a fraction of seconds, and an offset
// ("+01:00", "+0100", "+01"). Without one the time is `zone_minutes` ahead of UTC; unless that is
// known it cannot be told: false.
bool time_from_text(std::string_view text, std::optional<int> zone_minutes, Time& time);

// A number, a text that is one, or ISO 8601. False as well when the time is not sane: before 2001,
// or more than a day ahead of `received` (a clock that was never set).
bool payload_time(const JsonLeaf& leaf, std::optional<int> zone_minutes, Time received, Time& time);

// "+01:00", "-0330", "+01", "Z", "utc".
bool zone_from_text(std::string_view text, int& minutes);

}  // namespace martlet::telemetry
