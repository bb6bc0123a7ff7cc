#include "telemetry/decoders/meshtastic/metric_table.h"

#include <bit>
#include <cmath>
#include <google/protobuf/io/coded_stream.h>
#include <limits>
#include <string>

namespace martlet::telemetry::meshtastic {

namespace {

using enum FieldForm;
constexpr auto kCounter = SeriesKind::Counter;
constexpr auto kGauge = SeriesKind::Gauge;

constexpr MetricField kDeviceFields[] = {
    {1, Unsigned, "battery_level", "%"},
    {2, Float, "voltage", "V"},
    {3, Float, "channel_utilization", "%"},
    {4, Float, "air_util_tx", "%"},
    {5, Unsigned, "uptime_seconds", "s", kCounter},
};

constexpr MetricField kEnvironmentFields[] = {
    {1, Float, "temperature", "°C"},
    {2, Float, "relative_humidity", "%"},
    {3, Float, "barometric_pressure", "hPa"},
    {4, Float, "gas_resistance", "MΩ"},
    {5, Float, "voltage", "V"},
    {6, Float, "current", "mA"},
    {7, Unsigned, "iaq", ""},
    {8, Float, "distance", "mm"},
    {9, Float, "lux", "lx"},
    {10, Float, "white_lux", "lx"},
    {11, Float, "ir_lux", "lx"},
    {12, Float, "uv_lux", "lx"},
    {13, Unsigned, "wind_direction", "°"},
    {14, Float, "wind_speed", "m/s"},
    {15, Float, "weight", "kg"},
    {16, Float, "wind_gust", "m/s"},
    {17, Float, "wind_lull", "m/s"},
    {18, Float, "radiation", "µR/h"},
    {19, Float, "rainfall_1h", "mm"},
    {20, Float, "rainfall_24h", "mm"},
    {21, Unsigned, "soil_moisture", "%"},
    {22, Float, "soil_temperature", "°C"},
    {24, Float, "adc_voltage_ch0", "V"},
    {25, Float, "adc_voltage_ch1", "V"},
    {26, Float, "adc_voltage_ch2", "V"},
    {27, Float, "adc_voltage_ch3", "V"},
    {28, Float, "adc_voltage_ch4", "V"},
    {29, Float, "adc_voltage_ch5", "V"},
    {30, Float, "adc_voltage_ch6", "V"},
    {31, Float, "adc_voltage_ch7", "V"},
    {32, Float, "one_wire_temperature_ch0", "°C"},
    {33, Float, "one_wire_temperature_ch1", "°C"},
    {34, Float, "one_wire_temperature_ch2", "°C"},
    {35, Float, "one_wire_temperature_ch3", "°C"},
    {36, Float, "one_wire_temperature_ch4", "°C"},
    {37, Float, "one_wire_temperature_ch5", "°C"},
    {38, Float, "one_wire_temperature_ch6", "°C"},
    {39, Float, "one_wire_temperature_ch7", "°C"},
    {40, Unsigned, "lightning_strike_count_1h", ""},
    {41, Float, "lightning_distance_km", "km"},
};

constexpr MetricField kAirQualityFields[] = {
    {1, Unsigned, "pm10_standard", "µg/m³"},
    {2, Unsigned, "pm25_standard", "µg/m³"},
    {3, Unsigned, "pm100_standard", "µg/m³"},
    {4, Unsigned, "pm10_environmental", "µg/m³"},
    {5, Unsigned, "pm25_environmental", "µg/m³"},
    {6, Unsigned, "pm100_environmental", "µg/m³"},
    {7, Unsigned, "particles_03um", "1/0.1L"},
    {8, Unsigned, "particles_05um", "1/0.1L"},
    {9, Unsigned, "particles_10um", "1/0.1L"},
    {10, Unsigned, "particles_25um", "1/0.1L"},
    {11, Unsigned, "particles_50um", "1/0.1L"},
    {12, Unsigned, "particles_100um", "1/0.1L"},
    {13, Unsigned, "co2", "ppm"},
    {14, Float, "co2_temperature", "°C"},
    {15, Float, "co2_humidity", "%"},
    {16, Float, "form_formaldehyde", "ppb"},
    {17, Float, "form_humidity", "%"},
    {18, Float, "form_temperature", "°C"},
    {19, Unsigned, "pm40_standard", "µg/m³"},
    {20, Unsigned, "particles_40um", "1/0.1L"},
    {21, Float, "pm_temperature", "°C"},
    {22, Float, "pm_humidity", "%"},
    {23, Float, "pm_voc_idx", ""},
    {24, Float, "pm_nox_idx", ""},
    {25, Float, "particles_tps", ""},
};

constexpr MetricField kPowerFields[] = {
    {1, Float, "ch1_voltage", "V"},  {2, Float, "ch1_current", "mA"},
    {3, Float, "ch2_voltage", "V"},  {4, Float, "ch2_current", "mA"},
    {5, Float, "ch3_voltage", "V"},  {6, Float, "ch3_current", "mA"},
    {7, Float, "ch4_voltage", "V"},  {8, Float, "ch4_current", "mA"},
    {9, Float, "ch5_voltage", "V"},  {10, Float, "ch5_current", "mA"},
    {11, Float, "ch6_voltage", "V"}, {12, Float, "ch6_current", "mA"},
    {13, Float, "ch7_voltage", "V"}, {14, Float, "ch7_current", "mA"},
    {15, Float, "ch8_voltage", "V"}, {16, Float, "ch8_current", "mA"},
};

constexpr MetricField kLocalFields[] = {
    {1, Unsigned, "uptime_seconds", "s", kCounter, true},
    {2, Float, "channel_utilization", "%", kGauge, true},
    {3, Float, "air_util_tx", "%", kGauge, true},
    {4, Unsigned, "num_packets_tx", "", kCounter, true},
    {5, Unsigned, "num_packets_rx", "", kCounter, true},
    {6, Unsigned, "num_packets_rx_bad", "", kCounter, true},
    {7, Unsigned, "num_online_nodes", "", kGauge, true},
    {8, Unsigned, "num_total_nodes", "", kGauge, true},
    {9, Unsigned, "num_rx_dupe", "", kCounter},
    {10, Unsigned, "num_tx_relay", "", kCounter},
    {11, Unsigned, "num_tx_relay_canceled", "", kCounter},
    {12, Unsigned, "heap_total_bytes", "B"},
    {13, Unsigned, "heap_free_bytes", "B"},
    {14, Unsigned, "num_tx_dropped", "", kCounter},
    {15, Signed, "noise_floor", "dBm"},
};

constexpr MetricField kHealthFields[] = {
    {1, Unsigned, "heart_bpm", "bpm"},
    {2, Unsigned, "spO2", "%"},
    {3, Float, "temperature", "°C"},
};

constexpr MetricField kHostFields[] = {
    {1, Unsigned, "uptime_seconds", "s", kCounter, true},
    {2, Unsigned, "freemem_bytes", "B"},
    {3, Unsigned, "diskfree1_bytes", "B"},
    {4, Unsigned, "diskfree2_bytes", "B"},
    {5, Unsigned, "diskfree3_bytes", "B"},
    {6, Hundredths, "load1", "", kGauge, true},
    {7, Hundredths, "load5", "", kGauge, true},
    {8, Hundredths, "load15", "", kGauge, true},
};

constexpr MetricField kTrafficFields[] = {
    {1, Unsigned, "packets_inspected", "", kCounter, true},
    {2, Unsigned, "position_dedup_drops", "", kCounter, true},
    {3, Unsigned, "nodeinfo_cache_hits", "", kCounter, true},
    {4, Unsigned, "rate_limit_drops", "", kCounter, true},
    {5, Unsigned, "unknown_packet_drops", "", kCounter, true},
    {6, Unsigned, "hop_exhausted_packets", "", kCounter, true},
    {7, Unsigned, "router_hops_preserved", "", kCounter, true},
};

// A field as it stands in the message.
struct WireValue {
    std::uint32_t field = 0;
    bool is_varint = false;
    bool is_fixed32 = false;
    std::uint64_t varint = 0;
    std::uint32_t fixed32 = 0;
};

using Stream = google::protobuf::io::CodedInputStream;

// False: not sound.
bool read_value(Stream& stream, std::uint32_t tag, WireValue& value) {
    value = {};
    value.field = tag >> 3;
    std::uint32_t size = 0;
    switch (tag & 7) {
        case 0:
            value.is_varint = true;
            return stream.ReadVarint64(&value.varint);
        case 1:
            return stream.Skip(8);
        case 2:
            return stream.ReadVarint32(&size) &&
                   size <= static_cast<std::uint32_t>(std::numeric_limits<int>::max()) &&
                   stream.Skip(static_cast<int>(size));
        case 5:
            value.is_fixed32 = true;
            return stream.ReadLittleEndian32(&value.fixed32);
        default:
            return false;
    }
}

std::string metric_of(const MetricGroup& group, std::string_view name) {
    std::string metric(group.name);
    metric += '/';
    return metric += name;
}

void put_integer(const MetricGroup& group, const MetricField& field, std::uint64_t value,
                 Findings& findings) {
    // Negative numbers of 32 bits come as 64 bits.
    auto number = static_cast<std::int64_t>(value);
    if (field.form != Signed && number < 0) return;
    std::string metric = metric_of(group, field.name);
    if (field.form == Hundredths) {
        findings.sample(metric, field.unit, field.kind, static_cast<double>(number) / 100);
    } else {
        findings.count(metric, field.unit, field.kind, number);
    }
    // More than 100 % says that it hangs on a charger.
    if (&group == &kDeviceMetrics && field.number == 1) {
        findings.state("device/powered", number > 100);
    }
}

void put_value(const MetricGroup& group, const WireValue& value, Findings& findings) {
    for (const MetricField& field : group.fields) {
        if (field.number != value.field) continue;
        if (field.form == Float && value.is_fixed32) {
            findings.sample(metric_of(group, field.name), field.unit, field.kind,
                            as_decimal(std::bit_cast<float>(value.fixed32)));
        } else if (field.form != Float && value.is_varint) {
            put_integer(group, field, value.varint, findings);
        }
        return;
    }
}

}  // namespace

const MetricGroup kDeviceMetrics = {"device", kDeviceFields};
const MetricGroup kEnvironmentMetrics = {"environment", kEnvironmentFields};
const MetricGroup kAirQualityMetrics = {"air_quality", kAirQualityFields};
const MetricGroup kPowerMetrics = {"power", kPowerFields};
const MetricGroup kLocalStats = {"local_stats", kLocalFields};
const MetricGroup kHealthMetrics = {"health", kHealthFields};
const MetricGroup kHostMetrics = {"host", kHostFields};
const MetricGroup kTrafficMetrics = {"traffic", kTrafficFields};

bool read_metrics(const MetricGroup& group, std::string_view message, Findings& findings) {
    Stream stream(reinterpret_cast<const std::uint8_t*>(message.data()),
                  static_cast<int>(message.size()));
    std::uint64_t seen = 0;
    while (std::uint32_t tag = stream.ReadTag()) {
        WireValue value;
        if (!read_value(stream, tag, value)) return false;
        // Of a field that is said twice only the first counts: one message is one point in time.
        std::uint64_t bit = value.field < 64 ? std::uint64_t{1} << value.field : 0;
        if ((seen & bit) == 0) put_value(group, value, findings);
        seen |= bit;
    }
    if (!stream.ConsumedEntireMessage()) return false;
    for (const MetricField& field : group.fields) {
        if (!field.is_zero_when_absent || (seen >> field.number & 1) != 0) continue;
        if (field.form == Float) {
            findings.sample(metric_of(group, field.name), field.unit, field.kind, 0);
        } else {
            put_integer(group, field, 0, findings);
        }
    }
    return true;
}

bool put_metric(const MetricGroup& group, std::string_view name, double value, Findings& findings) {
    for (const MetricField& field : group.fields) {
        if (field.name != name) continue;
        bool is_whole = field.form != Float && value >= 0 && value < 9e15;
        if (is_whole) put_integer(group, field, static_cast<std::uint64_t>(value), findings);
        if (field.form == Float) {
            findings.sample(metric_of(group, name), field.unit, field.kind, value);
        }
        return true;
    }
    return false;
}

}  // namespace martlet::telemetry::meshtastic
