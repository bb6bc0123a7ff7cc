#pragma once

// A record of the broker as a line of JSON, and back: the form of `martlet store dump` and
// `export`. docs/persistence.md describes it. Cold path; any thread.

#include "base/bytes.h"
#include "base/result.h"
#include "journal/group.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace martlet::migrate {

// The first line of an export.
std::string export_head();
bool is_export_head(std::string_view line);

// Without line end. What is no sound record of this version stays as it is, in base64. `client_id`:
// of the session that the record belongs to, shown when not empty.
std::string record_line(journal::Key key, ByteView value, std::string_view client_id = {});

struct ParsedLine {
    journal::Key key = 0;
    std::vector<std::uint8_t> value;
};
// An error says what is wrong with the line, not where it is.
Result<ParsedLine> parse_record_line(std::string_view line);

}  // namespace martlet::migrate
