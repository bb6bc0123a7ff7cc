#pragma once

// Text that must be UTF-8, out of bytes that may not be. Pure functions; any thread.

#include <string>
#include <string_view>

namespace martlet::telemetry {

// How many bytes the character at the front takes; 0: it is no character of UTF-8 (or `text` is
// empty).
std::size_t character_bytes(std::string_view text);

// Appends `bytes`; U+FFFD stands for each byte that is part of no character. False: there was one.
bool append_utf8(std::string& text, std::string_view bytes);

}  // namespace martlet::telemetry
