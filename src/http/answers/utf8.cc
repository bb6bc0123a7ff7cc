#include "http/answers/utf8.h"

#include <cstdint>

namespace martlet::http {

namespace {

std::size_t announced_size(unsigned char first) {
    if (first < 0x80) return 1;
    if (first >= 0xc2 && first < 0xe0) return 2;
    if (first >= 0xe0 && first < 0xf0) return 3;
    if (first >= 0xf0 && first < 0xf5) return 4;
    return 0;
}

bool is_control(unsigned char c) {
    return c == 0x7f || (c < 0x20 && c != '\t' && c != '\n' && c != '\r');
}

}  // namespace

bool is_utf8(std::string_view bytes) {
    while (!bytes.empty()) {
        auto first = static_cast<unsigned char>(bytes.front());
        std::size_t size = announced_size(first);
        if (size == 0 || size > bytes.size() || is_control(first)) return false;
        std::uint32_t letter = size == 1 ? first : first & (0x7fu >> size);
        for (std::size_t i = 1; i < size; i++) {
            auto next = static_cast<unsigned char>(bytes[i]);
            if ((next & 0xc0) != 0x80) return false;
            letter = letter << 6 | (next & 0x3f);
        }
        bool is_surrogate = letter >= 0xd800 && letter < 0xe000;
        bool is_overlong = (size == 3 && letter < 0x800) || (size == 4 && letter < 0x10000);
        if (is_surrogate || is_overlong || letter > 0x10ffff) return false;
        bytes.remove_prefix(size);
    }
    return true;
}

std::string_view without_cut_letter(std::string_view bytes) {
    for (std::size_t back = 1; back <= 3 && back <= bytes.size(); back++) {
        auto c = static_cast<unsigned char>(bytes[bytes.size() - back]);
        if ((c & 0xc0) == 0x80) continue;
        bool is_cut = c >= 0xc0 && announced_size(c) > back;
        return is_cut ? bytes.substr(0, bytes.size() - back) : bytes;
    }
    return bytes;
}

}  // namespace martlet::http
