#include "telemetry/decoders/lowi/current.h"

#include <algorithm>
#include <cmath>

namespace martlet::telemetry::lowi {

namespace {

using Evidence = std::optional<CurrentUnit>;

// No plug and no house carries more, so that a larger current was not told in 1/100 A.
constexpr double kPlugAmperesMax = 20;
constexpr double kHouseAmperesMax = 200;
// Below this the power says little about the current.
constexpr double kPowerMin = 20;
constexpr double kFitPowerMin = 200;
// Beside a power of 0 there may be so much reactive power, and no more.
constexpr double kReactiveMax = 60;
constexpr std::int8_t kScoreMax = 10;

// Apparent power is the real power or more, up to some four times with poor power factors. In mA it
// is ten times as much when it is taken for 1/100 A. The power of a house is that of all its
// phases, so that it must fit better before it proves anything.
Evidence compare(double ratio, bool is_net_power) {
    if (ratio > 0.3 && ratio < 4) return CurrentUnit::Hundredths;
    bool is_tenfold = is_net_power ? ratio > 8 && ratio < 15 : ratio > 7 && ratio < 30;
    return is_tenfold ? Evidence(CurrentUnit::Milliamperes) : std::nullopt;
}

// In A it is a hundredth when it is taken for 1/100 A. A house's current may be that of a phase
// with next to nothing on it, so that only decimals and a good fit prove anything; nor do whole
// numbers beside little power.
bool is_in_amperes(const CurrentReading& reading, double ratio, double power) {
    double fit = ratio * 100;
    bool has_decimals = reading.current != std::trunc(reading.current);
    if (has_decimals && fit > 0.8 && fit < 1.5) return true;
    return !reading.is_net_power && (has_decimals || power >= kFitPowerMin) && fit > 0.3 && fit < 4;
}

Evidence evidence_of(const CurrentReading& reading) {
    bool has_decimals = reading.current != std::trunc(reading.current);
    // "A" is what the documents call the axis of 1/100 A.
    if (reading.stated && (has_decimals || *reading.stated != CurrentUnit::Amperes))
        return reading.stated;
    double amperes = std::abs(reading.current) / 100;
    if (amperes == 0) return std::nullopt;
    if (amperes > (reading.is_plug ? kPlugAmperesMax : kHouseAmperesMax))
        return CurrentUnit::Milliamperes;
    if (!reading.voltage || !reading.power) return std::nullopt;
    double apparent = *reading.voltage * amperes;
    double power = std::abs(*reading.power);
    // Plugs that tell mA measure no power: theirs is always 0.
    if (power == 0 && reading.is_plug)
        return apparent > kReactiveMax ? Evidence(CurrentUnit::Milliamperes) : std::nullopt;
    if (power < kPowerMin) return std::nullopt;
    double ratio = apparent / power;
    if (is_in_amperes(reading, ratio, power)) return CurrentUnit::Amperes;
    return compare(ratio, reading.is_net_power);
}

}  // namespace

void CurrentScale::learn(const CurrentReading& reading) {
    Evidence evidence = evidence_of(reading);
    if (!evidence) return;
    if (*evidence == unit_) {
        score_ = static_cast<std::int8_t>(std::min<int>(score_ + 1, kScoreMax));
    } else if (score_ > 0) {
        score_--;
    } else {
        unit_ = *evidence;
        score_ = 1;
    }
}

double CurrentScale::divisor() const {
    switch (unit_) {
        case CurrentUnit::Milliamperes:
            return 1000;
        case CurrentUnit::Amperes:
            return 1;
        case CurrentUnit::Hundredths:
            break;
    }
    return 100;
}

std::string_view current_fit(const CurrentReading& reading, double divisor) {
    if (!reading.voltage || !reading.power) return {};
    double apparent = *reading.voltage * std::abs(reading.current) / divisor;
    double power = std::abs(*reading.power);
    if (power == 0) return apparent > kReactiveMax ? "power is 0" : std::string_view();
    if (power < kFitPowerMin) return {};
    double ratio = apparent / power;
    // The current of one phase of three.
    if (reading.is_net_power && ratio <= 0.3) return {};
    return ratio > 0.3 && ratio < 3 ? "fits" : "does not fit power";
}

}  // namespace martlet::telemetry::lowi
