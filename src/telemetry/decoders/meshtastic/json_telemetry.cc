// The telemetry of JsonMode: which group its names belong to, and which of its zeros were measured.

#include "telemetry/decoders/meshtastic/json_mode.h"
#include "telemetry/decoders/meshtastic/metric_table.h"

#include <algorithm>
#include <initializer_list>
#include <string>

namespace martlet::telemetry::meshtastic {

namespace {

constexpr std::string_view kInPayload = "payload.";

bool is_any_of(std::string_view name, std::initializer_list<std::string_view> names) {
    for (std::string_view each : names) {
        if (each == name) return true;
    }
    return false;
}

// The name that the metric has in the binary messages.
std::string metric_name(std::string_view name) {
    std::string_view channel = name.substr(name.size() - std::min<std::size_t>(name.size(), 4));
    if (is_any_of(name.substr(0, name.size() - channel.size()), {"voltage", "current"}) &&
        channel.starts_with("_ch")) {
        std::string moved(channel.substr(1));
        moved += '_';
        return moved += name.substr(0, name.size() - channel.size());
    }
    if (name == "pm10" || name == "pm25" || name == "pm100") return std::string(name) + "_standard";
    return std::string(name);
}

// Nothing in the message says which kind of telemetry it is. Null: this name does not tell.
const MetricGroup* group_told_by(std::string_view name) {
    if (is_any_of(name,
                  {"battery_level", "channel_utilization", "air_util_tx", "uptime_seconds"})) {
        return &kDeviceMetrics;
    }
    if (name.starts_with("voltage_ch") || name.starts_with("current_ch")) return &kPowerMetrics;
    bool is_air = is_any_of(name, {"pm10", "pm25", "pm100"}) || name.starts_with("co2") ||
                  name.starts_with("form_");
    if (is_air) return &kAirQualityMetrics;
    return name == "voltage" ? nullptr : &kEnvironmentMetrics;
}

}  // namespace

bool JsonMode::is_zero(std::string_view name) const {
    auto value = number(std::string(kInPayload) + std::string(name));
    return value && *value == 0;
}

// The firmware's JSON writes 0 for what no sensor told. Some zeros cannot be: one of them says that
// the others of the message may be of that sort, too.
bool JsonMode::has_impossible_zero() const {
    return is_zero("barometric_pressure") || is_zero("gas_resistance") || is_zero("voltage");
}

// Whether the zero of this value was measured. Calm air, darkness and dry soil are.
bool JsonMode::is_zero_told(std::string_view name) const {
    if (is_any_of(name, {"voltage", "barometric_pressure", "gas_resistance", "co2"})) return false;
    if (name == "battery_level") return !is_zero("voltage");
    if (name == "current") return has("payload.voltage") && !is_zero("voltage");
    if (name == "relative_humidity") return !has_impossible_zero();
    if (name == "iaq") return !is_zero("gas_resistance");
    // Exactly 0 °C beside no air at all: whatever sent the message, it has no thermometer.
    if (name == "temperature") {
        return !is_zero("relative_humidity") || !is_zero("barometric_pressure") || is_all_zero();
    }
    if (name == "co2_temperature" || name == "co2_humidity") return !is_zero("co2");
    // A channel where nothing is connected, or one that the sensor does not have.
    if (name.starts_with("voltage_ch")) return !is_zero("current" + std::string(name.substr(7)));
    if (name.starts_with("current_ch")) return !is_zero("voltage" + std::string(name.substr(7)));
    return true;
}

bool JsonMode::is_all_zero() const {
    for (const JsonLeaf& leaf : json_.leaves()) {
        double value = 0;
        if (leaf.path.starts_with(kInPayload) && as_number(leaf, value, false) && value != 0) {
            return false;
        }
    }
    return true;
}

void JsonMode::read_telemetry(Findings& findings) const {
    const MetricGroup* group = nullptr;
    for (const JsonLeaf& leaf : json_.leaves()) {
        if (group != nullptr || !leaf.path.starts_with(kInPayload)) continue;
        group = group_told_by(leaf.path.substr(kInPayload.size()));
    }
    if (group == nullptr) group = &kDeviceMetrics;
    for (const JsonLeaf& leaf : json_.leaves()) {
        double value = 0;
        if (!leaf.path.starts_with(kInPayload) || !as_number(leaf, value, false)) continue;
        std::string_view name = leaf.path.substr(kInPayload.size());
        if (value == 0 && !is_zero_told(name)) continue;
        put_metric(*group, metric_name(name), value, findings);
    }
}

}  // namespace martlet::telemetry::meshtastic
