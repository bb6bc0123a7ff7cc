#pragma once

// What each key of a payload is for: a measurement, a time, a unit, a place. Found once for each
// path and remembered. One table for each format: the generic one has no form. One thread.

#include "base/hash_map.h"
#include "telemetry/mapping/map_file.h"
#include "telemetry/time_key.h"
#include "telemetry/words.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace martlet::telemetry {

enum class KeyRole : std::uint8_t {
    Measured,
    Clock,
    Latitude,
    Longitude,
    PerhapsUnit,  // the same, if its text is a unit that is known: "u", "scale"
    Unit,         // the unit of the values beside it: "unit", "units"
    UnitOf,       // the unit of the values that its own name tells: "TempUnit", "pressure_unit"
    Reception,    // of whoever received the message, not of its sender: "rx_metadata.0.rssi"
    TimeColumn,   // one of a list of times: "hourly.time.0"
    TimeNamed,    // a time is part of the name: "watts.2025-12-31 22:00:00"
    Ignored,
    TooLong,
};

struct KeyName {
    KeyRole role = KeyRole::Measured;
    std::string metric = {};
    std::string unit = {};
    UnitSource unit_source = UnitSource::Assumed;
    // The name itself tells the unit ("pressure_hpa"): no value can contradict it.
    bool is_unit_told = false;
    SeriesKind kind = SeriesKind::Gauge;
    // A serial number, an address, a version: not a value even when it is made of digits.
    bool is_identity = false;
    // What the value may be judged for by emergency.h.
    bool can_alarm = false;
    // A place of something else: "home", "destination", "gateway".
    bool is_of_another = false;
    // An object that is neither known to be the sender's nor another's.
    bool is_of_unknown = false;
    TimeKey time_key = {};
    std::uint8_t device_rank = 0;  // how surely the value names the device; 0: not at all
    std::string last = {};         // the last key in small letters
    // UnitOf in an object of units ({"units":{"temp":"F"}}): how the object is named; the units are
    // for its sisters, or ("current_units") for the object of that name.
    std::string unit_object = {};
    std::string stem = {};  // UnitOf: the quantity ("temp" of "TempUnit")
    const KeyRule* rule = nullptr;
    // Rules with a condition that match as well, to be asked first.
    std::vector<std::shared_ptr<const KeyName>> conditional = {};
    std::vector<std::string> stars = {};  // the texts of the stars in rule->path
};

// How the operator overrides a metric of any source.
struct MetricOverride {
    std::optional<std::string> unit;
    std::optional<SeriesKind> kind;
};

// The name of an object whose place is the sender's ("gps", "payload").
bool is_own_place(std::string_view parent);

// The name of an object or array that tells of whoever received the message ("rx_metadata").
bool is_reception_key(std::string_view key);

inline constexpr std::uint8_t kWeakDevice = 1;    // names a device if two of them share a topic
inline constexpr std::uint8_t kStrongDevice = 2;  // names a device wherever it stands

class NameTable {
  public:
    static constexpr std::size_t kPathBytesMax = 128;

    // `form` may be null; both outlive the table.
    NameTable(const MapForm* form, const TextMap<MetricOverride>& overrides)
        : form_(form), overrides_(&overrides) {}

    // Forgets all names when there are too many. Names that find() gave stand until then.
    void begin_message();
    // Another number: all names that find() gave before are gone.
    std::uint64_t age() const { return age_; }
    // `key_begin` is where the last key of `path` begins.
    const KeyName& find(std::string_view path, std::size_t key_begin);

  private:
    KeyName make(std::string_view path, std::size_t key_begin) const;
    static void assume(KeyName& name, std::string_view path, std::string_view last);
    static void apply(const KeyRule& rule, const PathCaptures& captures, KeyName& name);

    const MapForm* form_;
    const TextMap<MetricOverride>* overrides_;
    TextMap<std::unique_ptr<const KeyName>> names_;
    std::uint64_t age_ = 0;
};

}  // namespace martlet::telemetry
