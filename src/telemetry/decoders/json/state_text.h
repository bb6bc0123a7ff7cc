#pragma once

// Texts as states. Any short text is one: no list of words decides it. Pure functions; any thread.

#include "telemetry/words.h"

#include <string_view>

namespace martlet::telemetry {

// Longer texts are messages, not states.
inline constexpr std::size_t kStateBytesMax = 64;

// "on" and "TRUE" as 1, "off" and "False" as 0; any other text of at most 64 bytes as
// itself, a word in small letters when its case tells nothing ("OK", "Open", not "heatCool").
// False: it is empty, longer, no text of one line, a list or a form ("21.5,40,1013", "a=1;b=2"), a
// time, or an identifier.
bool state_of_text(std::string_view text, Value& value);

// A name in digits or letters that no person reads: a long run of hexadecimal digits, a UUID.
bool is_identifier(std::string_view text);

// "NaN", "inf", "-Infinity": the word of a number that is none.
bool is_no_number(std::string_view text);

}  // namespace martlet::telemetry
