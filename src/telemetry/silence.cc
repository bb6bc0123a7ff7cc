#include "telemetry/silence.h"

#include "base/json_writer.h"
#include "base/text.h"

#include <algorithm>
#include <ctime>
#include <utility>

namespace martlet::telemetry {

namespace {

using std::chrono::milliseconds;

constexpr std::size_t kSlice = 2'000;  // sources at once
constexpr Time kGap = 2 * 60 * 1000;
constexpr milliseconds kNextSlice{1'000};
constexpr milliseconds kNextRound{10'000};

// UTC.
std::string time_text(Time time) {
    std::time_t seconds = time / 1000;
    std::tm parts{};
    if (gmtime_r(&seconds, &parts) == nullptr) return "an unknown time";
    return fmt::format("{:04}-{:02}-{:02} {:02}:{:02}:{:02} UTC", parts.tm_year + 1900,
                       parts.tm_mon + 1, parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec);
}

Event silent_event(const SourceRow& source, std::int64_t silent_ms, Time now) {
    Event event;
    event.time = now;
    event.kind = "silent";
    event.severity = Severity::Warning;
    event.text = fmt::format("Silent since {}: no message for more than {}.",
                             time_text(source.last_seen), span_text(silent_ms));
    JsonWriter json(event.details);
    json.begin_object().key("last_seen").integer(source.last_seen);
    json.key("silent_ms").integer(silent_ms).end_object();
    return event;
}

}  // namespace

std::string span_text(std::int64_t ms) {
    constexpr std::int64_t kMinute = 60;
    constexpr std::int64_t kHour = 60 * kMinute;
    constexpr std::int64_t kDay = 24 * kHour;
    std::int64_t seconds = std::max<std::int64_t>(ms, 0) / 1000;
    // Two of a unit at least, so that little is lost.
    if (seconds >= 2 * kDay) return fmt::format("{} days", seconds / kDay);
    if (seconds >= 2 * kHour) return fmt::format("{} h", seconds / kHour);
    if (seconds >= 2 * kMinute) return fmt::format("{} min", seconds / kMinute);
    return fmt::format("{} s", seconds);
}

Event back_event(const SourceRow& source, Time now) {
    Event event;
    event.time = now;
    event.kind = "back";
    event.text = fmt::format("Heard again after {}.", span_text(now - source.last_seen));
    JsonWriter json(event.details);
    json.begin_object().key("last_seen").integer(source.last_seen).end_object();
    return event;
}

Silence::Silence(const Ledger& ledger) {
    for (std::size_t place = 0; place < ledger.places(); place++)
        heard_until_ = std::max(heard_until_, ledger.source_in(place).last_seen);
}

milliseconds Silence::sweep(Ledger& ledger, const FreshnessTable& table, Time now, bool is_deaf) {
    // A machine that slept, or a clock that was set, has heard nothing either.
    bool is_gap = now < asked_ || now - asked_ > kGap;
    asked_ = now;
    if (is_deaf || is_gap) listening_since_ = now;
    if (is_deaf) return kNextSlice;
    std::size_t end = std::min(next_ + kSlice, ledger.places());
    for (; next_ < end; next_++) look_at(ledger, table, next_, now);
    if (next_ < ledger.places()) return kNextSlice;
    next_ = 0;
    milliseconds soon(std::exchange(least_silent_ms_, INT64_MAX) / 4);
    return std::clamp(soon, kNextSlice, kNextRound);
}

void Silence::look_at(Ledger& ledger, const FreshnessTable& table, std::size_t place, Time now) {
    const SourceRow& row = ledger.source_in(place);
    if (row.key == 0 || row.silent_since != 0) return;
    Time since = std::max(row.last_seen, listening_since_);
    std::int64_t silent_ms = table.of(row).silent_ms;
    least_silent_ms_ = std::min(least_silent_ms_, silent_ms);
    if (now - since <= silent_ms) return;
    // Of the time before this run, or before there were such events.
    if (row.last_seen <= heard_until_ && heard_until_ - row.last_seen > silent_ms) return;
    // It has told so itself.
    if (ledger.said_offline(place)) return;
    ledger.tell_silent(place, silent_event(row, silent_ms, now));
}

}  // namespace martlet::telemetry
