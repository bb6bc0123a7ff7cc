#include "telemetry/json_number.h"

#include <algorithm>
#include <charconv>
#include <system_error>

namespace martlet::telemetry {

namespace {

std::string_view take_digits(std::string_view& rest) {
    auto digits = rest.substr(0, rest.find_first_not_of("0123456789"));
    rest.remove_prefix(digits.size());
    return digits;
}

// The parts of a number, signs taken off.
struct Parts {
    bool is_negative = false;
    std::string_view whole;
    bool has_point = false;
    std::string_view decimals;
    bool has_exponent = false;
    bool is_exponent_negative = false;
    std::string_view exponent;
};

bool split(std::string_view token, Parts& parts) {
    parts.is_negative = token.starts_with('-');
    if (parts.is_negative || token.starts_with('+')) token.remove_prefix(1);
    parts.whole = take_digits(token);
    parts.has_point = token.starts_with('.');
    if (parts.has_point) {
        token.remove_prefix(1);
        parts.decimals = take_digits(token);
    }
    if (parts.whole.empty() && parts.decimals.empty()) return false;
    if (token.empty()) return true;
    if (token[0] != 'e' && token[0] != 'E') return false;
    token.remove_prefix(1);
    parts.has_exponent = true;
    parts.is_exponent_negative = token.starts_with('-');
    if (parts.is_exponent_negative || token.starts_with('+')) token.remove_prefix(1);
    parts.exponent = take_digits(token);
    return !parts.exponent.empty() && token.empty();
}

template <typename T>
bool fits(std::string_view text) {
    T number{};
    return std::from_chars(text.data(), text.data() + text.size(), number).ec == std::errc{};
}

// Whether it is 1 or more: the library says "out of range" of what is too small as well.
bool is_one_or_more(const Parts& parts) {
    constexpr std::int64_t kFar = 1'000'000'000'000;
    std::int64_t exponent = 0;
    for (char digit : parts.exponent) exponent = std::min(kFar, exponent * 10 + (digit - '0'));
    if (parts.is_exponent_negative) exponent = -exponent;
    auto first = parts.whole.find_first_not_of('0');
    if (first != std::string_view::npos)
        return exponent + static_cast<std::int64_t>(parts.whole.size() - first) > 0;
    first = parts.decimals.find_first_not_of('0');
    return first != std::string_view::npos && exponent > static_cast<std::int64_t>(first);
}

bool is_huge(const Parts& parts, std::string_view text) {
    return !fits<double>(text) && is_one_or_more(parts);
}

}  // namespace

NumberForm append_json_number(std::string& json, std::string_view token) {
    Parts parts;
    if (!split(token, parts)) return NumberForm::None;
    std::size_t begin = json.size();
    if (parts.is_negative) json += '-';
    auto digits = parts.whole;
    while (digits.size() > 1 && digits[0] == '0') digits.remove_prefix(1);
    json += digits.empty() ? "0" : digits;
    if (parts.has_point) {
        json += '.';
        json += parts.decimals.empty() ? "0" : parts.decimals;
    }
    // As it stands: 'E', "e+5".
    if (parts.has_exponent) json += token.substr(token.find_first_of("eE"));
    auto text = std::string_view(json).substr(begin);
    bool is_sound = text == token;
    if (is_huge(parts, text)) {
        json.resize(begin);
        return NumberForm::Huge;
    }
    bool is_whole = !parts.has_point && !parts.has_exponent;
    if (is_whole && !fits<std::int64_t>(text) && !fits<std::uint64_t>(text)) {
        json += ".0";
        return NumberForm::Long;
    }
    return is_sound ? NumberForm::Sound : NumberForm::Mended;
}

}  // namespace martlet::telemetry
