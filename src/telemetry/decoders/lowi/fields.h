#pragma once

// The fields of a LOWI's messages as one table: key, metric, unit, kind, scale and meaning. Plain
// data and pure functions; any thread.

#include "telemetry/payload_json.h"
#include "telemetry/words.h"

#include <array>
#include <cstddef>
#include <span>
#include <string_view>

namespace martlet::telemetry {

// The meaning of a metric of a source of kind "lowi", for people: "CH0/power_import" is "Power
// taken from the grid". Empty: no metric of a LOWI.
std::string_view lowi_meaning(std::string_view metric);

}  // namespace martlet::telemetry

namespace martlet::telemetry::lowi {

// A raw number is divided by these, so that 5123456 Wh are exactly 5123.456 kWh.
struct Divisors {
    double none = 1;
    double current = 100;  // told in 1/100 A
    double energy = 1000;  // told in Wh
    double gas = 1000;     // told in litres
    double water = 1000;   // told in litres
};

struct Field {
    std::string_view key;
    std::string_view metric;
    std::string_view unit;
    SeriesKind kind;
    double Divisors::*divisor;
    std::string_view meaning;
    // Of a channel that counts water or gas, as `Units` may say; empty: it never does.
    std::string_view volume_metric = {};
};

// Places in fields(), in the order in which the samples come out.
enum FieldPlace : std::size_t {
    Voltage,
    Current,
    PowerImport,
    PowerExport,
    Power,
    Tariff,
    ImportHigh,
    ImportLow,
    ExportHigh,
    ExportLow,
    Gas,
    Water,
    EnergyHour,
    EnergyDay,
    EnergyMonth,
    EnergyHigh,
    EnergyLow,
    Relay,
    Rssi,
};
inline constexpr std::size_t kFieldCount = Rssi + 1;
std::span<const Field, kFieldCount> fields();

// The other keys, which say whose message it is.
enum TextPlace : std::size_t {
    Ident = kFieldCount,
    DeviceChannel,
    DataName,
    ChannelName,
    DataType,
    Units,
};
// By place; null: the message has none. Of a repeated key the first counts.
using Leaves = std::array<const JsonLeaf*, Units + 1>;
// In one pass; pointers into `json`.
Leaves find_leaves(const PayloadJson& json);

// Made of other fields: they have no key.
extern const Field kNetPower;
extern const Field kTariffName;

// What `Units` says: {"kWh"}, {"kW", "W"}. Both empty: nothing ("Various").
struct StatedUnits {
    std::string_view unit;
    // The fields of this unit are told in the stated one, as they are: "kW" instead of "W", "L"
    // instead of a channel's "kWh". Empty: it goes with the documented units.
    std::string_view instead_of = {};
    bool is_volume = false;
    double watts = 1;  // that one of this unit is, of power
};
StatedUnits stated_units(std::string_view text);

// The key that a key of another letter case was meant to be ("PI" of "pi"); empty: none.
std::string_view meant_key(std::string_view key);
// One of those in Leaves.
bool is_known_key(std::string_view key);

}  // namespace martlet::telemetry::lowi
