#pragma once

// Times as people ask for them ("-24h", ISO 8601, milliseconds since 1970) and as we answer them,
// and the calendar of the time zone that the process runs in. Any thread.

#include "telemetry/words.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace martlet::http {

using telemetry::Time;

inline constexpr std::int64_t kSecond = 1000;
inline constexpr std::int64_t kMinute = 60 * kSecond;
inline constexpr std::int64_t kHour = 60 * kMinute;
inline constexpr std::int64_t kDay = 24 * kHour;

// The wall clock.
Time wall_now();

// "90s", "15m", "24h", "7d", "4w", more than 0; nullopt: not a duration.
std::optional<std::int64_t> parse_duration(std::string_view text);

// "now", "-24h" (before `now`), milliseconds since 1970, "2026-11-21", "2026-11-21T16:00",
// "2026-11-21T16:00:00.250+01:00", "...Z". Without a zone: local time. From 1970 to 9999.
std::optional<Time> parse_time(std::string_view text, Time now);

// "2026-11-21T16:00:00.250Z"
void append_iso_time(std::string& out, Time time);
std::string iso_time(Time time);

enum class Calendar : std::uint8_t { Hour, Day, Week, Month, Year };

// The begin of the hour, the local day, week (Monday), month or year that `time` falls into, moved
// on by so many of them: period_begins(t, Calendar::Month, 1) is the first of the next month.
Time period_begins(Time time, Calendar period, int moved = 0);
// "2026-11-21", "2026-11", "2026" of the local day of `time`; hours as ISO 8601.
std::string period_name(Time time, Calendar period);

// "2026-11": the first of it at local midnight.
std::optional<Time> parse_month(std::string_view text);

}  // namespace martlet::http
