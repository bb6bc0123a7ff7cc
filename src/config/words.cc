#include "config/words.h"

namespace martlet::config {
namespace {

constexpr std::string_view kBlanks = " \t";
constexpr std::string_view kBlanksAndEnds = " \t\r\n";

}  // namespace

std::string_view trim(std::string_view text) {
    std::size_t first = text.find_first_not_of(kBlanksAndEnds);
    if (first == std::string_view::npos) return {};
    std::size_t last = text.find_last_not_of(kBlanksAndEnds);
    return text.substr(first, last - first + 1);
}

std::string_view Words::next() {
    std::size_t end = rest_.find_first_of(kBlanks);
    std::string_view word = rest_.substr(0, end);
    rest_ = end == std::string_view::npos ? std::string_view{} : trim(rest_.substr(end));
    return word;
}

bool Words::take_quoted(std::string_view& text) {
    if (rest_.empty() || rest_.front() != '"') return false;
    std::size_t end = rest_.find('"', 1);
    if (end == std::string_view::npos) return false;
    text = rest_.substr(1, end - 1);
    rest_ = trim(rest_.substr(end + 1));
    return true;
}

}  // namespace martlet::config
