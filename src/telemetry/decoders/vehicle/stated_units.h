#pragma once

// The units that stand beside the values of an object: {"speed":31,"speed_unit":"mph"},
// {"speed":{"value":31,"unit":"mph"}}, {"speed":31,"units":"imperial"}. Views into the document;
// one thread at a time.

#include "telemetry/payload_json.h"

#include <string>
#include <string_view>
#include <vector>

namespace martlet::telemetry::vehicle {

class StatedUnits {
  public:
    explicit StatedUnits(const std::vector<JsonLeaf>& leaves);

    // The unit of the value at `path`, whose signal is kept in `unit` (empty: none is known). One
    // for all values of an object counts only where it becomes `unit`. Empty: none is stated.
    std::string_view of(std::string_view path, std::string_view unit) const;
    // Whether a leaf is such a unit, and so no value.
    bool is_unit(const JsonLeaf& leaf) const;
    bool is_empty() const { return units_.empty(); }

  private:
    struct Unit {
        const JsonLeaf* leaf;
        std::string_view parent;  // path of the object
        std::string base;         // whose unit it is, as folded() has it; empty: of all
    };
    std::vector<Unit> units_;  // at most kUnitsMax
};

}  // namespace martlet::telemetry::vehicle
