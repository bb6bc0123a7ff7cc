#include "telemetry/ledger_text.h"

#include "base/ascii.h"
#include "mqtt/topic.h"

#include <algorithm>

namespace martlet::telemetry {

namespace {

constexpr std::string_view kReplacement = "\xef\xbf\xbd";

// What people write has lines; MQTT's own texts have none.
bool is_blank(char c) {
    return c == '\n' || c == '\r' || c == '\t';
}

// The character that begins `text`; empty: what begins it is none.
std::string_view first_character(std::string_view text) {
    if (is_blank(text.front())) return text.substr(0, 1);
    for (std::size_t size = 1; size <= std::min<std::size_t>(4, text.size()); size++) {
        if (mqtt::is_valid_utf8(text.substr(0, size))) return text.substr(0, size);
    }
    return {};
}

}  // namespace

bool is_storable_text(std::string_view text, std::size_t bytes_max) {
    if (text.size() > bytes_max) return false;
    if (is_printable(text)) return true;
    while (!text.empty()) {
        std::size_t line = std::min(text.find_first_of("\n\r\t"), text.size());
        if (!mqtt::is_valid_utf8(text.substr(0, line))) return false;
        text.remove_prefix(std::min(line + 1, text.size()));
    }
    return true;
}

std::string storable_text(std::string_view text, std::size_t bytes_max) {
    std::string out;
    while (!text.empty()) {
        std::string_view character = first_character(text);
        text.remove_prefix(std::max<std::size_t>(1, character.size()));
        if (character.empty()) character = kReplacement;
        if (out.size() + character.size() > bytes_max) break;
        out += character;
    }
    return out;
}

}  // namespace martlet::telemetry
