#pragma once

// Spellings of units, and texts that are a number with its unit. Pure functions; any thread.

#include "telemetry/words.h"

#include <string>
#include <string_view>

namespace martlet::telemetry {

// The house's spelling of a unit ("degF", "F" and "fahrenheit" are "°F", "kw" is "kW"); empty: not
// a unit that is known. Case counts only where it tells units apart ("mW" and "MW").
std::string_view known_unit(std::string_view text);

// A unit as a device states it: known_unit() of it, else the text itself without blanks around it.
// Empty: it can be no unit (longer than 16 bytes, a number, a sentence, "none", "-").
std::string stated_unit(std::string_view text);

// The factor from `from` to `to` where both measure the same and begin at the same zero ("Wh" to
// "kWh": 0.001); 0: no such factor.
double unit_factor(std::string_view from, std::string_view to);

// "20.6 °C", "56 %", "12.61V", "-3,5 kWh": a number and a unit that is known, and nothing else.
// Whole numbers stay whole. False: it is no such text; a bare number is none either.
bool quantity_from_text(std::string_view text, Value& number, std::string_view& unit);

// "21.5 Grad", "12 kWh/h", "€ 0.25", "pH 7.2": a number and behind a blank one word of at most 12
// letters that is no known unit, or before it a currency or pH. `word` is the word as written,
// without blanks; a unit that nobody knows, or none at all. False: it is no such text, and for
// known units, clocks ("10 PM", "12 Uhr"), dates ("31 Dec"), hexadecimal bytes ("01 FF") and
// numbers that are identities ("0042 Grad").
bool number_with_word(std::string_view text, Value& number, std::string& word);

}  // namespace martlet::telemetry
