#pragma once

// Letters of ASCII, whatever the locale. Any thread.

#include <algorithm>
#include <string>
#include <string_view>

namespace martlet {

constexpr char lower(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

inline std::string lowered(std::string_view text) {
    std::string result(text);
    std::transform(result.begin(), result.end(), result.begin(), lower);
    return result;
}

}  // namespace martlet
