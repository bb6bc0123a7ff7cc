#pragma once

// How a store writes enumerators, for people who query it with tools of their own. Any thread.

#include "telemetry/store/rows.h"

#include <string_view>

namespace martlet::telemetry {

std::string_view kind_word(SeriesKind kind);        // "gauge", "counter", ...
SeriesKind kind_of_word(std::string_view word);     // a word that is not known is a gauge
std::string_view severity_word(Severity severity);  // "info", "warning", "critical"
Severity severity_of_word(std::string_view word);   // a word that is not known is an info
// 1, 15, 60, 1440.
std::int64_t rollup_minutes(Rollup width);

}  // namespace martlet::telemetry
