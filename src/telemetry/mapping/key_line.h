#pragma once

// The `key` line of a map: "key PATH [= METRIC] [UNIT] [KIND] [xSCALE] [+OFFSET] [WORD=VALUE ...]".
// Any thread.

#include "telemetry/mapping/map_file.h"
#include "telemetry/mapping/map_words.h"

#include <span>

namespace martlet::telemetry {

// `words` is the line without its first word. The error says which word is not sound.
Result<KeyRule> parse_key_line(std::span<const MapWord> words);

}  // namespace martlet::telemetry
