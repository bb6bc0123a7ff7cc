#pragma once

// Reads the value of an entry, with mosquitto's rules and error texts. Cold path, any thread.

#include "base/result.h"
#include "config/key.h"

#include <string>

namespace martlet::config {

// An error of the configuration: exit code 3.
Error invalid(std::string text);

// One word; an error when there is none.
Result<std::string_view> read_word(Entry& entry);
// true, false, 1 or 0.
Result<bool> read_bool(Entry& entry);
// strtol's rules, base 0, within the key's bounds.
Result<std::int64_t> read_number(Entry& entry);
// The whole rest of the line: valid UTF-8, at most 65535 bytes.
Result<std::string> read_text(Entry& entry);

// A word as a number of strtol's kind; false: it is none.
bool parse_number(std::string_view word, std::int64_t& number);

}  // namespace martlet::config
