#include "base/ascii.h"
#include "telemetry/number_text.h"
#include "telemetry/payload_time.h"

#include <algorithm>
#include <chrono>

namespace martlet::telemetry {

namespace {

constexpr Time kDay = 86'400'000;
constexpr std::size_t kTextBytesMax = 64;
constexpr std::string_view kMonths[] = {"jan", "feb", "mar", "apr", "may", "jun",
                                        "jul", "aug", "sep", "oct", "nov", "dec"};
constexpr std::string_view kWeekdays[] = {"mon", "tue", "wed", "thu", "fri", "sat", "sun"};

// Names that people and devices use for zones. Minutes ahead of UTC in winter; in summer an hour
// more.
struct ZoneName {
    std::string_view name;
    int minutes;
    bool is_summer = false;
};
constexpr ZoneName kZoneNames[] = {
    {"wet", 0},           {"west", 0, true},   {"bst", 0, true},    {"cet", 60},
    {"cest", 60, true},   {"met", 60},         {"mest", 60, true},  {"mez", 60},
    {"mesz", 60, true},   {"eet", 120},        {"eest", 120, true}, {"sast", 120},
    {"msk", 180},         {"ist", 330},        {"hkt", 480},        {"awst", 480},
    {"jst", 540},         {"kst", 540},        {"aest", 600},       {"aedt", 600, true},
    {"nzst", 720},        {"nzdt", 720, true}, {"brt", -180},       {"est", -300},
    {"edt", -300, true},  {"cst", -360},       {"cdt", -360, true}, {"mst", -420},
    {"mdt", -420, true},  {"pst", -480},       {"pdt", -480, true}, {"akst", -540},
    {"akdt", -540, true}, {"hst", -600},
};

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}
bool is_letter(char c) {
    return lower(c) >= 'a' && lower(c) <= 'z';
}

// Takes fixed pieces off the front of a text; once something does not fit, all else fails.
class Scan {
  public:
    explicit Scan(std::string_view rest) : rest_(rest) {}

