#pragma once

// The `position` line of a map: "position latitude=PATH longitude=PATH [scale=1e-7]
// [altitude=PATH:ft] [speed=PATH:kn] [heading=PATH] [accuracy=PATH:m]". Any thread.

#include "telemetry/mapping/map_file.h"
#include "telemetry/mapping/map_words.h"

#include <span>

namespace martlet::telemetry {

// `words` is the line without its first word. The error says which word is not sound.
Result<PlaceRule> parse_place_line(std::span<const MapWord> words);

}  // namespace martlet::telemetry
