#include "telemetry/utf8_text.h"

namespace martlet::telemetry {

namespace {

// The smallest code point of each length: a longer form of a smaller one is not allowed.
constexpr unsigned kSmallest[] = {0, 0, 0x80, 0x800, 0x10000};

std::size_t length_told_by(unsigned lead) {
    if (lead < 0x80) return 1;
    if (lead >= 0xc2 && lead <= 0xdf) return 2;
    if (lead >= 0xe0 && lead <= 0xef) return 3;
    if (lead >= 0xf0 && lead <= 0xf4) return 4;
    return 0;
}

}  // namespace

std::size_t character_bytes(std::string_view text) {
    if (text.empty()) return 0;
    auto lead = static_cast<unsigned char>(text[0]);
    std::size_t length = length_told_by(lead);
    if (length < 2) return length;
    if (text.size() < length) return 0;
    unsigned code = lead & (0xffU >> (length + 1));
    for (std::size_t i = 1; i < length; i++) {
        auto byte = static_cast<unsigned char>(text[i]);
        if ((byte & 0xc0) != 0x80) return 0;
        code = code << 6 | (byte & 0x3f);
    }
    bool is_surrogate = code >= 0xd800 && code <= 0xdfff;
    return code < kSmallest[length] || is_surrogate || code > 0x10ffff ? 0 : length;
}

bool append_utf8(std::string& text, std::string_view bytes) {
    bool is_sound = true;
    while (!bytes.empty()) {
        std::size_t length = character_bytes(bytes);
        if (length == 0) {
            text += "\ufffd";
            is_sound = false;
            length = 1;
        } else {
            text += bytes.substr(0, length);
        }
        bytes.remove_prefix(length);
    }
    return is_sound;
}

}  // namespace martlet::telemetry
