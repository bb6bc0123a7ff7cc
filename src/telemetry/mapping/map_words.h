#pragma once

// A line of a map file as words: blanks part them, double quotes keep blanks. Any thread.

#include "base/result.h"
#include "telemetry/mapping/condition.h"

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace martlet::telemetry {

struct MapWord {
    std::string text;        // without quotes around it
    bool is_quoted = false;  // it began with a quote
};

// Quotes inside a word stay ("\"a.b\".c"), those around a whole word are taken off. The error says
// that a quote is not closed.
Result<std::vector<MapWord>> map_words(std::string_view line);

// Takes "when CONDITION" pairs off the end of a line.
Status take_conditions(std::span<const MapWord>& words, MapConditions& conditions);

}  // namespace martlet::telemetry
