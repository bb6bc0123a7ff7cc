#include "telemetry/payload_time.h"

#include "telemetry/number_text.h"
#include "telemetry/units.h"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cmath>

namespace martlet::telemetry {

namespace {

constexpr Time kDay = 86'400'000;
// A whole number under "time" that is smaller is how long something took, in whatever unit: a
// clock that was never set shows more after a day, and people set it before.
constexpr double kDurationMax = 1e5;
// The earliest clock with a fraction that may be one.
constexpr double kFractionMax = 1e8;

bool is_sane(Time time, Time received) {
    return time >= kEarliestTime && time <= received + kDay;
}

bool is_all_digits(std::string_view text) {
    return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

// The digits of `text` from `at` on; -1: there are others.
int digits_at(std::string_view text, std::size_t at, std::size_t count) {
    int number = 0;
    for (char c : text.substr(at, count)) {
        if (c < '0' || c > '9') return -1;
        number = number * 10 + (c - '0');
    }
    return number;
}

// "2026-01-01T10:00:00Z", as most clocks write it, without a look at the other forms. False:
// read_time_text() decides.
bool read_plain_iso(std::string_view text, Time& time) {
    bool is_plain = text.size() == 20 && text[4] == '-' && text[7] == '-' && text[10] == 'T' &&
                    text[13] == ':' && text[16] == ':' && text[19] == 'Z';
    if (!is_plain) return false;
    int year = digits_at(text, 0, 4);
    int month = digits_at(text, 5, 2);
    int day = digits_at(text, 8, 2);
    int hour = digits_at(text, 11, 2);
    int minute = digits_at(text, 14, 2);
    int second = digits_at(text, 17, 2);
    if (year < 1 || month < 1 || day < 1 || hour < 0 || minute < 0 || second < 0) return false;
    std::chrono::year_month_day date{std::chrono::year(year),
                                     std::chrono::month(static_cast<unsigned>(month)),
                                     std::chrono::day(static_cast<unsigned>(day))};
    if (!date.ok() || hour > 23 || minute > 59 || second > 59) return false;
    Time days = std::chrono::sys_days(date).time_since_epoch().count();
    time = days * kDay + ((hour * 60 + minute) * 60 + second) * Time{1000};
    return true;
}

// "20260101000000": as many digits as no epoch of our days has.
bool is_compact(std::string_view text) {
    bool has_size = text.size() == 12 || text.size() == 14 || text.size() == 17;
    return has_size && is_all_digits(text);
}

TimeValue read_compact(std::string_view digits, std::optional<int> zone_minutes, Time received,
                       Time& time) {
    Time told = 0;
    auto value = read_time_text(digits, zone_minutes, told);
    if (value == TimeValue::Told && is_sane(told, received)) {
        time = told;
        return TimeValue::Told;
    }
    return value == TimeValue::NoZone ? value : TimeValue::WrongClock;
}

TimeValue time_of_number(const TimeKey& key, double number, Time received, Time& time) {
    Time told = 0;
    if (time_from_number(number, told, key.scale) && is_sane(told, received)) {
        time = told;
        return TimeValue::Told;
    }
    if (key.use != TimeUse::Record) return TimeValue::NotTime;
    if (!key.may_be_duration || number == 0) return TimeValue::WrongClock;
    bool has_fraction = number != std::floor(number);
    bool is_duration = number < kDurationMax || (has_fraction && number < kFractionMax);
    return is_duration ? TimeValue::NotTime : TimeValue::WrongClock;
}

// "12/31/2025 ...", "2025-12-31 ...", and digits with a clock behind them ("... 10:00").
bool looks_like_time(std::string_view text) {
    auto digits = [&](std::size_t i) {
        return std::min(text.find_first_not_of("0123456789", i), text.size()) - i;
    };
    std::size_t first = digits(0);
    if (first == 0 || first > 4 || first >= text.size()) return false;
    char mark = text[first];
    std::size_t second = digits(first + 1);
    std::size_t end = first + 1 + second;
    if ((mark != '/' && mark != '-' && mark != '.') || second == 0 || second > 2) return false;
    if (end >= text.size() || text[end] != mark) return false;
    std::size_t third = digits(end + 1);
    bool has_year = first == 4 || third == 4;
    bool has_clock = text.find(':', end) != std::string_view::npos;
    return third > 0 && (has_year || has_clock);
}

TimeValue time_of_text(const TimeKey& key, std::string_view text, std::optional<int> zone_minutes,
                       Time received, Time& time) {
    Time told = 0;
    auto value = read_time_text(text, zone_minutes, told);
    if (value == TimeValue::Told) {
        if (!is_sane(told, received)) return TimeValue::WrongClock;
        time = told;
        return value;
    }
    if (value == TimeValue::NoZone) return value;
    bool is_half = value == TimeValue::DateOnly || value == TimeValue::ClockOnly;
    bool may_be_half = key.use == TimeUse::Record || key.use == TimeUse::Date;
    if (is_half) return may_be_half ? value : TimeValue::NotTime;
    if (looks_like_time(text)) return TimeValue::Unclear;
    if (key.use != TimeUse::Record) return TimeValue::NotTime;
    Value number;
    std::string_view unit;
    if (key.may_be_duration && quantity_from_text(text, number, unit)) return TimeValue::NotTime;
    // {"time":"morning"} is a state, and no text that changes with each message.
    bool has_digit = text.find_first_of("0123456789") != std::string_view::npos;
    return has_digit ? TimeValue::Unclear : TimeValue::NotTime;
}

}  // namespace

bool time_from_number(double number, Time& time, TimeScale scale) {
    if (!std::isfinite(number) || number < 0 || number > 1e19) return false;
    double factor = 1000;
    bool is_told = scale != TimeScale::BySize;
    if (is_told ? scale == TimeScale::Nanoseconds : number > 1e17) {
        factor = 1e-6;
    } else if (is_told ? scale == TimeScale::Microseconds : number > 1e14) {
        factor = 1e-3;
    } else if (is_told ? scale == TimeScale::Milliseconds : number > 1e11) {
        factor = 1;
    }
    // Seconds of a time that nobody can mean.
    if (number * factor > 9e18) return false;
    time = static_cast<Time>(std::llround(number * factor));
    return true;
}

TimeValue time_of_member(const TimeKey& key, const JsonLeaf& leaf, std::optional<int> zone_minutes,
                         Time received, Time& time) {
    if (key.use == TimeUse::None) return TimeValue::NotTime;
    if (key.is_utc) zone_minutes = 0;
    char digits[24];
    auto text = trimmed(leaf.text);
    if (leaf.type == LeafType::Integer) {
        auto end = std::to_chars(digits, digits + sizeof digits, leaf.integer).ptr;
        text = {digits, static_cast<std::size_t>(end - digits)};
    } else if (leaf.type != LeafType::Text && leaf.type != LeafType::Real) {
        return TimeValue::NotTime;
    }
    if (leaf.type != LeafType::Real && is_compact(text)) {
        auto value = read_compact(text, zone_minutes, received, time);
        if (value != TimeValue::WrongClock) return value;
    }
    Time told = 0;
    if (leaf.type == LeafType::Text && read_plain_iso(text, told)) {
        if (!is_sane(told, received)) return TimeValue::WrongClock;
        time = told;
        return TimeValue::Told;
    }
    double number = 0;
    // "20260101" is a date, and no day of 1970.
    bool is_date = leaf.type == LeafType::Text && text.size() == 8 && is_all_digits(text);
    if (!is_date && as_number(leaf, number)) return time_of_number(key, number, received, time);
    if (leaf.type != LeafType::Text) return TimeValue::NotTime;
    return time_of_text(key, text, zone_minutes, received, time);
}

bool payload_time(const JsonLeaf& leaf, std::optional<int> zone_minutes, Time received,
                  Time& time) {
    constexpr TimeKey kAny{TimeUse::Record, TimeScale::BySize, 1, false, false};
    return time_of_member(kAny, leaf, zone_minutes, received, time) == TimeValue::Told;
}

}  // namespace martlet::telemetry
