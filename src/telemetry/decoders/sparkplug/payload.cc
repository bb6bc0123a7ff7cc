#include "telemetry/decoders/sparkplug/payload.h"

#include "telemetry/decoders/plain_text.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <telemetry/proto/sparkplug.pb.h>

namespace martlet::telemetry::sparkplug {

namespace {

constexpr std::size_t kUnitBytesMax = 32;

std::string unit_of(const pb::PropertySet& set) {
    int count = std::min(set.keys_size(), set.values_size());
    for (int i = 0; i < count; i++) {
        if (set.keys(i) != "engUnit" || !set.values(i).has_string_value()) continue;
        return plain_text(set.values(i).string_value(), kUnitBytesMax);
    }
    return {};
}

RawValue raw_value(const pb::Metric& metric) {
    switch (metric.value_case()) {
        case pb::Metric::kIntValue:
            return std::uint64_t{metric.int_value()};
        case pb::Metric::kLongValue:
            return std::uint64_t{metric.long_value()};
        case pb::Metric::kFloatValue:
            return double{metric.float_value()};
        case pb::Metric::kDoubleValue:
            return metric.double_value();
        case pb::Metric::kBooleanValue:
            return metric.boolean_value();
        case pb::Metric::kStringValue:
            return metric.string_value();
        default:
            return std::monostate{};
    }
}

Metric plain_metric(const pb::Metric& from) {
    Metric metric;
    metric.name = plain_text(from.name(), kMetricNameBytesMax);
    if (from.has_alias()) metric.alias = from.alias();
    if (from.has_timestamp()) metric.time = from.timestamp();
    metric.type = static_cast<DataType>(from.datatype());
    metric.is_null = from.is_null();
    if (from.has_properties()) metric.unit = unit_of(from.properties());
    metric.value = raw_value(from);
    return metric;
}

template <typename Narrow>
Value cut(std::uint64_t raw) {
    return std::int64_t{static_cast<Narrow>(raw)};
}

std::optional<Value> integer_value(std::uint64_t raw, DataType type) {
    constexpr auto kLargest = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
    switch (type) {
        case DataType::Int8:
            return cut<std::int8_t>(raw);
        case DataType::Int16:
            return cut<std::int16_t>(raw);
        case DataType::Int32:
            return cut<std::int32_t>(raw);
        case DataType::Int64:
            return cut<std::int64_t>(raw);
        case DataType::UInt8:
            return cut<std::uint8_t>(raw);
        case DataType::UInt16:
            return cut<std::uint16_t>(raw);
        case DataType::UInt32:
            return cut<std::uint32_t>(raw);
        case DataType::Boolean:
            return std::int64_t{raw != 0};
        case DataType::Float:
        case DataType::Double:
            return static_cast<double>(raw);
        case DataType::Unknown:
        case DataType::UInt64:
        case DataType::DateTime:
            if (raw > kLargest) return static_cast<double>(raw);
            return static_cast<std::int64_t>(raw);
        default:
            return std::nullopt;
    }
}

// A number in the field for reals, although its type may be an integer's.
std::optional<Value> real_value(double raw, DataType type) {
    if (!std::isfinite(raw)) return std::nullopt;
    bool is_number =
        type == DataType::Unknown || (type >= DataType::Int8 && type <= DataType::Double);
    if (!is_number) return std::nullopt;
    return raw;
}

std::optional<Value> text_value(const std::string& raw, DataType type) {
    bool is_text = type == DataType::Unknown || type == DataType::String ||
                   type == DataType::Text || type == DataType::Uuid;
    if (!is_text) return std::nullopt;
    std::string text = plain_text(raw);
    if (text.empty() && !raw.empty()) return std::nullopt;
    return text;
}

}  // namespace

std::string_view read_payload(std::string_view bytes, Payload& payload) {
    payload.time.reset();
    payload.seq.reset();
    payload.metrics.clear();
    if (bytes.size() > kPayloadBytesMax) return "too large";
    pb::Payload parsed;
    if (!parsed.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
        return "not protobuf";
    }
    if (static_cast<std::size_t>(parsed.metrics_size()) > kMetricsMax) return "too many metrics";
    if (parsed.has_timestamp()) payload.time = parsed.timestamp();
    if (parsed.has_seq()) payload.seq = parsed.seq();
    for (const pb::Metric& metric : parsed.metrics()) {
        payload.metrics.push_back(plain_metric(metric));
    }
    return {};
}

std::optional<Value> typed_value(const RawValue& raw, DataType type) {
    if (const auto* integer = std::get_if<std::uint64_t>(&raw))
        return integer_value(*integer, type);
    if (const auto* real = std::get_if<double>(&raw)) return real_value(*real, type);
    if (const auto* boolean = std::get_if<bool>(&raw)) {
        bool fits = type == DataType::Boolean || type == DataType::Unknown;
        return fits ? std::optional<Value>(std::int64_t{*boolean}) : std::nullopt;
    }
    if (const auto* text = std::get_if<std::string>(&raw)) return text_value(*text, type);
    return std::nullopt;
}

std::string rebirth_payload(Time now) {
    auto time = static_cast<std::uint64_t>(std::max<Time>(now, 0));
    pb::Payload payload;
    payload.set_timestamp(time);
    pb::Metric& metric = *payload.add_metrics();
    metric.set_name("Node Control/Rebirth");
    metric.set_timestamp(time);
    metric.set_datatype(static_cast<std::uint32_t>(DataType::Boolean));
    metric.set_boolean_value(true);
    return payload.SerializeAsString();
}

}  // namespace martlet::telemetry::sparkplug
