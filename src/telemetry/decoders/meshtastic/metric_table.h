#pragma once

// The measured values of Meshtastic's telemetry as a table: field number, name, unit. Whoever wants
// a new one adds a row. Series are named GROUP/NAME: "environment/temperature". Any thread.

#include "telemetry/decoders/meshtastic/findings.h"

#include <span>
#include <string_view>

namespace martlet::telemetry::meshtastic {

enum class FieldForm : std::uint8_t { Unsigned, Signed, Hundredths, Float };

struct MetricField {
    std::uint32_t number;
    FieldForm form;
    std::string_view name;
    std::string_view unit;
    SeriesKind kind = SeriesKind::Gauge;
    // Zero is not sent, so absent is zero. Only of fields that all firmware has.
    bool is_zero_when_absent = false;
};

struct MetricGroup {
    std::string_view name;
    std::span<const MetricField> fields;
};

extern const MetricGroup kDeviceMetrics;
extern const MetricGroup kEnvironmentMetrics;
extern const MetricGroup kAirQualityMetrics;
extern const MetricGroup kPowerMetrics;
extern const MetricGroup kLocalStats;
extern const MetricGroup kHealthMetrics;
extern const MetricGroup kHostMetrics;
extern const MetricGroup kTrafficMetrics;

// A serialized message of this group. False: it is not sound; what was found stays in `findings`.
[[nodiscard]] bool read_metrics(const MetricGroup& group, std::string_view message,
                                Findings& findings);

// One value that came by name (JSON). False: the group has no such field.
bool put_metric(const MetricGroup& group, std::string_view name, double value, Findings& findings);

}  // namespace martlet::telemetry::meshtastic