    int number(std::size_t digits) {
        int value = 0;
        if (leading_digits() < digits) return fail();
        for (std::size_t i = 0; i < digits; i++) value = value * 10 + (rest_[i] - '0');
        rest_.remove_prefix(digits);
        return value;
    }
    // One digit or two, a blank in place of the first.
    int day() {
        take(' ');
        return number(leading_digits() == 1 ? 1 : 2);
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
        if (leading_digits() == 0) return fail();
        for (; leading_digits() > 0; rest_.remove_prefix(1)) {
            value += (rest_.front() - '0') * scale;
            scale /= 10;
        }
        return value;
    }
    // The place of the word in front, by its first three letters; -1: it is none of them.
    template <std::size_t N>
    int word(const std::string_view (&words)[N]) {
        auto end = std::find_if_not(rest_.begin(), rest_.end(), is_letter);
        auto size = static_cast<std::size_t>(end - rest_.begin());
        if (size < 3) return -1;
        auto found = std::find(std::begin(words), std::end(words), lowered(rest_.substr(0, 3)));
        if (found == std::end(words)) return -1;
        rest_.remove_prefix(size);
        return static_cast<int>(found - std::begin(words));
    }
    std::size_t leading_digits() const {
        return std::min(rest_.find_first_not_of("0123456789"), rest_.size());
    }
    char at(std::size_t i) const { return i < rest_.size() ? rest_[i] : '\0'; }
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

struct Moment {
    int year = 0;
    int month = 0;
    int day = 0;
    bool has_clock = false;
    int hour = 0;
    int minute = 0;
    int second = 0;
    int millisecond = 0;
};

// "10:00", "10:00:00.250", "100000", "1000".
void take_clock(Scan& scan, Moment& moment) {
    moment.has_clock = true;
    moment.hour = scan.number(2);
    bool is_basic = is_digit(scan.at(0));
    if (!is_basic) scan.expect(':');
    moment.minute = scan.number(2);
    bool has_seconds = is_basic ? is_digit(scan.at(0)) : scan.take(':');
    if (has_seconds) moment.second = scan.number(2);
    // "20260101000000123" has no point before its milliseconds.
    bool is_run_on = is_basic && scan.leading_digits() == 3;
    moment.millisecond = is_run_on ? scan.number(3) : scan.milliseconds();
}

// "2026-01-01" and "20260101", with a clock or without.
void take_iso(Scan& scan, Moment& moment) {
    moment.year = scan.number(4);
    char mark = scan.at(0) == '/' ? '/' : '-';
    bool is_extended = scan.take(mark);
    moment.month = scan.number(2);
    if (is_extended) scan.expect(mark);
    moment.day = scan.number(2);
    if (scan.is_at_end()) return;
    bool has_mark = scan.take('T') || scan.take('t') || scan.take(' ') || scan.take('_');
    // Only all digits are run together.
    if (!has_mark && (is_extended || scan.leading_digits() < 4)) scan.fail();
    take_clock(scan, moment);
}

// "21.11.2026 10:00:00".
void take_dotted(Scan& scan, Moment& moment) {
    moment.day = scan.day();
    scan.expect('.');
    moment.month = scan.day();
    scan.expect('.');
    moment.year = scan.number(4);
    if (scan.is_at_end()) return;
    scan.take(',');
    scan.expect(' ');
    take_clock(scan, moment);
}

// "21 Nov 2026 10:00:00", as in mails and in HTTP.
void take_mail(Scan& scan, Moment& moment) {
    moment.day = scan.day();
    if (!scan.take(' ')) scan.expect('-');
    moment.month = scan.word(kMonths) + 1;
    if (!scan.take(' ')) scan.expect('-');
    moment.year = scan.number(4);
    scan.expect(' ');
    take_clock(scan, moment);
}

// "Nov 21 10:00:00 2026", as C writes it; `date` has the zone before the year.
void take_ctime(Scan& scan, Moment& moment, std::string_view& zone) {
    moment.month = scan.word(kMonths) + 1;
    scan.expect(' ');
    moment.day = scan.day();
    scan.expect(' ');
    take_clock(scan, moment);
    scan.expect(' ');
    if (is_letter(scan.at(0))) {
        zone = scan.rest().substr(0, scan.rest().find(' '));
        while (is_letter(scan.at(0))) scan.take(scan.at(0));
        scan.expect(' ');
    }
    moment.year = scan.number(4);
}

std::string_view without_region(std::string_view text) {
    auto bracket = text.find('[');
    return text.ends_with(']') && bracket != std::string_view::npos ? text.substr(0, bracket)
                                                                    : text;
}

bool take_moment(Scan& scan, Moment& moment, std::string_view& zone) {
    if (scan.word(kWeekdays) >= 0) {
        scan.take(',');
        scan.expect(' ');
    }
    std::size_t digits = scan.leading_digits();
    if (digits == 0 && scan.at(0) != ' ') {
        take_ctime(scan, moment, zone);
    } else if (digits <= 2 && scan.at(digits) == ':') {
        take_clock(scan, moment);
    } else if (digits <= 2 && scan.at(digits) == '.') {
        take_dotted(scan, moment);
    } else if (digits <= 2) {
        take_mail(scan, moment);
    } else {
        take_iso(scan, moment);
    }
    // ISO's end of a day.
    bool is_end = moment.hour == 24 && moment.minute + moment.second + moment.millisecond == 0;
    bool is_clock_sound = moment.hour <= 23 && moment.minute <= 59 && moment.second <= 60;
    return scan.is_sound() && (is_clock_sound || is_end);
}

// "/Date(1767218400000)/" and "/Date(1767218400000+0100)/": milliseconds, whatever the zone.
bool read_date_call(std::string_view text, Time& time) {
    constexpr std::string_view kBegin = "/Date(";
    constexpr std::string_view kEnd = ")/";
    constexpr std::size_t kDigitsMax = 15;
    if (!text.starts_with(kBegin) || !text.ends_with(kEnd)) return false;
    text.remove_prefix(kBegin.size());
    text.remove_suffix(kEnd.size());
    std::size_t digits = Scan(text).leading_digits();
    if (digits == 0 || digits > kDigitsMax) return false;
    int zone = 0;
    if (digits < text.size() && !zone_from_text(text.substr(digits), zone)) return false;
    time = 0;
    for (char digit : text.substr(0, digits)) time = time * 10 + (digit - '0');
    return true;
}

// "251231220000W", as the meters of DSMR write it.
bool take_meter_time(std::string_view text, Moment& moment, bool& is_summer) {
    constexpr std::size_t kDigits = 12;
    Scan scan(text);
    if (text.size() != kDigits + 1 || scan.leading_digits() != kDigits) return false;
    if (text.back() != 'W' && text.back() != 'S') return false;
    is_summer = text.back() == 'S';
    moment.year = 2000 + scan.number(2);
    moment.month = scan.number(2);
    moment.day = scan.number(2);
    moment.has_clock = true;
    moment.hour = scan.number(2);
    moment.minute = scan.number(2);
    moment.second = scan.number(2);
    return moment.hour <= 23 && moment.minute <= 59 && moment.second <= 59;
}

// False: `text` is no zone. Without a value: it is one, but of which offset is not known.
bool take_zone(std::string_view text, std::optional<int>& zone) {
    int minutes = 0;
    if (zone_from_text(text, minutes)) {
        zone = minutes;
        return true;
    }
    auto row = std::find_if(std::begin(kZoneNames), std::end(kZoneNames),
                            [&](const ZoneName& known) { return known.name == lowered(text); });
    if (row == std::end(kZoneNames)) return false;
    constexpr int kSummer = 60;
    bool is_told = zone && (*zone == row->minutes || *zone == row->minutes + kSummer);
    zone.reset();
    if (is_told) zone = row->minutes + (row->is_summer ? kSummer : 0);
    return true;
}

TimeValue time_of_moment(const Moment& moment, const std::optional<int>& zone, Time& time) {
    std::chrono::year_month_day date{std::chrono::year(moment.year),
                                     std::chrono::month(static_cast<unsigned>(moment.month)),
                                     std::chrono::day(static_cast<unsigned>(moment.day))};
    if (!date.ok()) return TimeValue::WrongClock;
    if (!moment.has_clock) return TimeValue::DateOnly;
    if (!zone) return TimeValue::NoZone;
    Time days = std::chrono::sys_days(date).time_since_epoch().count();
    Time seconds = (moment.hour * 60 + moment.minute - *zone) * 60 + moment.second;
    time = days * kDay + seconds * 1000 + moment.millisecond;
    return TimeValue::Told;
}

}  // namespace

bool zone_from_text(std::string_view text, int& minutes) {
    std::string word = lowered(text.substr(0, 3));
    if (text.size() <= 3 && (word == "z" || word == "utc" || word == "gmt" || word == "ut")) {
        minutes = 0;
        return true;
    }
    if (word == "utc" || word == "gmt") text.remove_prefix(3);
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

TimeValue read_time_text(std::string_view text, std::optional<int> zone_minutes, Time& time) {
    text = without_region(trimmed(text));
    if (text.empty() || text.size() > kTextBytesMax) return TimeValue::WrongClock;
    if (read_date_call(text, time)) return TimeValue::Told;
    Moment moment;
    bool is_summer = false;
    if (take_meter_time(text, moment, is_summer)) {
        if (zone_minutes && is_summer) *zone_minutes += 60;
        return time_of_moment(moment, zone_minutes, time);
    }
    moment = {};
    Scan scan(text);
    std::string_view zone_text;
    if (!take_moment(scan, moment, zone_text)) return TimeValue::WrongClock;
    if (!scan.is_at_end()) {
        if (!zone_text.empty() || !moment.has_clock) return TimeValue::WrongClock;
        zone_text = trimmed(scan.rest());
    }
    if (!zone_text.empty() && !take_zone(zone_text, zone_minutes)) return TimeValue::WrongClock;
    if (moment.year == 0 && moment.month == 0) return TimeValue::ClockOnly;
    return time_of_moment(moment, zone_minutes, time);
}

bool time_from_text(std::string_view text, std::optional<int> zone_minutes, Time& time) {
    return read_time_text(text, zone_minutes, time) == TimeValue::Told;
}

bool time_from_date_and_clock(std::string_view date, std::string_view clock,
                              std::optional<int> zone_minutes, Time& time) {
    date = trimmed(date);
    clock = trimmed(clock);
    if (date.size() + clock.size() >= kTextBytesMax) return false;
    std::string text(date);
    // Only ISO's dates have their 'T'.
    text += ' ';
    text += clock;
    Time ignored = 0;
    return read_time_text(date, 0, ignored) == TimeValue::DateOnly &&
           time_from_text(text, zone_minutes, time);
}

}  // namespace martlet::telemetry
