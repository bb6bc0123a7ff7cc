#pragma once

// The templates by which Home Assistant takes a value out of a payload. Pure; any thread.

#include <string>
#include <string_view>

namespace martlet::telemetry {

// "{{ value_json.gps['lat'] | float(0) | round(1) }}" is the path "gps.lat", "{{ value }}" is "".
// False: the template computes something, so that the payload's value is not the declared one.
bool path_of_template(std::string_view text, std::string& path);

}  // namespace martlet::telemetry
