#pragma once

// The time that a payload tells of itself: seconds, milliseconds, microseconds or nanoseconds since
// 1970, or a date and a clock as text. Pure functions; any thread.
//
// How a decoder uses it: it asks time_key() once for each name, and time_of_member() for each leaf
// whose key has a use. NotTime is an ordinary value; nothing else ever becomes a series. Of the
// Told times of a record the one with the lowest TimeKey::rank is the record's (a Moment is
// nobody's); a DateOnly and a ClockOnly beside each other are one time, see
// time_from_date_and_clock(). When none is left the record has the time of its arrival, and should
// say so.

#include "telemetry/payload_json.h"
#include "telemetry/time_key.h"
#include "telemetry/words.h"

#include <optional>
#include <string_view>

namespace martlet::telemetry {

// The beginning of 2001. Clocks that were never set begin at 1970 or, with a battery, at 2000.
inline constexpr Time kEarliestTime = 978'307'200'000;

enum class TimeValue : std::uint8_t {
    NotTime,     // no time key, or a value that cannot be a clock: {"time":12.4} is a duration
    Told,        // `time` is set, and sane
    WrongClock,  // not sane (never set, a day ahead): no value
    Unclear,     // a text that is meant as a time, but not understood: no value. A hint is due:
                 // "12/31/2025 10:00:00 PM" (day or month first?), "2025-W01"
    NoZone,      // date and clock, but no zone is told or known ("CET" is a name): no value
    DateOnly,    // "2026-01-01"
    ClockOnly,   // "10:00:00"
};

// What `leaf` says under a key. Without a zone of its own a text is `zone_minutes` ahead of UTC,
// or in UTC when the key says so.
// Sane is a time from 2001 on and at most a day after `received`. Null and booleans are NotTime.
TimeValue time_of_member(const TimeKey& key, const JsonLeaf& leaf, std::optional<int> zone_minutes,
                         Time received, Time& time);

// Larger than 1e11: milliseconds; than 1e14: microseconds; than 1e17: nanoseconds; unless `scale`
// says.
bool time_from_number(double number, Time& time, TimeScale scale = TimeScale::BySize);

// "2026-11-21T10:00:00Z", also with a blank for the T, a fraction of seconds, and an offset
// ("+01:00", "+0100", "+01", " UTC", " GMT"); "20261121T100000Z" and "20261121100000";
// "Sat, 21 Nov 2026 10:00:00 GMT"; "Sat Nov 21 10:00:00 2026"; "21.11.2026 10:00:00";
// "2026/11/21 10:00:00"; "/Date(1795255200000)/"; "24:00:00" is the end of a day. Without an offset
// the time is `zone_minutes` ahead of UTC; unless that is known it cannot be told: false.
// "CET" and the like tell no offset by themselves, names being used for several: they hold once
// `zone_minutes` is that zone's, in winter or summer. "251231220000W" and "...S" of DSMR's meters:
// `zone_minutes` is winter's time (W), an hour more is summer's (S).
bool time_from_text(std::string_view text, std::optional<int> zone_minutes, Time& time);

// The same, and why not. WrongClock: it is no time at all.
TimeValue read_time_text(std::string_view text, std::optional<int> zone_minutes, Time& time);

// {"date":"2026-01-01","time":"10:00:00"}: what was DateOnly and what was ClockOnly.
bool time_from_date_and_clock(std::string_view date, std::string_view clock,
                              std::optional<int> zone_minutes, Time& time);

// A number, a text that is one, or a date and a clock. False as well when the time is not sane:
// before 2001, or more than a day ahead of `received` (a clock that was never set).
bool payload_time(const JsonLeaf& leaf, std::optional<int> zone_minutes, Time received, Time& time);

// "+01:00", "-0330", "+01", "Z", "utc", "GMT", "UTC+01:00".
bool zone_from_text(std::string_view text, int& minutes);

}  // namespace martlet::telemetry
