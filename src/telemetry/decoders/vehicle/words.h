#pragma once

// Small looks at text that the forms share. Pure functions; any thread.

#include <string>
#include <string_view>

namespace martlet::telemetry::vehicle {

// Without blanks and line ends around it.
std::string_view trimmed(std::string_view text);

// Small letters, without '_', '-' and blanks: "COOLANT_TEMP" and "coolantTemp" are the same.
std::string folded(std::string_view text);

// Of a path of names joined by '.': the last name, and what stands before it.
std::string_view last_word(std::string_view path);
std::string_view without_last(std::string_view path);

// Takes what stands before the first `separator` off the text; all of it if there is none.
std::string_view take_part(std::string_view& text, char separator);

}  // namespace martlet::telemetry::vehicle
