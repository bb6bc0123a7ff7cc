#include "telemetry/decoders/json/state_text.h"

#include "base/ascii.h"
#include "mqtt/topic.h"
#include "telemetry/payload_json.h"
#include "telemetry/payload_time.h"

#include <algorithm>
#include <string>

namespace martlet::telemetry {

namespace {

// Not "yes" and "no": where "NO" stands beside "NC" and "OFF" it is another word for a contact.
constexpr std::string_view kTrueWords[] = {"true", "on"};
constexpr std::string_view kFalseWords[] = {"false", "off"};

bool is_upper(char c) {
    return c >= 'A' && c <= 'Z';
}

// One word of letters in ASCII without a capital behind its first letter, or in capitals only.
bool has_plain_case(std::string_view text) {
    bool is_word = std::all_of(text.begin(), text.end(), [](char c) {
        char small = lower(c);
        return (small >= 'a' && small <= 'z') || c == '_' || c == '-';
    });
    if (!is_word) return false;
    bool has_small =
        std::any_of(text.begin(), text.end(), [](char c) { return c >= 'a' && c <= 'z'; });
    return !has_small || std::none_of(text.begin() + 1, text.end(), is_upper);
}

std::string_view trimmed(std::string_view text) {
    auto first = text.find_first_not_of(" \t\r\n");
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1);
}

// A list or a form that nobody has read.
bool is_form(std::string_view text) {
    if (text.find_first_of("={}[]<>;|") != std::string_view::npos) return true;
    auto is_digit = [](char c) { return (c >= '0' && c <= '9') || c == '-' || c == '.'; };
    bool has_number = is_digit(text.front());
    for (std::size_t i = 1; i < text.size(); i++)
        has_number = has_number || (text[i - 1] == ',' && is_digit(text[i]));
    return has_number && std::count(text.begin(), text.end(), ',') > 1;
}

// "21.5 40.2", "1767225580.1:98.5", "sensor.temp 21.5 1767225580": several numbers, which are
// values in a form that is not known. "22:15" is a time of day.
bool is_numbers(std::string_view text) {
    constexpr std::size_t kClockBytesMax = 8;
    if (text.size() <= kClockBytesMax &&
        text.find_first_not_of("0123456789:") == std::string_view::npos)
        return false;
    std::size_t numbers = 0;
    std::size_t parts = 0;
    while (!text.empty()) {
        auto end = std::min(text.find_first_of(" :/"), text.size());
        double number = 0;
        if (end > 0) parts++;
        if (end > 0 && as_number(text.substr(0, end), number)) numbers++;
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return numbers > 1 && 2 * numbers >= parts;
}

bool is_hex(char c) {
    char small = lower(c);
    return (c >= '0' && c <= '9') || (small >= 'a' && small <= 'f');
}

}  // namespace

bool is_identifier(std::string_view text) {
    constexpr std::size_t kDigitsMin = 12;
    std::size_t digits = 0;
    bool has_number = false;
    for (char c : text) {
        if (c == '-' || c == ':') continue;
        if (!is_hex(c)) return false;
        has_number = has_number || (c >= '0' && c <= '9');
        digits++;
    }
    return digits >= kDigitsMin && has_number;
}

bool is_no_number(std::string_view text) {
    text = trimmed(text);
    if (text.starts_with('-') || text.starts_with('+')) text.remove_prefix(1);
    auto word = lowered(text.substr(0, 9));
    return word == "nan" || word == "inf" || word == "infinity" || word == "1.#inf" ||
           word == "1.#qnan";
}

bool state_of_text(std::string_view text, Value& value) {
    text = trimmed(text);
    if (text.empty() || text.size() > kStateBytesMax) return false;
    bool is_line = std::none_of(text.begin(), text.end(), [](char c) {
        return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
    });
    bool has_letter = std::any_of(text.begin(), text.end(), [](char c) {
        char small = lower(c);
        return (small >= 'a' && small <= 'z') || (c >= '0' && c <= '9') || (c & 0x80) != 0;
    });
    if (!has_letter || !is_line || !mqtt::is_valid_utf8(text) || is_form(text) || is_numbers(text))
        return false;
    Time time = 0;
    bool has_digit =
        std::any_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
    if (is_identifier(text) || is_no_number(text)) return false;
    if (has_digit && time_from_text(text, 0, time)) return false;
    // A mended text is no state: one byte of it was lost.
    if (text.find("\xef\xbf\xbd") != std::string_view::npos) return false;
    std::string word = has_plain_case(text) ? lowered(text) : std::string(text);
    auto is_one_of = [&](const auto& list) {
        return std::find(std::begin(list), std::end(list), word) != std::end(list);
    };
    if (is_one_of(kTrueWords)) {
        value = std::int64_t{1};
    } else if (is_one_of(kFalseWords)) {
        value = std::int64_t{0};
    } else {
        value = std::move(word);
    }
    return true;
}

}  // namespace martlet::telemetry
