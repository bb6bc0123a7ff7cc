#include "telemetry/number_text.h"

#include <charconv>
#include <cmath>
#include <cstring>

namespace martlet::telemetry {

namespace {

constexpr std::string_view kBlanks[] = {" ", "\t", "\r", "\n", "\u00a0", "\u202f", "\u2009"};
// What stands between groups of three digits.
constexpr std::string_view kGroupMarks[] = {" ", "'", "\u00a0", "\u202f", "\u2009", ",", "."};
constexpr std::size_t kDigitsMax = 40;

bool is_digit_at(std::string_view text, std::size_t i) {
    return i < text.size() && text[i] >= '0' && text[i] <= '9';
}

std::size_t digits_at(std::string_view text, std::size_t i) {
    std::size_t count = 0;
    while (is_digit_at(text, i + count)) count++;
    return count;
}

// The number as std::from_chars wants it.
struct Digits {
    char text[kDigitsMax + 8];
    std::size_t size = 0;
    bool is_sound = true;

    void add(std::string_view more) {
        if (size + more.size() > sizeof text) {
            is_sound = false;
            return;
        }
        std::memcpy(text + size, more.data(), more.size());
        size += more.size();
    }
};

// The mark of groups of three that stands at `i`; empty: none.
std::string_view group_mark_at(std::string_view text, std::size_t i) {
    for (auto mark : kGroupMarks) {
        if (!text.substr(i).starts_with(mark)) continue;
        return digits_at(text, i + mark.size()) == 3 ? mark : std::string_view();
    }
    return {};
}

struct Groups {
    std::string_view mark;
    std::size_t count = 0;  // after the first digits
    bool is_sound = true;   // can be read in one way only
};

// The groups behind the first digits of a number, which end at `end`.
Groups groups_at(std::string_view text, std::size_t end) {
    Groups groups;
    groups.mark = group_mark_at(text, end);
    if (groups.mark.empty()) return groups;
    while (group_mark_at(text, end) == groups.mark) {
        end += groups.mark.size() + 3;
        groups.count++;
    }
    if (groups.mark != "," && groups.mark != ".") return groups;
    char decimal = groups.mark == "," ? '.' : ',';
    bool has_decimals = end < text.size() && text[end] == decimal && is_digit_at(text, end + 1);
    if (groups.count > 1 || has_decimals) return groups;
    // "1.234" has three decimals for every machine; "1,234" is one or a thousand.
    groups.count = 0;
    groups.is_sound = groups.mark == ".";
    return groups;
}

// The whole part. False: it can be read in two ways.
bool read_whole(std::string_view text, std::size_t& end, Digits& digits, Groups& groups) {
    std::size_t first = digits_at(text, end);
    digits.add(first == 0 ? "0" : text.substr(end, first));
    bool may_have_groups = first > 0 && first <= 3 && text[end] != '0';
    end += first;
    if (!may_have_groups) return true;
    groups = groups_at(text, end);
    for (std::size_t i = 0; i < groups.count; i++) {
        digits.add(text.substr(end + groups.mark.size(), 3));
        end += groups.mark.size() + 3;
    }
    return groups.is_sound;
}

// Decimals behind '.' or ',', which `end` moves behind.
void read_decimals(std::string_view text, std::size_t& end, Digits& digits) {
    bool has_sign = end < text.size() && (text[end] == '.' || text[end] == ',');
    std::size_t count = has_sign ? digits_at(text, end + 1) : 0;
    if (count == 0) return;
    digits.add(".");
    digits.add(text.substr(end + 1, count));
    end += 1 + count;
}

// The 'e' of a unit is none of the number's.
void read_exponent(std::string_view text, std::size_t& end, Digits& digits) {
    if (end >= text.size() || (text[end] != 'e' && text[end] != 'E')) return;
    std::size_t at = end + 1;
    bool is_negative = at < text.size() && text[at] == '-';
    if (is_negative || (at < text.size() && text[at] == '+')) at++;
    std::size_t count = digits_at(text, at);
    if (count == 0 || count > 3) return;
    digits.add(is_negative ? "e-" : "e");
    digits.add(text.substr(at, count));
    end = at + count;
}

bool convert(const Digits& digits, bool is_whole, ReadNumber& number) {
    const char* begin = digits.text;
    const char* end = begin + digits.size;
    if (!digits.is_sound) return false;
    auto result = std::from_chars(begin, end, number.real);
    if (result.ec != std::errc{} || result.ptr != end || !std::isfinite(number.real)) return false;
    number.is_whole = false;
    if (!is_whole) return true;
    result = std::from_chars(begin, end, number.whole);
    number.is_whole = result.ec == std::errc{} && result.ptr == end;
    return true;
}

}  // namespace

std::string_view trimmed(std::string_view text) {
    // Most texts have no blanks around them. Bytes of other blanks are negative as char.
    if (!text.empty() && text.front() > ' ' && text.back() > ' ') return text;
    for (bool is_more = true; is_more;) {
        is_more = false;
        for (auto blank : kBlanks) {
            while (text.starts_with(blank)) {
                text.remove_prefix(blank.size());
                is_more = true;
            }
            while (text.ends_with(blank)) {
                text.remove_suffix(blank.size());
                is_more = true;
            }
        }
    }
    return text;
}

std::size_t read_number(std::string_view text, ReadNumber& number) {
    constexpr std::string_view kMinus = "\u2212";
    Digits digits;
    std::size_t begin = 0;
    if (text.starts_with(kMinus)) {
        begin = kMinus.size();
    } else if (text.starts_with('-') || text.starts_with('+')) {
        begin = 1;
    }
    if (begin > 0 && text[0] != '+') digits.add("-");
    std::size_t end = begin;
    Groups groups;
    if (!read_whole(text, end, digits, groups)) return 0;
    bool has_whole = end > begin;
    std::size_t whole_end = end;
    // "1,234,567,5": a mark of groups is no decimal sign as well.
    bool is_mark = groups.count > 0 && text.substr(end).starts_with(groups.mark);
    if (!is_mark) read_decimals(text, end, digits);
    if (!has_whole && end == whole_end) return 0;
    read_exponent(text, end, digits);
    return convert(digits, end == whole_end, number) ? end : 0;
}

bool is_identity_number(std::string_view text) {
    constexpr std::size_t kExactDigits = 15;  // that every double holds
    text = trimmed(text);
    std::size_t digits = digits_at(text, 0);
    if (digits == 0) return false;
    if (digits == text.size()) return digits > kExactDigits || (digits > 1 && text[0] == '0');
    bool has_e = text[digits] == 'e' || text[digits] == 'E';
    std::size_t more = digits_at(text, digits + 1);
    return has_e && more > 0 && digits + 1 + more == text.size();
}

}  // namespace martlet::telemetry
