#include "telemetry/decoders/json/name_words.h"

#include "base/ascii.h"

#include <algorithm>

namespace martlet::telemetry {

namespace {

bool is_upper(char c) {
    return c >= 'A' && c <= 'Z';
}
bool is_lower(char c) {
    return c >= 'a' && c <= 'z';
}
bool is_digit(char c) {
    return c >= '0' && c <= '9';
}
// Letters beyond ASCII stay as they are.
bool is_word_char(char c) {
    return is_upper(c) || is_lower(c) || is_digit(c) || (c & 0x80) != 0;
}

// "pvPower", "pv1Power" and "PVPower" are two words each.
bool is_hump(std::string_view key, std::size_t at) {
    if (at == 0 || !is_upper(key[at])) return false;
    char before = key[at - 1];
    if (is_lower(before) || is_digit(before)) return true;
    return is_upper(before) && at + 1 < key.size() && is_lower(key[at + 1]);
}

std::size_t after_last(std::string_view text, std::size_t end) {
    auto mark = text.find_last_of("./", end);
    return mark == std::string_view::npos ? 0 : mark + 1;
}

}  // namespace

std::string_view last_key(std::string_view path) {
    auto begin = after_last(path, std::string_view::npos);
    while (begin > 1 && is_number(path.substr(begin, path.find_first_of("./", begin) - begin)))
        begin = after_last(path, begin - 2);
    return path.substr(begin);
}

NameWords::NameWords(std::string_view key) {
    if (key.size() > kBytesMax) key.remove_prefix(key.size() - kBytesMax);
    bool is_open = false;
    std::size_t begin = 0;
    for (std::size_t i = 0; i < key.size(); i++) {
        text_[i] = lower(key[i]);
        if (!is_word_char(key[i])) {
            is_open = false;
            continue;
        }
        bool is_glued = is_open && is_hump(key, i);
        if (!is_open || is_glued) {
            if (count_ == kWordsMax) break;
            begin = i;
            words_[count_++] = {{}, is_upper(key[i]), is_glued};
        }
        words_[count_ - 1].text = {text_.data() + begin, i + 1 - begin};
        is_open = true;
    }
}

bool NameWords::has(std::string_view word) const {
    return has_any({&word, 1});
}

bool NameWords::has_any(std::span<const std::string_view> list, std::size_t end) const {
    for (std::size_t i = 0; i < std::min(end, count_); i++) {
        if (std::find(list.begin(), list.end(), words_[i].text) != list.end()) return true;
    }
    return false;
}

std::string_view NameWords::glued(std::size_t end, std::size_t count, Joined& text) const {
    std::size_t size = 0;
    for (std::size_t i = end - count; i < end; i++) {
        if (i > end - count && !words_[i].is_glued) return {};
        size = static_cast<std::size_t>(
            std::copy(words_[i].text.begin(), words_[i].text.end(), text.begin() + size) -
            text.begin());
    }
    return {text.data(), size};
}

std::string_view NameWords::joined(std::size_t end, std::size_t count, Joined& text) const {
    auto* to = text.data();
    for (std::size_t i = end - count; i < end; i++) {
        if (i > end - count) *to++ = '_';
        to = std::copy(words_[i].text.begin(), words_[i].text.end(), to);
    }
    return {text.data(), static_cast<std::size_t>(to - text.data())};
}

std::string_view without_number(std::string_view word) {
    auto end = word.find_last_not_of("0123456789");
    return end == std::string_view::npos ? word : word.substr(0, end + 1);
}

bool is_number(std::string_view word) {
    return !word.empty() && word.find_first_not_of("0123456789") == std::string_view::npos;
}

}  // namespace martlet::telemetry
