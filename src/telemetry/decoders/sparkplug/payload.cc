#include "telemetry/decoders/sparkplug/payload.h"

#include "base/ascii.h"
#include "telemetry/decoders/plain_text.h"
#include "telemetry/units.h"
#include "telemetry/unpack.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>
#include <telemetry/proto/sparkplug.pb.h>

namespace martlet::telemetry::sparkplug {

namespace {

constexpr std::size_t kUnitBytesMax = 32;
constexpr std::string_view kNotProtobuf = "not protobuf";

// "Engineering Units", "engUnit" and "eng_unit" alike; longer keys are none of ours.
std::string letters_of(std::string_view key) {
    std::string letters;
    for (char c : key.substr(0, 32)) {
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 'a' - 'A');
        if (c >= 'a' && c <= 'z') letters += c;
    }
    return letters;
}

bool is_unit_key(std::string_view key) {
    static constexpr std::array<std::string_view, 7> kNames = {
        "engunit", "engunits", "engineeringunit", "engineeringunits", "unit", "units", "uom"};
    return std::find(kNames.begin(), kNames.end(), letters_of(key)) != kNames.end();
}

std::string unit_of(const pb::PropertySet& set) {
    int count = std::min(set.keys_size(), set.values_size());
    for (int i = 0; i < count; i++) {
        if (!set.values(i).has_string_value() || !is_unit_key(set.keys(i))) continue;
        auto unit = stated_unit(plain_text(set.values(i).string_value(), kUnitBytesMax));
        if (!unit.empty()) return unit;
    }
    return {};
}

// The shortest decimal that is this float: 21.1, where a cast gives 21.100000381469727.
double as_decimal(float value) {
    if (!std::isfinite(value)) return static_cast<double>(value);
    std::array<char, 64> text;
    char* end = std::to_chars(text.data(), text.data() + text.size(), value).ptr;
    double decimal = 0;
    std::from_chars(text.data(), end, decimal);
    return decimal;
}

RawValue raw_value(const pb::Metric& metric) {
    switch (metric.value_case()) {
        case pb::Metric::kIntValue:
            return std::uint64_t{metric.int_value()};
        case pb::Metric::kLongValue:
            return std::uint64_t{metric.long_value()};
        case pb::Metric::kFloatValue:
            return as_decimal(metric.float_value());
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
    if (from.has_bytes_value()) metric.lost = "bytes";
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

// False: there is none.
bool take_varint(std::string_view& bytes, std::uint64_t& number) {
    number = 0;
    for (unsigned shift = 0; shift < 64 && !bytes.empty(); shift += 7) {
        auto byte = static_cast<unsigned char>(bytes.front());
        bytes.remove_prefix(1);
        number |= std::uint64_t{byte & 0x7fU} << shift;
        if (byte < 0x80) return true;
    }
    return false;
}

// Counted before they are made, as each costs a hundred times its bytes. What is no protobuf is
// left to the parser.
std::size_t count_metrics(std::string_view bytes) {
    constexpr std::uint64_t kMetricTag = 2 << 3 | 2;
    std::size_t count = 0;
    std::uint64_t tag = 0;
    std::uint64_t number = 0;
    while (take_varint(bytes, tag)) {
        std::uint64_t size = 0;
        std::uint64_t wire_type = tag & 7;
        if (wire_type == 0 && !take_varint(bytes, number)) break;
        if (wire_type == 1) size = 8;
        if (wire_type == 5) size = 4;
        if (wire_type == 2 && !take_varint(bytes, size)) break;
        if (size > bytes.size()) break;
        bytes.remove_prefix(size);
        if (tag == kMetricTag) count++;
    }
    return count;
}

std::string_view parse(std::string_view bytes, pb::Payload& parsed) {
    if (count_metrics(bytes) > kMetricsMax) return "too many metrics";
    bool is_sound = parsed.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()));
    return is_sound ? std::string_view() : kNotProtobuf;
}

void take_payload(const pb::Payload& parsed, Payload& payload) {
    if (parsed.has_timestamp()) payload.time = parsed.timestamp();
    if (parsed.has_seq()) payload.seq = parsed.seq();
    for (const pb::Metric& metric : parsed.metrics()) {
        payload.metrics.push_back(plain_metric(metric));
    }
}

// Where the bytes are no protobuf, for people. Empty: deeper than this looks.
std::string broken_place(std::string_view bytes) {
    constexpr std::uint64_t kMetricTag = 2 << 3 | 2;
    std::string_view rest = bytes;
    auto at = [&] { return std::to_string(bytes.size() - rest.size()); };
    std::string cut_off = "cut off at byte " + std::to_string(bytes.size());
    for (int metric = 0; !rest.empty();) {
        std::string begin = at();
        std::uint64_t tag = 0;
        std::uint64_t size = 0;
        if (!take_varint(rest, tag)) return cut_off;
        std::uint64_t wire_type = tag & 7;
        bool is_known = wire_type <= 2 || wire_type == 5;
        if (!is_known || tag >> 3 == 0) return wire_type == 3 ? std::string() : "at byte " + begin;
        if (wire_type == 0 && !take_varint(rest, size)) return cut_off;
        if (wire_type == 2 && !take_varint(rest, size)) return cut_off;
        if (wire_type != 2) size = wire_type == 1 ? 8 : wire_type == 5 ? 4 : 0;
        if (size > rest.size()) return cut_off;
        if (tag == kMetricTag) {
            pb::Metric parsed;
            metric++;
            if (!parsed.ParseFromArray(rest.data(), static_cast<int>(size))) {
                return "in metric " + std::to_string(metric) + " at byte " + at();
            }
        }
        rest.remove_prefix(size);
    }
    return {};
}

bool is_compressed(const pb::Payload& parsed) {
    return lowered(parsed.uuid()) == "spbv1.0_compressed";
}

bool is_algorithm(const pb::Metric& metric) {
    return letters_of(metric.name()) == "algorithm";
}

bool has_algorithm(const pb::Payload& parsed) {
    return std::any_of(parsed.metrics().begin(), parsed.metrics().end(), is_algorithm);
}

// As gzip and zlib begin.
bool begins_packed(std::string_view body) {
    if (body.starts_with("\x1f\x8b")) return true;
    if (body.size() < 2 || (body[0] & 0x0f) != 8) return false;
    auto first = static_cast<unsigned char>(body[0]);
    auto second = static_cast<unsigned char>(body[1]);
    return (first * 256 + second) % 31 == 0;
}

// Fine as well when no algorithm is told: the data itself tells its wrapper.
std::string algorithm_problem(const pb::Payload& parsed) {
    for (const pb::Metric& metric : parsed.metrics()) {
        if (!is_algorithm(metric)) continue;
        auto letters = letters_of(metric.string_value());
        if (letters == "gzip" || letters == "deflate") return {};
        constexpr std::size_t kNameBytesMax = 16;
        const std::string& name = metric.string_value();
        bool is_word = !name.empty() && name.size() <= kNameBytesMax &&
                       std::all_of(name.begin(), name.end(), [](char c) {
                           return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') ||
                                  (c >= 'a' && c <= 'z') || c == '-' || c == '_' || c == '.';
                       });
        return is_word ? "unknown compression " + name : "unknown compression";
    }
    return {};
}

std::string read_compressed(const pb::Payload& wrapper, Payload& payload) {
    std::string problem = algorithm_problem(wrapper);
    if (!problem.empty()) return problem;
    std::string bytes;
    switch (unpack(wrapper.body(), kUnpackedBytesMax, bytes)) {
        case Unpacking::Fine:
            break;
        case Unpacking::TooLarge:
            return "compressed payload larger than 4 MiB";
        case Unpacking::NoMemory:
            return "no memory to unpack";
        case Unpacking::Broken:
            return "compressed payload is broken";
    }
    pb::Payload parsed;
    if (auto found = parse(bytes, parsed); !found.empty()) return std::string(found);
    bool is_again = is_compressed(parsed) || (!parsed.body().empty() && has_algorithm(parsed));
    if (is_again) return "compressed twice";
    if (wrapper.has_timestamp()) payload.time = wrapper.timestamp();
    if (wrapper.has_seq()) payload.seq = wrapper.seq();
    take_payload(parsed, payload);
    for (const pb::Metric& metric : wrapper.metrics()) {
        if (!is_algorithm(metric)) payload.metrics.push_back(plain_metric(metric));
    }
    return {};
}

// A body under another name than the specification's, or none. It is never dropped without a word.
std::string read_body(const pb::Payload& parsed, Payload& payload) {
    constexpr std::string_view kNotUnderstood = "body not understood";
    bool is_packed = begins_packed(parsed.body());
    if (is_packed || has_algorithm(parsed)) {
        std::string problem = read_compressed(parsed, payload);
        if (problem.empty()) return {};
        bool is_told = is_packed || problem.starts_with("unknown compression");
        if (has_algorithm(parsed)) return is_told ? problem : std::string(kNotUnderstood);
    }
    if (parsed.metrics_size() == 0) return std::string(kNotUnderstood);
    take_payload(parsed, payload);
    payload.left_out = kNotUnderstood;
    return {};
}

}  // namespace

std::string read_payload(std::string_view bytes, Payload& payload) {
    payload.time.reset();
    payload.seq.reset();
    payload.metrics.clear();
    payload.left_out = {};
    if (bytes.size() > kPayloadBytesMax) return "too large";
    pb::Payload parsed;
    if (std::string problem(parse(bytes, parsed)); !problem.empty()) {
        std::string place = problem == kNotProtobuf ? broken_place(bytes) : std::string();
        return place.empty() ? problem : problem + ": " + place;
    }
    if (is_compressed(parsed)) return read_compressed(parsed, payload);
    if (!parsed.body().empty()) return read_body(parsed, payload);
    take_payload(parsed, payload);
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

std::string_view lost_reason(const Metric& metric) {
    if (!metric.lost.empty()) return metric.lost;
    if (std::holds_alternative<std::monostate>(metric.value)) return {};
    const auto* real = std::get_if<double>(&metric.value);
    if (real != nullptr && !std::isfinite(*real)) return "not finite";
    const auto* text = std::get_if<std::string>(&metric.value);
    if (text != nullptr && !text->empty() && plain_text(*text).empty()) return "not UTF-8";
    return "not of its type";
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
