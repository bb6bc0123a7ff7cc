#pragma once

// Numbers that are almost JSON's: "+7", ".5", "07", "5.", whole numbers of more than 64 bits. Pure
// functions; any thread.

#include <cstdint>
#include <string>
#include <string_view>

namespace martlet::telemetry {

enum class NumberForm : std::uint8_t {
    None,    // no number: nothing is appended
    Sound,   // JSON
    Mended,  // a number that JSON writes otherwise
    Long,    // a whole number of more than 64 bits, appended as a real one
    Huge,    // beyond what a double can hold: nothing is appended
};

// Appends `token` as JSON.
NumberForm append_json_number(std::string& json, std::string_view token);

}  // namespace martlet::telemetry
