#include "config/values.h"

#include "mqtt/topic.h"

#include <cerrno>
#include <cstdlib>
#include <limits>

namespace martlet::config {
namespace {

constexpr std::size_t kTextBytesMax = 65535;

Error empty_value(const Entry& entry) {
    return invalid(fmt::format("Error: Empty '{}' value in configuration.", entry.shown_name()));
}

// mosquitto looks at the first word only; what follows it is worth a word of ours.
void note_leftover(Entry& entry) {
    if (!entry.words.rest().empty())
        entry.note = fmt::format("text after the value of '{}' is ignored", entry.name);
}

Error out_of_bounds(const Entry& entry, std::int64_t number) {
    if (!entry.key.bounds_error.empty()) return invalid(std::string(entry.key.bounds_error));
    return invalid(fmt::format("Error: Invalid '{}' value ({}).", entry.shown_name(), number));
}

bool is_int(std::int64_t number) {
    return number >= std::numeric_limits<int>::min() && number <= std::numeric_limits<int>::max();
}

}  // namespace

Error invalid(std::string text) {
    return {std::move(text), 3};
}

Result<std::string_view> read_word(Entry& entry) {
    std::string_view word = entry.words.next();
    if (word.empty()) return empty_value(entry);
    return word;
}

Result<bool> read_bool(Entry& entry) {
    std::string_view word = entry.words.next();
    if (word.empty()) return empty_value(entry);
    note_leftover(entry);
    if (word == "true" || word == "1") return true;
    if (word == "false" || word == "0") return false;
    return invalid(fmt::format("Error: Invalid '{}' value ({}).", entry.shown_name(), word));
}

bool parse_number(std::string_view word, std::int64_t& number) {
    std::string text(word);
    char* end = nullptr;
    errno = 0;
    long long value = std::strtoll(text.c_str(), &end, 0);
    if (end == text.c_str() || end != text.c_str() + text.size()) return false;
    number = value;  // at the end of its range when text says more
    return true;
}

Result<std::int64_t> read_number(Entry& entry) {
    std::string_view word = entry.words.next();
    if (word.empty()) return empty_value(entry);
    note_leftover(entry);
    std::int64_t number = 0;
    if (!parse_number(word, number))
        return invalid(fmt::format("Error: '{}' value not a number.", entry.shown_name()));
    const Key& key = entry.key;
    if (!is_int(number) && is_int(key.max))
        return invalid(fmt::format("Error: '{}' value out of range.", entry.shown_name()));
    if (number < key.min && key.is_raised_to_min) {
        if (number >= 0) entry.note = fmt::format("'{}' is too low, using {}", entry.name, key.min);
        return key.min;
    }
    if (number < key.min || number > key.max) return out_of_bounds(entry, number);
    return number;
}

Result<std::string> read_text(Entry& entry) {
    std::string_view text = entry.words.rest();
    if (text.empty()) return empty_value(entry);
    if (text.size() > kTextBytesMax)
        return invalid(fmt::format("Error: '{}' value is longer than {} bytes.", entry.shown_name(),
                                   kTextBytesMax));
    if (!mqtt::is_valid_utf8(text)) return invalid("Error: Malformed UTF-8 in configuration.");
    return std::string(text);
}

}  // namespace martlet::config
