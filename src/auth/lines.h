#pragma once

// Walks the lines of a small text file as mosquitto reads them: white space at a line's end (so
// CRLF too) is not part of it. Any thread.

#include <cstdint>
#include <string_view>

namespace martlet::auth {

inline bool is_blank(char c) {
    return c == ' ' || (c >= '\t' && c <= '\r');
}

inline std::string_view trim(std::string_view text) {
    while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
    while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
    return text;
}

// for (Lines lines(text); lines.next();) ... lines.text(), lines.number()
class Lines {
  public:
    explicit Lines(std::string_view text) : rest_(text) {}

    bool next() {
        if (rest_.empty()) return false;
        auto end = rest_.find('\n');
        line_ = rest_.substr(0, end);
        rest_.remove_prefix(end == std::string_view::npos ? rest_.size() : end + 1);
        while (!line_.empty() && is_blank(line_.back())) line_.remove_suffix(1);
        ++number_;
        return true;
    }

    // Without white space at its end.
    std::string_view text() const { return line_; }
    // Counted from 1.
    std::uint32_t number() const { return number_; }

  private:
    std::string_view rest_;
    std::string_view line_;
    std::uint32_t number_ = 0;
};

}  // namespace martlet::auth
