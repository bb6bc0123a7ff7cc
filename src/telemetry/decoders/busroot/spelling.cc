// Which signal a misspelt key was meant to be.

#include "telemetry/decoders/busroot/signals.h"

#include <algorithm>
#include <array>
#include <string>
#include <vector>

namespace martlet::telemetry::busroot {

namespace {

// Longer keys are none that somebody mistyped.
constexpr std::size_t kKeyBytesMax = 40;

bool is_upper(char c) {
    return c >= 'A' && c <= 'Z';
}

bool is_letter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

// "productionCount-Good" is "production", "count", "good".
std::vector<std::string> words_of(std::string_view key) {
    std::vector<std::string> words(1);
    bool was_lower = false;
    for (char c : key) {
        bool begins = is_upper(c) && was_lower;
        was_lower = is_letter(c);
        if (is_upper(c)) c = static_cast<char>(c + 'a' - 'A');
        if ((begins || !is_letter(c)) && !words.back().empty()) words.emplace_back();
        if (is_letter(c)) words.back() += c;
    }
    if (words.back().empty()) words.pop_back();
    return words;
}

std::string joined(const std::vector<std::string>& words) {
    std::string text;
    for (const auto& word : words) text += word;
    return text;
}

struct Spelling {
    std::string_view signal;  // the key, of aliases too
    std::string letters;
    std::vector<std::string> sorted_words;
};

std::vector<Spelling> make_spellings() {
    std::vector<Spelling> all;
    for (const Signal& signal : signals()) {
        for (std::string_view key : {signal.key, signal.alias}) {
            if (key.empty()) continue;
            auto words = words_of(key);
            Spelling& spelling = all.emplace_back();
            spelling.signal = signal.key;
            spelling.letters = joined(words);
            std::sort(words.begin(), words.end());
            spelling.sorted_words = std::move(words);
        }
    }
    return all;
}

}  // namespace

std::size_t letters_apart(std::string_view a, std::string_view b) {
    if (a.size() > kKeyBytesMax || b.size() > kKeyBytesMax) return kKeyBytesMax;
    using Row = std::array<std::size_t, kKeyBytesMax + 1>;
    Row before{};
    Row last{};
    Row row{};
    for (std::size_t j = 0; j <= b.size(); j++) last[j] = j;
    for (std::size_t i = 1; i <= a.size(); i++) {
        row[0] = i;
        for (std::size_t j = 1; j <= b.size(); j++) {
            std::size_t change = last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
            row[j] = std::min({last[j] + 1, row[j - 1] + 1, change});
            bool is_swap = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
            if (is_swap) row[j] = std::min(row[j], before[j - 2] + 1);
        }
        before = last;
        last = row;
    }
    return last[b.size()];
}

std::string_view meant_signal(std::string_view key) {
    static const std::vector<Spelling> spellings = make_spellings();
    if (key.size() > kKeyBytesMax) return {};
    auto words = words_of(key);
    auto letters = joined(words);
    std::sort(words.begin(), words.end());
    std::string_view nearest;
    std::size_t least = kKeyBytesMax;
    for (const Spelling& spelling : spellings) {
        if (spelling.letters == letters || spelling.sorted_words == words) return spelling.signal;
        std::size_t apart = letters_apart(letters, spelling.letters);
        // One wrong letter in six.
        if (apart > std::max<std::size_t>(1, spelling.letters.size() / 6) || apart > least)
            continue;
        bool is_tie = apart == least && nearest != spelling.signal;
        nearest = is_tie ? std::string_view() : spelling.signal;
        least = apart;
    }
    return nearest;
}

}  // namespace martlet::telemetry::busroot
