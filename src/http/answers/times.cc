#include "http/answers/times.h"

#include "base/text.h"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <ctime>
#include <iterator>

namespace martlet::http {

namespace {

constexpr Time kLatest = 253402300799999;  // the last millisecond of 9999

// Reads what it is asked for from the front of a text; once something is missing it is not ok.
class Digits {
  public:
    explicit Digits(std::string_view text) : rest_(text) {}

    int number(std::size_t digits) {
        if (rest_.size() < digits) return fail();
        int value = 0;
        for (char c : rest_.substr(0, digits)) {
            if (c < '0' || c > '9') return fail();
            value = value * 10 + (c - '0');
        }
        rest_.remove_prefix(digits);
        return value;
    }
    bool skip(std::string_view one_of) {
        if (rest_.empty() || one_of.find(rest_.front()) == std::string_view::npos) return false;
        rest_.remove_prefix(1);
        return true;
    }
    void expect(std::string_view one_of) {
        if (!skip(one_of)) fail();
    }
    // ".25" is 250.
    int milliseconds() {
        int value = 0;
        int scale = 100;
        if (peek() < '0' || peek() > '9') return fail();
        while (!rest_.empty() && rest_.front() >= '0' && rest_.front() <= '9') {
            value += (rest_.front() - '0') * scale;
            scale /= 10;
            rest_.remove_prefix(1);
        }
        return value;
    }
    bool is_done() const { return rest_.empty(); }
    bool ok() const { return is_ok_; }
    char peek() const { return rest_.empty() ? '\0' : rest_.front(); }

  private:
    int fail() {
        is_ok_ = false;
        rest_ = {};
        return 0;
    }

