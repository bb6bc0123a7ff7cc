#pragma once

// The units and kinds that a person has given to metrics, put over those that decoders say. Made
// from the options; immutable. Any thread.

#include "base/hash_map.h"
#include "telemetry/options.h"
#include "telemetry/words.h"

#include <vector>

namespace martlet::telemetry {

class OperatorUnits {
  public:
    OperatorUnits() = default;
    explicit OperatorUnits(const std::vector<UnitOption>& units);

    bool is_empty() const { return units_.empty(); }
    // One look-up a sample: by its metric, then the few that are given for it.
    void apply(std::vector<Sample>& samples) const;

  private:
    TextMap<std::vector<UnitOption>> units_;  // by metric; the first that fits counts
};

}  // namespace martlet::telemetry
