#include "mqtt/text_scan.h"
#include "mqtt/topic.h"

#include <cstdint>

namespace martlet::mqtt {

namespace {

// Of a character that takes more than one byte.
bool is_refused(std::uint32_t code_point) {
    bool is_control = code_point <= 0x9F;
    bool is_non_character =
        (code_point >= 0xFDD0 && code_point <= 0xFDEF) || (code_point & 0xFFFE) == 0xFFFE;
    return is_control || is_non_character;
}

// How many bytes the character at the front takes: 0 when it is not well-formed (Unicode, table
// 3-7) or one that we refuse.
std::size_t character_size(const unsigned char* at, std::size_t left) {
    std::uint32_t first = at[0];
    if (first < 0x80) return first >= 0x20 && first != 0x7F;  // [MQTT-1.5.4-2] and controls.
    // C0, C1 and F5 upward begin nothing.
    if (first < 0xC2 || first > 0xF4) return 0;
    std::size_t size = first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
    if (left < size) return 0;
    // What is overlong, a surrogate [MQTT-1.5.4-1] or above U+10FFFF shows in the second byte.
    unsigned char low = first == 0xE0 ? 0xA0 : first == 0xF0 ? 0x90 : 0x80;
    unsigned char high = first == 0xED ? 0x9F : first == 0xF4 ? 0x8F : 0xBF;
    if (at[1] < low || at[1] > high) return 0;
    std::uint32_t code_point = (first & (0x7Fu >> size)) << 6 | (at[1] & 0x3Fu);
    for (std::size_t i = 2; i < size; i++) {
        if ((at[i] & 0xC0) != 0x80) return 0;
        code_point = code_point << 6 | (at[i] & 0x3Fu);
    }
    return is_refused(code_point) ? 0 : size;
}

}  // namespace

bool is_valid_utf8(std::string_view text) {
    if (is_plain_text(text)) return true;
    auto at = reinterpret_cast<const unsigned char*>(text.data());
    std::size_t left = text.size();
    while (left > 0) {
        std::uint64_t word;
        if (left >= 8) {
            std::memcpy(&word, at, 8);
            if (is_plain_text_word(word)) {
                at += 8;
                left -= 8;
                continue;
            }
        }
        std::size_t size = character_size(at, left);
        if (size == 0) return false;
        at += size;
        left -= size;
    }
    return true;
}

}  // namespace martlet::mqtt
