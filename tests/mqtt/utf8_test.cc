#include "mqtt/topic.h"

#include <string>

namespace martlet::mqtt {
namespace {

// The slow model: whether the whole text is exactly one character, taken apart by arithmetic.
bool is_one_character(const std::string& text) {
    auto at = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    std::size_t size = text.size();
    std::uint32_t code = 0;
    if (size == 1 && at(0) < 0x80)
        code = at(0);
    else if (size == 2 && at(0) >> 5 == 6)
        code = at(0) & 0x1F;
    else if (size == 3 && at(0) >> 4 == 14)
        code = at(0) & 0x0F;
    else if (size == 4 && at(0) >> 3 == 30)
        code = at(0) & 0x07;
    else
        return false;
    for (std::size_t i = 1; i < size; i++) {
        if (at(i) >> 6 != 2) return false;
        code = code << 6 | (at(i) & 0x3F);
    }
    static constexpr std::uint32_t kLeast[] = {0, 0, 0x80, 0x800, 0x10000};
    if (code < kLeast[size] || code > 0x10FFFF) return false;
    if (code >= 0xD800 && code <= 0xDFFF) return false;
    if (code <= 0x1F || (code >= 0x7F && code <= 0x9F)) return false;
    if (code >= 0xFDD0 && code <= 0xFDEF) return false;
    return (code & 0xFFFF) < 0xFFFE;
}

TEST(Utf8, EverySequenceOfOneToThreeBytes) {
    for (unsigned a = 0; a < 256; a++) {
        std::string text(1, static_cast<char>(a));
        ASSERT_EQ(is_valid_utf8(text), is_one_character(text)) << a;
        if (a < 0x80) continue;
        text.resize(3);
        for (unsigned b = 0; b < 256; b++) {
            text[1] = static_cast<char>(b);
            std::string two = text.substr(0, 2);
            ASSERT_EQ(is_valid_utf8(two), is_one_character(two)) << a << " " << b;
            if (a < 0xE0) continue;
            for (unsigned c = 0; c < 256; c++) {
                text[2] = static_cast<char>(c);
                ASSERT_EQ(is_valid_utf8(text), is_one_character(text)) << a << " " << b << " " << c;
            }
        }
    }
}

TEST(Utf8, FourBytesAtTheEdges) {
    const unsigned char edges[] = {0x00, 0x41, 0x7F, 0x80, 0x8F, 0x90, 0x9F,
                                   0xA0, 0xBD, 0xBE, 0xBF, 0xC0, 0xFF};
    for (unsigned a = 0xF0; a < 256; a++) {
        for (unsigned b = 0; b < 256; b++) {
            for (unsigned char c : edges) {
                for (unsigned char d : edges) {
                    std::string text = {static_cast<char>(a), static_cast<char>(b),
                                        static_cast<char>(c), static_cast<char>(d)};
                    ASSERT_EQ(is_valid_utf8(text), is_one_character(text))
                        << a << " " << b << " " << +c << " " << +d;
                }
            }
        }
    }
}

// hardening.md, row 14. Each good and bad piece at each place of a word, with plain text before and
// behind.
TEST(Utf8, hardening_14_EveryPlaceInAWord) {
    struct Piece {
        std::string text;
        bool is_valid;
    };
    const Piece pieces[] = {
        {"\x20", true},
        {"~", true},
        {"\xC2\xA0", true},
        {"\xEF\xBB\xBF", true},  // [MQTT-1.5.4-3]: kept.
        {"\xE2\x82\xAC", true},
        {"\xF0\x9F\x90\xA6", true},
        {"\xEF\xBF\xBD", true},
        {"\xF4\x8F\xBF\xBD", true},
        {std::string(1, '\0'), false},
        {"\x01", false},
        {"\x1F", false},
        {"\x7F", false},
        {"\xC2\x80", false},
        {"\xED\xA0\x80", false},
        {"\xED\xBF\xBF", false},
        {"\xC0\x80", false},
        {"\xE0\x80\xAF", false},
        {"\xF0\x80\x80\xAF", false},
        {"\xF5\x80\x80\x80", false},
        {"\xFF", false},
        {"\x80", false},
        {"\xE2\x82", false},
        {"\xF0\x9F\x90", false},
        {"\xEF\xBF\xBE", false},
        {"\xEF\xB7\x90", false},
    };
    for (const Piece& piece : pieces) {
        for (std::size_t before = 0; before < 20; before++) {
            for (std::size_t behind = 0; behind < 20; behind++) {
                std::string text = std::string(before, 'a') + piece.text + std::string(behind, 'z');
                ASSERT_EQ(is_valid_utf8(text), piece.is_valid)
                    << testing::PrintToString(piece.text) << " " << before << " " << behind;
            }
        }
    }
}

TEST(Utf8, EmptyAndLong) {
    EXPECT_TRUE(is_valid_utf8({}));
    std::string text(65535, 'x');
    EXPECT_TRUE(is_valid_utf8(text));
    text.back() = '\0';
    EXPECT_FALSE(is_valid_utf8(text));
    text.back() = 'x';
    text.front() = '\xFF';
    EXPECT_FALSE(is_valid_utf8(text));
}

}  // namespace
}  // namespace martlet::mqtt
