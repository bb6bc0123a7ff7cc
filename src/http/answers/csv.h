#pragma once

// Comma-separated values (RFC 4180): CRLF, quotes where they are needed. Appends to a string. Any
// thread.

#include "telemetry/words.h"

#include <optional>
#include <string>
#include <string_view>

namespace martlet::http {

void append_csv_text(std::string& out, std::string_view text);
// The shortest text that reads back as the same number; nothing when it is none.
void append_csv_number(std::string& out, double number);
// A computed number without its rounding noise (base/figure.h); nothing when it is not known.
void append_csv_figure(std::string& out, std::optional<double> figure);
void append_csv_value(std::string& out, const telemetry::Value& value);

}  // namespace martlet::http
