#include "auth/base64.h"

#include <array>

namespace martlet::auth {

namespace {

constexpr std::string_view kAlphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::uint8_t kNoDigit = 0xFF;

constexpr std::array<std::uint8_t, 256> make_digits() {
    std::array<std::uint8_t, 256> digits{};
    digits.fill(kNoDigit);
    for (std::size_t i = 0; i < kAlphabet.size(); ++i)
        digits[static_cast<std::uint8_t>(kAlphabet[i])] = static_cast<std::uint8_t>(i);
    return digits;
}

constexpr auto kDigits = make_digits();

}  // namespace

std::string encode_base64(ByteView bytes, Padding padding) {
    std::string text;
    text.reserve((bytes.size() + 2) / 3 * 4);
    std::uint32_t bits = 0;
    int bit_count = 0;
    for (std::uint8_t byte : bytes) {
        bits = bits << 8 | byte;
        bit_count += 8;
        while (bit_count >= 6) {
            bit_count -= 6;
            text += kAlphabet[bits >> bit_count & 0x3F];
        }
    }
    if (bit_count > 0) text += kAlphabet[bits << (6 - bit_count) & 0x3F];
    while (padding == Padding::Required && text.size() % 4 != 0) text += '=';
    return text;
}

bool decode_base64(std::string_view text, Padding padding, std::vector<std::uint8_t>& bytes) {
    bytes.clear();
    if (padding == Padding::Required) {
        if (text.size() % 4 != 0) return false;
        for (int i = 0; i < 2 && text.ends_with('='); ++i) text.remove_suffix(1);
    }
    if (text.size() % 4 == 1) return false;
    bytes.reserve(text.size() * 3 / 4);
    std::uint32_t bits = 0;
    int bit_count = 0;
    for (char c : text) {
        std::uint8_t digit = kDigits[static_cast<std::uint8_t>(c)];
        if (digit == kNoDigit) return false;
        bits = bits << 6 | digit;
        bit_count += 6;
        if (bit_count < 8) continue;
        bit_count -= 8;
        bytes.push_back(static_cast<std::uint8_t>(bits >> bit_count));
    }
    return (bits & ((1U << bit_count) - 1)) == 0;
}

}  // namespace martlet::auth
