#include "telemetry/decoders/vehicle/words.h"

#include "base/ascii.h"

namespace martlet::telemetry::vehicle {

std::string_view trimmed(std::string_view text) {
    constexpr std::string_view kBlanks = " \t\r\n";
    std::size_t first = text.find_first_not_of(kBlanks);
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(kBlanks) - first + 1);
}

std::string folded(std::string_view text) {
    std::string plain;
    for (char c : text) {
        if (c == '_' || c == '-' || c == ' ') continue;
        plain += lower(c);
    }
    return plain;
}

std::string_view last_word(std::string_view path) {
    std::size_t dot = path.rfind('.');
    return dot == std::string_view::npos ? path : path.substr(dot + 1);
}

std::string_view without_last(std::string_view path) {
    std::size_t dot = path.rfind('.');
    return dot == std::string_view::npos ? std::string_view() : path.substr(0, dot);
}

std::string_view take_part(std::string_view& text, char separator) {
    std::size_t end = text.find(separator);
    std::string_view part = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    return part;
}

}  // namespace martlet::telemetry::vehicle
