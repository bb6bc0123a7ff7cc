#pragma once

// Whether bytes are text that can be shown as it is. Any thread.

#include <string_view>

namespace martlet::http {

// Sound UTF-8 without control characters other than tab and the ends of lines.
bool is_utf8(std::string_view bytes);
// Without the letter at the end that is only begun.
std::string_view without_cut_letter(std::string_view bytes);

}  // namespace martlet::http
