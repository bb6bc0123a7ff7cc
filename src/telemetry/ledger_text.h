#pragma once

// What a decoder made of foreign bytes, as text that every store takes. Any thread.

#include <string>
#include <string_view>

namespace martlet::telemetry {

// Sound UTF-8 without U+0000, at most so many bytes.
bool is_storable_text(std::string_view text, std::size_t bytes_max);
// The same text with U+FFFD for what is not sound, cut between characters.
std::string storable_text(std::string_view text, std::size_t bytes_max);

}  // namespace martlet::telemetry
