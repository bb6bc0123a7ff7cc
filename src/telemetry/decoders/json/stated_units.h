#pragma once

// Units that a payload states itself: "unit" beside a value, "TempUnit" for all temperatures below,
// an object of units beside the object of values. One thread.

#include "base/hash_map.h"
#include "telemetry/decoders/json/name_table.h"
#include "telemetry/payload_json.h"

#include <string>
#include <string_view>
#include <vector>

namespace martlet::telemetry {

class StatedUnits {
  public:
    void clear() { units_.clear(); }
    bool is_empty() const { return units_.empty(); }
    // A text leaf whose role is Unit, PerhapsUnit or UnitOf. False: it is no unit but a value.
    bool add(const JsonLeaf& leaf, const KeyName& name);
    // A value of an object that states a unit; all are told before the first find().
    void count_value(const JsonLeaf& leaf, const KeyName& name);

    enum class Answer : unsigned char {
        None,      // nothing is stated for this value
        Stated,    // `unit` is its unit
        Withheld,  // a unit is stated that contradicts what the name suggests, and it is not known
                   // which: the value has no unit
    };
    // For a number at `path`. `name` has the assumed unit.
    Answer find(std::string_view path, const KeyName& name, std::string& unit) const;

  private:
    struct Unit {
        std::string object;  // the path of the object that it is for, with its '.'
        std::string stem;    // UnitOf: the quantity; empty: for what stands beside it
        std::string unit;
        bool is_known = false;
        bool is_imperial = false;  // "imperial": the system, not a unit
        bool is_metric = false;
        std::size_t values = 0;   // numbers beside it
        std::size_t matches = 0;  // of them, those whose name suggests this quantity
    };
    static constexpr std::size_t kPairsMax = 1'000;

    bool add_flag(const JsonLeaf& leaf, const KeyName& name);
    Answer judge(const Unit& unit, const KeyName& name) const;
    // same_quantity(), remembered: units come in few pairs, and past the bound all are forgotten.
    bool is_same_quantity(std::string_view a, std::string_view b) const;

    std::vector<Unit> units_;
    mutable TextMap<bool> pairs_;  // both units with U+0000 between them
    mutable std::string pair_;
};

// Both units measure the same quantity, or at least one is not known.
bool same_quantity(std::string_view a, std::string_view b);

}  // namespace martlet::telemetry
