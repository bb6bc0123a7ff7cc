#pragma once

// Names of members that tell a time: "ts", "received_at", "timestamp_ms". Pure functions; any
// thread. A decoder asks once for each name and keeps the answer.

#include <cstdint>
#include <string_view>

namespace martlet::telemetry {

enum class TimeUse : std::uint8_t {
    None,     // no time key: "uptime", "lifetime", "time_left", "response_time"
    Record,   // the time of the record: "timestamp", "measured_at"
    Perhaps,  // so when the value is a sane time, else an ordinary value: "t", "epoch"
    Date,     // "date": a time, or half of one whose other half is a Record key ("time") beside it
    Moment,  // some other moment ("boot_time", "expires_at"): neither the record's time nor a gauge
};

// From the unit at the end of the name: "timestamp_ms". A scale that is told decides.
enum class TimeScale : std::uint8_t { BySize, Seconds, Milliseconds, Microseconds, Nanoseconds };

struct TimeKey {
    TimeUse use = TimeUse::None;
    TimeScale scale = TimeScale::BySize;
    // Of several times of one record the lowest rank is meant, and of equal ones the first: 0 it
    // was measured, 1 told by the device, 2 sent, 3 received, 4 updated, 5 it holds from then on.
    std::uint8_t rank = 1;
    // "time": 12.4 is how long something took.
    bool may_be_duration = false;
    // "datetime_utc": a text without a zone is in UTC.
    bool is_utc = false;
};

// `last_key`: JsonLeaf::key(), in any case and style ("rxTime", "rx_time", "@timestamp").
TimeKey time_key(std::string_view last_key);

// The time of the record, by its name alone. "t" is none: only the value tells.
bool is_time_key(std::string_view last_key);

}  // namespace martlet::telemetry
