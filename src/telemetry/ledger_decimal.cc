#include "telemetry/ledger_decimal.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>

namespace martlet::telemetry {

namespace {

constexpr std::array<double, 16> kPowers = {1e0, 1e1, 1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                            1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15};
// Decimals of 15 digits survive the way into a double and back.
constexpr double kScaledMax = 1e15;

// Two numbers as integers of the same power of ten.
struct Scaled {
    std::int64_t a;
    std::int64_t b;
    std::size_t decimals;
};

// A power of ten up to 10^22 and an integer below 2^53 are exact, and a division is rounded
// rightly: the quotient is the very double that the decimal is read as.
bool has_decimals(double number, std::size_t decimals, double& scaled) {
    scaled = std::nearbyint(number * kPowers[decimals]);
    return scaled / kPowers[decimals] == number;
}

bool scale(double a, double b, Scaled& out) {
    double larger = std::max(std::fabs(a), std::fabs(b));
    for (std::size_t decimals = 0; decimals < kPowers.size(); decimals++) {
        if (!(larger * kPowers[decimals] < kScaledMax)) return false;
        double scaled_a, scaled_b;
        if (!has_decimals(a, decimals, scaled_a) || !has_decimals(b, decimals, scaled_b)) continue;
        out = {static_cast<std::int64_t>(scaled_a), static_cast<std::int64_t>(scaled_b), decimals};
        return true;
    }
    return false;
}

}  // namespace

double decimal_difference(double a, double b) {
    Scaled scaled;
    if (!scale(a, b, scaled)) return a - b;
    return static_cast<double>(scaled.a - scaled.b) / kPowers[scaled.decimals];
}

double decimal_sum(double a, double b) {
    return decimal_difference(a, -b);
}

}  // namespace martlet::telemetry
