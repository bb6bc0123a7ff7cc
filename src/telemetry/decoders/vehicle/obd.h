#pragma once

// OBD-II: answers in hex ("41 0C 1A F8") and trouble codes. Pure functions; any thread.

#include "telemetry/decoders/vehicle/reading.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace martlet::telemetry::vehicle {

// Whether the text is hex bytes of an answer to mode 01 or 03, with or without blanks.
bool looks_like_obd(std::string_view text);

// Lines of such answers. Quantities that are not known are passed over.
Problem read_obd(std::string_view text, Reading& reading);

// Two bytes as a code: 0x0301 is "P0301".
std::string trouble_code(std::uint16_t bytes);

// Everything that looks like a code in any text: "[('P0301', 'Misfire')]". At most kCodesMax.
std::vector<std::string> codes_in(std::string_view text);

}  // namespace martlet::telemetry::vehicle
