#include "telemetry/decoders/lowi/scales.h"

#include "telemetry/payload_json.h"

#include <algorithm>
#include <charconv>
#include <cmath>

namespace martlet::telemetry::lowi {

namespace {

constexpr std::array<std::string_view, 4> kNames = {"current_scale", "energy_scale", "gas_scale",
                                                    "water_scale"};
constexpr std::array<double Divisors::*, 4> kDivisors = {&Divisors::current, &Divisors::energy,
                                                         &Divisors::gas, &Divisors::water};

// A scale of 0.01 is a division by exactly 100.
bool read_scale(std::string_view text, double& divisor) {
    double scale = 0;
    if (!as_number(text, scale) || scale < 1e-9 || scale > 1e9) return false;
    divisor = scale > 1 ? scale : 1 / scale;
    double whole = std::round(divisor);
    if (whole >= 1 && std::abs(divisor - whole) < whole * 1e-9) divisor = whole;
    return true;
}

// 3 of 1000; -1: no power of ten.
int exponent_of(double divisor) {
    int exponent = 0;
    for (double power = 1; power <= divisor && exponent < 10; power *= 10, exponent++) {
        if (power == divisor) return exponent;
    }
    return -1;
}

// The shortest decimal that stands for `number`, with its point moved.
double decimal_quotient(double number, int exponent) {
    char text[48];
    auto printed =
        std::to_chars(text, text + sizeof text - 8, number, std::chars_format::scientific);
    char* mark = std::find(text, printed.ptr, 'e');
    if (printed.ec != std::errc{} || mark == printed.ptr) return number / std::pow(10, exponent);
    int told = 0;
    char* digits = mark + (mark[1] == '+' ? 2 : 1);
    std::from_chars(digits, printed.ptr, told);
    auto end = std::to_chars(mark + 1, text + sizeof text, told - exponent).ptr;
    double quotient = 0;
    std::from_chars(text, end, quotient);
    return quotient;
}

}  // namespace

Value scaled(double number, double divisor) {
    constexpr double kExactMax = 1e15;
    bool is_whole = number == std::trunc(number) && std::abs(number) < kExactMax;
    if (divisor == 1) return is_whole ? Value(static_cast<std::int64_t>(number)) : Value(number);
    // The quotient of whole numbers is the nearest to the decimal already.
    if (is_whole) return number / divisor;
    int exponent = exponent_of(divisor);
    return exponent < 0 ? number / divisor : decimal_quotient(number, exponent);
}

bool Scales::take(const std::string& name, const std::string& value) {
    auto place =
        static_cast<std::size_t>(std::find(kNames.begin(), kNames.end(), name) - kNames.begin());
    if (place == kNames.size()) return false;
    // A serial number may hold blanks; the scale does not.
    auto gap = value.rfind(' ');
    double divisor = 0;
    if (!read_scale(gap == std::string::npos ? value : value.substr(gap + 1), divisor))
        return false;
    if (gap == std::string::npos) {
        all_[place] = divisor;
        return true;
    }
    auto serial = value.substr(0, gap);
    serial.erase(serial.find_last_not_of(' ') + 1);
    if (serial.empty()) return false;
    single_[serial][place] = divisor;
    return true;
}

Divisors Scales::of(std::string_view id, bool& is_current_set) const {
    Divisors divisors;
    const auto found = single_.empty() ? single_.end() : single_.find(id);
    for (std::size_t i = 0; i < kNames.size(); i++) {
        std::optional<double> divisor = all_[i];
        if (found != single_.end() && found->second[i]) divisor = found->second[i];
        if (divisor) divisors.*kDivisors[i] = *divisor;
        if (i == 0) is_current_set = divisor.has_value();
    }
    return divisors;
}

}  // namespace martlet::telemetry::lowi
