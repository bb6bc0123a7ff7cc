#pragma once

// The units that are known: the house's spelling of each, the spellings that devices and people
// use, and the factors between units of the same measure. Constant data; any thread.

#include <cstdint>
#include <span>
#include <string_view>

namespace martlet::telemetry {

// What a unit measures. Units of one measure have the same zero, so that a factor is all there is
// between them; Alone has no such factor.
enum class Measure : std::uint8_t {
    Alone,
    Pressure,
    Power,
    ApparentPower,
    ReactivePower,
    Energy,
    ApparentEnergy,
    ReactiveEnergy,
    Voltage,
    Current,
    Charge,
    Resistance,
    Capacitance,
    Frequency,
    Duration,
    Rate,
    Length,
    Area,
    Volume,
    VolumeFlow,
    Mass,
    Speed,
    RainRate,
    MassConcentration,
    Fraction,
    Percentage,
    Information,
    InformationRate,
    Angle,
    Illuminance,
    Conductivity,
    Irradiance,
    Radioactivity,
    DoseRate,
    Force,
    Acceleration,
    MassFlow,
    MagneticField,
};

struct UnitRow {
    std::string_view name;
    Measure measure = Measure::Alone;
    double factor = 1;  // to the smallest unit of the measure
    // Separated by blanks. Case does not count, except after '='. A name of one letter stands for
    // itself only: its other spellings are listed.
    std::string_view spellings;
};

std::span<const UnitRow> unit_rows();

}  // namespace martlet::telemetry
