#include "telemetry/decoders/plain_text.h"

#include "base/ascii.h"
#include "mqtt/topic.h"

namespace martlet::telemetry {

namespace {

bool continues_character(char c) {
    return (static_cast<unsigned char>(c) & 0xc0) == 0x80;
}

// Bytes of the order that begins `text`; 0: it is none.
std::size_t order_bytes(std::string_view text, bool keeps_lines) {
    auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    if (byte(0) < 0x20 || byte(0) == 0x7f) {
        bool is_line = text[0] == '\n' || text[0] == '\t';
        return keeps_lines && is_line ? 0 : 1;
    }
    // U+0080 to U+009F: ESC and its like in one character.
    if (byte(0) == 0xc2 && text.size() > 1 && byte(1) >= 0x80 && byte(1) <= 0x9f) return 2;
    if (byte(0) != 0xe2 || text.size() < 3) return 0;
    // U+202A to U+202E and U+2066 to U+2069.
    bool is_turn = (byte(1) == 0x80 && byte(2) >= 0xaa && byte(2) <= 0xae) ||
                   (byte(1) == 0x81 && byte(2) >= 0xa6 && byte(2) <= 0xa9);
    return is_turn ? 3 : 0;
}

}  // namespace

std::string without_orders(std::string_view text, bool keeps_lines) {
    std::string plain;
    plain.reserve(text.size());
    while (!text.empty()) {
        std::size_t size = order_bytes(text, keeps_lines);
        plain += size > 0 ? ' ' : text[0];
        text.remove_prefix(size > 0 ? size : 1);
    }
    return plain;
}

std::string plain_text(std::string_view bytes, std::size_t bytes_max) {
    if (is_printable(bytes)) return std::string(bytes.substr(0, bytes_max));
    std::size_t size = bytes.size();
    if (size > bytes_max) {
        size = bytes_max;
        while (size > 0 && continues_character(bytes[size])) size--;
    }
    std::string text = without_orders(bytes.substr(0, size));
    return mqtt::is_valid_utf8(text) ? text : std::string();
}

}  // namespace martlet::telemetry
