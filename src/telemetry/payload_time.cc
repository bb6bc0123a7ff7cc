#include "telemetry/payload_time.h"

#include <chrono>
#include <cmath>

namespace martlet::telemetry {

namespace {

constexpr Time kDay = 86'400'000;

// Takes fixed pieces off the front of a text; once something does not fit, all else fails.
class Scan {
  public:
    explicit Scan(std::string_view rest) : rest_(rest) {}

    int number(std::size_t digits) {
        int value = 0;
        if (rest_.size() < digits) return fail();
        for (std::size_t i = 0; i < digits; i++) {
            if (rest_[i] < '0' || rest_[i] > '9') return fail();
            value = value * 10 + (rest_[i] - '0');
        }
        rest_.remove_prefix(digits);
        return value;
    }
    bool take(char c) {
        if (!rest_.starts_with(c)) return false;
        rest_.remove_prefix(1);
        return true;
    }
    void expect(char c) {
        if (!take(c)) fail();
    }
    int milliseconds() {
        if (!take('.') && !take(',')) return 0;
        int value = 0;
        int scale = 100;
        if (!begins_with_digit()) return fail();
        for (; begins_with_digit(); rest_.remove_prefix(1)) {
            value += (rest_.front() - '0') * scale;
            scale /= 10;
        }
        return value;
    }
    bool begins_with_digit() const {
        return !rest_.empty() && rest_.front() >= '0' && rest_.front() <= '9';
    }
    int fail() {
        is_sound_ = false;
        rest_ = {};
        return 0;
    }
    bool is_sound() const { return is_sound_; }
    bool is_at_end() const { return rest_.empty(); }
    std::string_view rest() const { return rest_; }

  private:
    std::string_view rest_;
    bool is_sound_ = true;
};

}  // namespace

bool zone_from_text(std::string_view text, int& minutes) {
    if (text == "Z" || text == "z" || text == "utc" || text == "UTC") {
        minutes = 0;
        return true;
    }
    Scan scan(text);
    bool is_behind = scan.take('-');
    if (!is_behind) scan.expect('+');
    int hour = scan.number(2);
    int minute = 0;
    if (scan.take(':') || !scan.is_at_end()) minute = scan.number(2);
    if (!scan.is_sound() || !scan.is_at_end() || hour > 15 || minute > 59) return false;
    minutes = (hour * 60 + minute) * (is_behind ? -1 : 1);
    return true;
}

bool time_from_text(std::string_view text, std::optional<int> zone_minutes, Time& time) {
    Scan scan(text);
    int year = scan.number(4);
    scan.expect('-');
    int month = scan.number(2);
    scan.expect('-');
    int day = scan.number(2);
    if (!scan.take('T') && !scan.take('t')) scan.expect(' ');
    int hour = scan.number(2);
    scan.expect(':');
    int minute = scan.number(2);
    int second = scan.take(':') ? scan.number(2) : 0;
    int millisecond = scan.milliseconds();
    if (!scan.is_sound() || hour > 23 || minute > 59 || second > 60) return false;

    int zone = zone_minutes.value_or(0);
    if (scan.is_at_end() && !zone_minutes) return false;
    if (!scan.is_at_end() && !zone_from_text(scan.rest(), zone)) return false;
    std::chrono::year_month_day date{std::chrono::year(year),
                                     std::chrono::month(static_cast<unsigned>(month)),
                                     std::chrono::day(static_cast<unsigned>(day))};
    if (!date.ok()) return false;
    Time days = std::chrono::sys_days(date).time_since_epoch().count();
    time = days * kDay + ((hour * 60 + minute - zone) * 60 + second) * Time{1000} + millisecond;
    return true;
}

bool time_from_number(double number, Time& time) {
    if (!std::isfinite(number) || number < 0 || number > 1e19) return false;
    double scale = 1000;
    if (number > 1e17) {
        scale = 1e-6;
    } else if (number > 1e14) {
        scale = 1e-3;
    } else if (number > 1e11) {
        scale = 1;
    }
    time = static_cast<Time>(std::llround(number * scale));
    return true;
}

bool payload_time(const JsonLeaf& leaf, std::optional<int> zone_minutes, Time received,
                  Time& time) {
    double number = 0;
    Time told = 0;
    bool is_told = as_number(leaf, number) ? time_from_number(number, told)
                                           : leaf.type == LeafType::Text &&
                                                 time_from_text(leaf.text, zone_minutes, told);
    if (!is_told || told < kEarliestTime || told > received + kDay) return false;
    time = told;
    return true;
}

}  // namespace martlet::telemetry
