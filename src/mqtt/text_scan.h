#pragma once

// The quick look at text that most text passes: eight bytes at a time, plain ASCII only. A false
// answer means "look closely", not "bad". Private to this folder. Any thread.

#include <cstdint>
#include <cstring>
#include <string_view>

namespace martlet::mqtt {

inline constexpr std::uint64_t kOnes = 0x0101'0101'0101'0101;
inline constexpr std::uint64_t kHighs = 0x8080'8080'8080'8080;

// Has a high bit somewhere unless all eight bytes are U+0020 to U+007E: smaller ones borrow, U+007F
// carries into its own.
constexpr std::uint64_t strange_bits(std::uint64_t word) {
    return (word - kOnes * 0x20) | word | (word + kOnes);
}

constexpr bool is_plain_text_word(std::uint64_t word) {
    return (strange_bits(word) & kHighs) == 0;
}

// The same, and neither '#' nor '+', which differ in one bit.
constexpr bool is_plain_topic_word(std::uint64_t word) {
    std::uint64_t wild = (word | kOnes * 0x08) ^ kOnes * 0x2B;
    return ((strange_bits(word) | (wild - kOnes)) & kHighs) == 0;
}

// One to seven bytes, in some order and some of them twice, the rest filled with a letter.
inline std::uint64_t load_few(const char* at, std::size_t size) {
    if (size >= 4) {
        std::uint32_t head;
        std::uint32_t tail;
        std::memcpy(&head, at, 4);
        std::memcpy(&tail, at + size - 4, 4);
        return std::uint64_t{head} << 32 | tail;
    }
    auto byte = [&](std::size_t i) { return std::uint64_t{static_cast<unsigned char>(at[i])}; };
    return 0x6161'6161'6100'0000 | byte(0) << 16 | byte(size / 2) << 8 | byte(size - 1);
}

template <bool test(std::uint64_t)>
inline bool all_words(std::string_view text) {
    const char* at = text.data();
    std::size_t size = text.size();
    if (size < 8) return size == 0 || test(load_few(at, size));
    std::uint64_t word;
    for (std::size_t i = 0; i + 8 < size; i += 8) {
        std::memcpy(&word, at + i, 8);
        if (!test(word)) return false;
    }
    std::memcpy(&word, at + size - 8, 8);
    return test(word);
}

inline bool is_plain_text(std::string_view text) {
    return all_words<is_plain_text_word>(text);
}

// Neither empty nor with levels to count.
inline bool is_plain_topic(std::string_view text) {
    return text.size() - 1 < 199 && all_words<is_plain_topic_word>(text);
}

}  // namespace martlet::mqtt
