#pragma once

// The words of telemetry: a source measures (node, meter, station, vehicle), a series is one metric
// of one source, a sample is a time and a value, a position is a time and a place, an event is a
// time and a text. Plain values; any thread. Times are milliseconds since 1970, UTC.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace martlet::telemetry {

using Time = std::int64_t;  // ms since 1970, UTC

// What the values of a series are, and so what may be made of them.
enum class SeriesKind : std::uint8_t {
    Gauge,      // a value of its time: min, max, mean
    Counter,    // grows; smaller than before: it began again at 0, and the new value is the step
    Meter,      // grows; smaller than before: another meter, whose first value is a new baseline
    Increment,  // each value is a step of its own
    State,      // holds until the next one: 0 and 1, or a text
};

// "gauge", "counter", ...: in the store, in answers and for people.
std::string_view name_of(SeriesKind kind);
SeriesKind series_kind_of(std::string_view name);  // one that is not known is a gauge

using Value = std::variant<std::int64_t, double, std::string>;

// Where the unit, the kind and the meaning of a series come from. Ordered: a later enumerator is
// trusted more, and the value of a lower one never replaces it.
enum class UnitSource : std::uint8_t {
    Assumed,   // from the name of the value alone
    Mapped,    // from a known format: a decoder of its own, or a map
    Declared,  // from the device's own metadata (discovery, births, attributes)
    Stated,    // beside the value, in the same message
    Operator,  // set by a person
};
// "assumed", "mapped", "declared", "stated", "operator": in the store, in answers and for people.
std::string_view name_of(UnitSource source);
UnitSource unit_source_of(std::string_view name);  // an unknown name is Assumed

// Which source: `kind` is the decoder's word for it ("mesh node", see the decoder), `id` what it
// calls itself. Together they name it for good.
struct SourceId {
    std::string kind;
    std::string id;
    bool operator==(const SourceId&) const = default;
};

// What was learned about a source: its name, and facts as name and text ("hardware_model",
// "RAK4631"). A fact replaces an earlier one of the same name; an empty text removes it.
struct SourceNote {
    SourceId source;
    std::string name;  // as people call it; empty: nothing new
    std::vector<std::pair<std::string, std::string>> facts;
};

struct Sample {
    SourceId source;
    std::string metric;  // "temperature", "ch1_voltage": letters, digits, '_', '.', '/'
    std::string unit;    // "°C", "kWh"; empty: none
    SeriesKind kind = SeriesKind::Gauge;
    Time time = 0;
    Value value;
    // Decoders of one format know what their values mean; only `json` assumes.
    UnitSource unit_source = UnitSource::Mapped;
};

struct Position {
    SourceId source;
    Time time = 0;
    double latitude = 0;   // degrees, WGS 84
    double longitude = 0;  // degrees
    // NaN: not known.
    double altitude_m;
    double speed_kmh;
    double heading_deg;
    double uncertainty_m;  // 0: exact

    Position();
};

enum class Severity : std::uint8_t { Info, Warning, Critical };
// "info", "warning", "critical".
std::string_view name_of(Severity severity);
Severity severity_of(std::string_view name);  // one that is not known is an info

struct Event {
    SourceId source;
    Time time = 0;
    std::string kind;  // "text", "emergency", "offline", "counter_reset"
    Severity severity = Severity::Info;
    std::string text;  // for people
    // More, as a JSON object; empty: nothing more.
    std::string details;
};

// One packet on a radio mesh, as it is counted by sender and receiver. Not stored.
struct MeshPacket {
    std::uint32_t from = 0;
    std::uint32_t to = 0;   // 0xffffffff: everybody
    std::uint32_t id = 0;   // 0: none
    std::string_view port;  // what it is for; a text that lives for ever
    std::uint32_t channel = 0;
    Time time = 0;
    std::size_t bytes = 0;  // of what it says
    std::optional<double> snr_db;
    std::optional<std::int32_t> rssi_dbm;
    std::optional<std::uint32_t> hop_limit;
    std::optional<std::uint32_t> hop_start;
    bool want_ack = false;
    bool is_via_mqtt = false;
};

}  // namespace martlet::telemetry
