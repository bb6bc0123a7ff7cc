#pragma once

// The scale of a channel's current: in 1/100 A by the documents, in mA or in A by some firmwares.
// Learned from what power and voltage say beside it. One object for each channel; one thread at a
// time.

#include <cstdint>
#include <optional>
#include <string_view>

namespace martlet::telemetry::lowi {

enum class CurrentUnit : std::uint8_t { Hundredths, Milliamperes, Amperes };

// One message's numbers, as sent; the power in W.
struct CurrentReading {
    double current = 0;
    std::optional<double> voltage;  // V
    std::optional<double> power;    // W, with its sign
    bool is_net_power = false;      // of a house: import less export, perhaps of three phases
    bool is_plug = false;           // has a relay: carries 16 A at most
    // What `Units` says of the current.
    std::optional<CurrentUnit> stated = std::nullopt;
};

class CurrentScale {
  public:
    // One message may decide at first; later it takes more than those that said otherwise, ten at
    // most.
    void learn(const CurrentReading& reading);

    CurrentUnit unit() const { return unit_; }
    bool is_milliampere() const { return unit_ == CurrentUnit::Milliamperes; }
    // For what was learned: 100, 1000 or 1.
    double divisor() const;

  private:
    std::int8_t score_ = 0;  // how much more said this than another
    CurrentUnit unit_ = CurrentUnit::Hundredths;
};

// How the current, divided by `divisor`, fits the power: "fits", "does not fit power", "power is
// 0"; empty: it cannot be told.
std::string_view current_fit(const CurrentReading& reading, double divisor);

}  // namespace martlet::telemetry::lowi
