#pragma once

// `when .path=navigation.*` on a line of a map: the line counts only for records whose value fits.
// Immutable; any thread.

#include "base/result.h"
#include "telemetry/mapping/text_template.h"

#include <string>
#include <string_view>
#include <vector>

namespace martlet::telemetry {

class MapCondition {
  public:
    // ".PATH=GLOB|GLOB" of the payload, "{capture}=GLOB" of the topic; "!=" for none of them, which
    // also holds for a value that is not there. The error says what is expected.
    static Result<MapCondition> make(std::string_view text);

    bool holds(const TemplateValues& values) const;
    // Empty: it is of the payload.
    std::string_view topic_capture() const { return is_of_topic_ ? name_ : std::string_view(); }

  private:
    std::string name_;
    bool is_of_topic_ = false;
    bool is_denied_ = false;
    std::vector<std::string> globs_;
};

using MapConditions = std::vector<MapCondition>;

bool all_hold(const MapConditions& conditions, const TemplateValues& values);

}  // namespace martlet::telemetry
