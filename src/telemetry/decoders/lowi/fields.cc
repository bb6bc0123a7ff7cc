#include "telemetry/decoders/lowi/fields.h"

#include <algorithm>
#include <array>
#include <string>
#include <tuple>
#include <utility>

namespace martlet::telemetry {

namespace lowi {

namespace {

constexpr auto kGauge = SeriesKind::Gauge;
constexpr auto kMeter = SeriesKind::Meter;
constexpr auto kState = SeriesKind::State;

// The energy of the hour, day and month begins again at 0 by the clock: gauges, no counters.
constexpr Field kFields[kFieldCount] = {
    {"U", "voltage", "V", kGauge, &Divisors::none, "Voltage"},
    {"I", "current", "A", kGauge, &Divisors::current, "Current"},
    {"PI", "power_import", "W", kGauge, &Divisors::none, "Power taken from the grid"},
    {"PE", "power_export", "W", kGauge, &Divisors::none, "Power fed into the grid"},
    {"P", "power", "W", kGauge, &Divisors::none, "Power"},
    {"T", "tariff", "", kState, &Divisors::none, "Tariff: 0 is night, 1 is day"},
    {"CIH", "energy_import_high", "kWh", kMeter, &Divisors::energy,
     "Meter of energy taken from the grid, day tariff"},
    {"CIL", "energy_import_low", "kWh", kMeter, &Divisors::energy,
     "Meter of energy taken from the grid, night tariff"},
    {"CEH", "energy_export_high", "kWh", kMeter, &Divisors::energy,
     "Meter of energy fed into the grid, day tariff"},
    {"CEL", "energy_export_low", "kWh", kMeter, &Divisors::energy,
     "Meter of energy fed into the grid, night tariff"},
    {"CG", "gas", "m³", kMeter, &Divisors::gas, "Gas meter"},
    {"CW", "water", "m³", kMeter, &Divisors::water, "Water meter"},
    {"HC", "energy_hour", "kWh", kGauge, &Divisors::energy, "Energy of this hour so far",
     "volume_hour"},
    {"DC", "energy_day", "kWh", kGauge, &Divisors::energy, "Energy of today so far", "volume_day"},
    {"MC", "energy_month", "kWh", kGauge, &Divisors::energy, "Energy of this month so far",
     "volume_month"},
    {"CH", "energy_high", "kWh", kMeter, &Divisors::energy, "Meter of energy, day tariff",
     "volume_high"},
    {"CL", "energy_low", "kWh", kMeter, &Divisors::energy, "Meter of energy, night tariff",
     "volume_low"},
    {"REL", "relay", "", kState, &Divisors::none, "Relay: 0 is off, 1 is on"},
    {"RSSI", "rssi", "dBm", kGauge, &Divisors::none, "Strength of the radio signal"},
};

struct Key {
    std::string_view text;
    std::size_t place;
};

// By length, so that few are compared with each name of a message.
constexpr std::size_t kKeyBytesMax = 9;
constexpr Key kKeys[] = {
    {"U", Voltage},
    {"I", Current},
    {"P", Power},
    {"T", Tariff},
    {"PI", PowerImport},
    {"PE", PowerExport},
    {"CG", Gas},
    {"CW", Water},
    {"HC", EnergyHour},
    {"DC", EnergyDay},
    {"MC", EnergyMonth},
    {"CH", EnergyHigh},
    {"CL", EnergyLow},
    {"CIH", ImportHigh},
    {"CIL", ImportLow},
    {"CEH", ExportHigh},
    {"CEL", ExportLow},
    {"REL", Relay},
    {"RSSI", Rssi},
    {"Name", DataName},
    {"Type", DataType},
    {"ident", Ident},
    {"Units", Units},
    {"CHname", ChannelName},
    {"device_CH", DeviceChannel},
};
static_assert(std::size(kKeys) == std::tuple_size_v<Leaves>);

// Where the keys of each length begin; one more entry for the end.
constexpr auto kBegins = [] {
    std::array<std::size_t, kKeyBytesMax + 2> begins{};
    for (std::size_t length = 0; length < begins.size(); length++) {
        while (begins[length] < std::size(kKeys) && kKeys[begins[length]].text.size() < length)
            begins[length]++;
    }
    return begins;
}();

std::string_view meaning_of_volume(std::string_view metric) {
    if (metric == "volume_hour") return "Volume of this hour so far";
    if (metric == "volume_day") return "Volume of today so far";
    if (metric == "volume_month") return "Volume of this month so far";
    return metric == "volume_high" ? "Meter of volume, day tariff"
                                   : "Meter of volume, night tariff";
}

}  // namespace

Leaves find_leaves(const PayloadJson& json) {
    Leaves leaves{};
    for (const JsonLeaf& leaf : json.leaves()) {
        std::size_t length = leaf.path.size();
        if (length > kKeyBytesMax) continue;
        for (std::size_t i = kBegins[length]; i < kBegins[length + 1]; i++) {
            if (leaf.path != kKeys[i].text) continue;
            if (leaves[kKeys[i].place] == nullptr) leaves[kKeys[i].place] = &leaf;
            break;
        }
    }
    return leaves;
}

const Field kNetPower{"",     "power_net",     "W",
                      kGauge, &Divisors::none, "Power taken from the grid less power fed in"};
const Field kTariffName{"",     "tariff_name",   "",
                        kState, &Divisors::none, "Tariff in words: night or day"};

std::span<const Field, kFieldCount> fields() {
    return kFields;
}

StatedUnits stated_units(std::string_view text) {
    struct Row {
        std::string_view word;
        StatedUnits units;
    };
    static constexpr Row kRows[] = {
        {"kwh", {"kWh"}},
        {"w", {"W"}},
        {"watt", {"W"}},
        {"a", {"A"}},
        {"amp", {"A"}},
        {"ampere", {"A"}},
        {"v", {"V"}},
        {"volt", {"V"}},
        {"ma", {"mA"}},
        {"wh", {"Wh"}},
        {"m3", {"m³", "kWh", true}},
        {"m³", {"m³", "kWh", true}},
        {"m^3", {"m³", "kWh", true}},
        {"l", {"L", "kWh", true}},
        {"ltr", {"L", "kWh", true}},
        {"liter", {"L", "kWh", true}},
        {"liters", {"L", "kWh", true}},
        {"litre", {"L", "kWh", true}},
        {"litres", {"L", "kWh", true}},
        {"dm3", {"L", "kWh", true}},
        {"dm³", {"L", "kWh", true}},
        {"kw", {"kW", "W", false, 1000}},
        {"mwh", {"MWh", "kWh"}},
        {"gj", {"GJ", "kWh"}},
        {"mj", {"MJ", "kWh"}},
    };
    std::string lower(text.substr(0, 8));
    for (char& c : lower) {
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 'a' - 'A');
    }
    for (const Row& row : kRows) {
        if (lower == row.word && text.size() == row.word.size()) return row.units;
    }
    return {};
}

bool is_known_key(std::string_view key) {
    return std::any_of(std::begin(kKeys), std::end(kKeys),
                       [&](const Key& known) { return known.text == key; });
}

std::string_view meant_key(std::string_view key) {
    auto is_same_letter = [](char a, char b) {
        bool is_letter = (a >= 'a' && a <= 'z') || (a >= 'A' && a <= 'Z');
        return a == b || (is_letter && (a ^ b) == 0x20);
    };
    for (const Key& known : kKeys) {
        if (std::equal(key.begin(), key.end(), known.text.begin(), known.text.end(),
                       is_same_letter))
            return known.text;
    }
    return {};
}

}  // namespace lowi

std::string_view lowi_meaning(std::string_view metric) {
    if (auto slash = metric.rfind('/'); slash != std::string_view::npos)
        metric.remove_prefix(slash + 1);
    for (const lowi::Field* field : {&lowi::kNetPower, &lowi::kTariffName}) {
        if (field->metric == metric) return field->meaning;
    }
    auto found = std::find_if(
        std::begin(lowi::kFields), std::end(lowi::kFields), [&](const lowi::Field& field) {
            return field.metric == metric || (!metric.empty() && field.volume_metric == metric);
        });
    if (found == std::end(lowi::kFields)) return {};
    return found->metric == metric ? found->meaning : lowi::meaning_of_volume(metric);
}

}  // namespace martlet::telemetry
