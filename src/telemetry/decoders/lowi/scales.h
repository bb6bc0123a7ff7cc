#pragma once

// The scales that the operator has set, for all gateways and for single ones. Immutable once read;
// any thread.

#include "base/hash_map.h"
#include "telemetry/decoder.h"
#include "telemetry/decoders/lowi/fields.h"
#include "telemetry/words.h"

#include <array>
#include <optional>
#include <string>
#include <string_view>

namespace martlet::telemetry::lowi {

class Scales {
  public:
    // `current_scale 0.001` for all, `current_scale SERIAL 0.001` for one; likewise energy_scale,
    // gas_scale and water_scale. A number above 1 is the divisor: 1000 is 0.001. False: the option
    // is not sound.
    bool take(const std::string& name, const std::string& value);

    // In force for this gateway. `is_current_set`: the operator has settled the current's scale.
    Divisors of(std::string_view id, bool& is_current_set) const;

  private:
    // In the order of kNames; nothing: not set.
    using Set = std::array<std::optional<double>, 4>;

    Set all_;
    TextMap<Set> single_;
};

// `number` divided; what came whole and needs no scale stays whole. By a power of ten it is divided
// as a decimal: 1830.112 by 1000 is 1.830112, with no other digits.
Value scaled(double number, double divisor);

}  // namespace martlet::telemetry::lowi