    std::string_view rest_;
    bool is_ok_ = true;
};

std::tm local(Time time) {
    auto seconds = static_cast<std::time_t>(time / 1000);
    std::tm fields{};
    localtime_r(&seconds, &fields);
    return fields;
}

Time from_local(std::tm fields) {
    fields.tm_isdst = -1;
    return static_cast<Time>(std::mktime(&fields)) * 1000;
}

// Hours, minutes, seconds and milliseconds after the date, as far as they are given.
Time read_clock(Digits& digits) {
    Time time = digits.number(2) * kHour;
    if (time >= kDay) digits.expect("");
    digits.expect(":");
    int minutes = digits.number(2);
    if (minutes > 59) digits.expect("");
    time += minutes * kMinute;
    if (!digits.skip(":")) return time;
    int seconds = digits.number(2);
    if (seconds > 60) digits.expect("");
    time += seconds * kSecond;
    return digits.skip(".,") ? time + digits.milliseconds() : time;
}

// What is to be taken off to come to UTC; nullopt: no zone is given.
std::optional<Time> read_zone(Digits& digits) {
    if (digits.skip("Zz")) return 0;
    // A '+' that was not percent-encoded arrives as a space.
    bool is_east = digits.peek() == '+' || digits.peek() == ' ';
    if (!digits.skip("+- ")) return std::nullopt;
    Time ahead = digits.number(2) * kHour;
    digits.skip(":");
    ahead += digits.number(2) * kMinute;
    return is_east ? ahead : -ahead;
}

std::optional<Time> parse_iso(std::string_view text) {
    Digits digits(text);
    int year = digits.number(4);
    digits.expect("-");
    auto month = static_cast<unsigned>(digits.number(2));
    digits.expect("-");
    auto day = static_cast<unsigned>(digits.number(2));
    Time clock = 0;
    std::optional<Time> zone;
    if (digits.ok() && digits.skip("Tt ")) {
        clock = read_clock(digits);
        zone = read_zone(digits);
    }
    std::chrono::year_month_day date{std::chrono::year(year), std::chrono::month(month),
                                     std::chrono::day(day)};
    if (!digits.ok() || !digits.is_done() || !date.ok() || year < 1970) return std::nullopt;
    Time midnight = std::chrono::sys_days(date).time_since_epoch().count() * kDay;
    if (zone) return midnight + clock - *zone;
    std::tm fields{};
    fields.tm_year = year - 1900;
    fields.tm_mon = static_cast<int>(month) - 1;
    fields.tm_mday = static_cast<int>(day);
    fields.tm_hour = static_cast<int>(clock / kHour);
    fields.tm_min = static_cast<int>(clock % kHour / kMinute);
    return from_local(fields) + clock % kMinute;
}

}  // namespace

Time wall_now() {
    auto now = std::chrono::system_clock::now().time_since_epoch();
    return std::chrono::duration_cast<std::chrono::milliseconds>(now).count();
}

std::optional<std::int64_t> parse_duration(std::string_view text) {
    constexpr std::int64_t kLongest = 36500 * kDay;
    if (text.size() < 2 || text.front() < '0' || text.front() > '9') return std::nullopt;
    std::int64_t number = 0;
    const char* last = text.data() + text.size() - 1;
    auto [end, error] = std::from_chars(text.data(), last, number);
    if (error != std::errc() || end != last || number < 1) return std::nullopt;
    std::int64_t unit = 0;
    switch (*last) {
        case 's':
            unit = kSecond;
            break;
        case 'm':
            unit = kMinute;
            break;
        case 'h':
            unit = kHour;
            break;
        case 'd':
            unit = kDay;
            break;
        case 'w':
            unit = 7 * kDay;
            break;
        default:
            return std::nullopt;
    }
    if (number > kLongest / unit) return std::nullopt;
    return number * unit;
}

std::optional<Time> parse_time(std::string_view text, Time now) {
    std::optional<Time> time;
    Time number = 0;
    auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (text == "now") {
        time = now;
    } else if (!text.empty() && text.front() == '-') {
        if (auto ago = parse_duration(text.substr(1))) time = std::max<Time>(now - *ago, 0);
    } else if (error == std::errc() && end == text.data() + text.size()) {
        time = number;
    } else {
        time = parse_iso(text);
    }
    if (time && (*time < 0 || *time > kLatest)) return std::nullopt;
    return time;
}

void append_iso_time(std::string& out, Time time) {
    using namespace std::chrono;
    auto days = floor<std::chrono::days>(milliseconds(time));
    year_month_day date{sys_days(days)};
    std::int64_t rest = time - days.count() * kDay;
    fmt::format_to(std::back_inserter(out), "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z",
                   int(date.year()), unsigned(date.month()), unsigned(date.day()), rest / kHour,
                   rest % kHour / kMinute, rest % kMinute / kSecond, rest % kSecond);
}

std::string iso_time(Time time) {
    std::string out;
    append_iso_time(out, time);
    return out;
}

Time period_begins(Time time, Calendar period, int moved) {
    // Hours are those of UTC, as the store's are: zones of half hours see them begin at :30.
    if (period == Calendar::Hour) return (time / kHour + moved) * kHour;
    std::tm fields = local(time);
    fields.tm_hour = fields.tm_min = fields.tm_sec = 0;
    switch (period) {
        case Calendar::Hour:
            break;
        case Calendar::Day:
            fields.tm_mday += moved;
            break;
        case Calendar::Week:
            fields.tm_mday += 7 * moved - (fields.tm_wday + 6) % 7;
            break;
        case Calendar::Month:
            fields.tm_mday = 1;
            fields.tm_mon += moved;
            break;
        case Calendar::Year:
            fields.tm_mday = 1;
            fields.tm_mon = 0;
            fields.tm_year += moved;
            break;
    }
    return from_local(fields);
}

std::string period_name(Time time, Calendar period) {
    if (period == Calendar::Hour) return iso_time(time);
    std::tm fields = local(time);
    int year = fields.tm_year + 1900;
    if (period == Calendar::Year) return fmt::format("{:04}", year);
    if (period == Calendar::Month) return fmt::format("{:04}-{:02}", year, fields.tm_mon + 1);
    return fmt::format("{:04}-{:02}-{:02}", year, fields.tm_mon + 1, fields.tm_mday);
}

std::optional<Time> parse_month(std::string_view text) {
    if (text.size() != 7) return std::nullopt;
    return parse_iso(fmt::format("{}-01", text));
}

}  // namespace martlet::http
