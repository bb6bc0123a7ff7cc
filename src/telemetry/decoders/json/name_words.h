#pragma once

// The words of a value's name: "outdoorTemp_f" is outdoor, temp, f. Only the last key of a path is
// looked at, since what stands above it names something else. Lives on the stack of its one caller
// and takes no memory; any thread.

#include <array>
#include <cstddef>
#include <span>
#include <string_view>

namespace martlet::telemetry {

// The last key of a dotted path or of a topic. What is only digits ("currents.0", "PM2.5") belongs
// to the key before it.
std::string_view last_key(std::string_view path);

class NameWords {
  public:
    // Of a longer name only the end counts.
    static constexpr std::size_t kBytesMax = 96;
    static constexpr std::size_t kWordsMax = 24;

    explicit NameWords(std::string_view key);
    NameWords(const NameWords&) = delete;
    NameWords& operator=(const NameWords&) = delete;

    std::size_t size() const { return count_; }
    bool empty() const { return count_ == 0; }
    // In small letters.
    std::string_view operator[](std::size_t index) const { return words_[index].text; }
    std::string_view last() const { return words_[count_ - 1].text; }
    // It began with a capital.
    bool is_capital(std::size_t index) const { return words_[index].is_capital; }
    bool has(std::string_view word) const;
    // One of the list stands before `end`.
    bool has_any(std::span<const std::string_view> list, std::size_t end = kWordsMax) const;

    // The `count` words before `end` as one: "kwh" for k, Wh when only capitals part them, else "".
    // With '_' between them however they are parted: "m_s".
    using Joined = std::array<char, kBytesMax + kWordsMax>;
    std::string_view glued(std::size_t end, std::size_t count, Joined& text) const;
    std::string_view joined(std::size_t end, std::size_t count, Joined& text) const;

  private:
    struct Word {
        std::string_view text;
        bool is_capital = false;
        bool is_glued = false;  // to the word before it
    };

    std::array<char, kBytesMax> text_;
    std::array<Word, kWordsMax> words_;
    std::size_t count_ = 0;
};

// A word without its number: "temp2" is temp, "12" stays.
std::string_view without_number(std::string_view word);
bool is_number(std::string_view word);

}  // namespace martlet::telemetry
