#pragma once

// The door to Sparkplug's protobuf: bytes become a plain list of metrics, compressed payloads are
// unpacked, and the one payload that we send is written. Knows nothing of topics, births or
// aliases. Any thread.

#include "telemetry/words.h"

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace martlet::telemetry::sparkplug {

// The type numbers of the specification, 6.4.16; larger ones are sets, templates and arrays.
enum class DataType : std::uint32_t {
    Unknown = 0,
    Int8 = 1,
    Int16 = 2,
    Int32 = 3,
    Int64 = 4,
    UInt8 = 5,
    UInt16 = 6,
    UInt32 = 7,
    UInt64 = 8,
    Float = 9,
    Double = 10,
    Boolean = 11,
    String = 12,
    DateTime = 13,
    Text = 14,
    Uuid = 15,
};

// What stood in the value's field, whatever its type says. monostate: nothing that we keep.
using RawValue = std::variant<std::monostate, std::uint64_t, double, bool, std::string>;

struct Metric {
    std::string name;  // empty: told by its alias
    std::optional<std::uint64_t> alias;
    std::optional<std::uint64_t> time;  // ms
    DataType type = DataType::Unknown;  // Unknown: told by its birth
    bool is_null = false;
    std::string unit;  // of its properties
    RawValue value;
    std::string_view lost;  // a value that is not kept: "bytes"; lives for ever
};

struct Payload {
    std::optional<std::uint64_t> time;  // ms
    std::optional<std::uint64_t> seq;
    std::vector<Metric> metrics;
    std::string_view left_out;  // "body not understood"; empty: nothing; lives for ever
};

inline constexpr std::size_t kPayloadBytesMax = 1024 * 1024;
inline constexpr std::size_t kUnpackedBytesMax = 4 * kPayloadBytesMax;
inline constexpr std::size_t kMetricsMax = 10'000;

// Empty: fine. Otherwise why not, in a few words. The name of an unknown compression, if it is a
// plain word, is the last word: "unknown compression LZ4". A compressed payload that tells no
// number or time of its own has those of its wrapper. "not protobuf: cut off at byte 83" tells
// where.
std::string read_payload(std::string_view bytes, Payload& payload);

// The value as its type says: integers cut to their width, two's complement. Nothing: the type is
// none of ours (a set, an array, bytes), or what stood there does not fit it.
std::optional<Value> typed_value(const RawValue& raw, DataType type);

// Why typed_value() gave nothing: "not finite", "not UTF-8", "bytes", "not of its type". Empty:
// there was no value. Lives for ever.
std::string_view lost_reason(const Metric& metric);

// "Node Control/Rebirth" = true.
std::string rebirth_payload(Time now);

}  // namespace martlet::telemetry::sparkplug
