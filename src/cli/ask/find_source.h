#pragma once

// The source that somebody means by a key, "kind:id", an id or a name. Blocks. One thread.

#include "cli/api/api.h"

#include <string>

namespace martlet::cli {

// With its series. Waits for a moment for a source that is not there yet, since its first message
// may be on its way. The error names sources that are like it.
Result<http::JsonValue> find_source(const Api& api, const std::string& wanted);
// Error::code when there is no such source, or several.
inline constexpr int kNoSuchSource = 404;

// As people name it: "topic:kitchen".
std::string source_label(const http::JsonValue& source);
// The metric of that name among the source's series; null: none.
const http::JsonValue* find_series(const http::JsonValue& source, std::string_view metric);
Error no_such_metric(const http::JsonValue& source, std::string_view metric);

// "temperature 21.5 °C".
std::string measurement_text(std::string_view metric, const http::JsonValue* value,
                             std::string_view unit);

}  // namespace martlet::cli
