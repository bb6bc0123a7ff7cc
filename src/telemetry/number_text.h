#pragma once

// The number at the beginning of a text that people or devices wrote for people. Pure functions;
// any thread.

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace martlet::telemetry {

// Without blanks and line ends around it; no-break spaces count as blanks.
std::string_view trimmed(std::string_view text);

struct ReadNumber {
    bool is_whole = false;  // and fits `whole`
    std::int64_t whole = 0;
    double real = 0;  // of whole numbers as well
};

// "-3,5", "+7", ".5", "1.5e3", "1 234,5" and "1'234.5" and "1.234,5" and "1,234.5" (groups of
// three). Returns how many bytes the number takes; 0: there is none, or it can be read in two ways
// ("1,234": a thousand or one?).
std::size_t read_number(std::string_view text, ReadNumber& number);

// Whether a text that can be read as a number is more likely an identity, of which each digit
// counts: digits with a zero in front ("0042"; "000123.4" is a padded number), digits with an 'e'
// among them ("5e21": one of a hexadecimal name's values), more than 15 digits. Blanks around it
// do not count.
bool is_identity_number(std::string_view text);

}  // namespace martlet::telemetry
