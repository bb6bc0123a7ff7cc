#pragma once

// A number without the noise of binary fractions. Any thread.

#include "telemetry/payload_json.h"

#include <cstdio>
#include <string_view>

namespace martlet::telemetry {

// 22.7796, not 22.779600000000002: to fifteen digits.
inline double rounded(double number) {
    char digits[32];
    std::snprintf(digits, sizeof digits, "%.15g", number);
    double read = number;
    return as_number(std::string_view(digits), read) ? read : number;
}

}  // namespace martlet::telemetry
