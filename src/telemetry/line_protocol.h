#pragma once

// One line of InfluxDB's line protocol: "measurement,tag=x field=1i,other=2.5 1767225580000000000".
// Owned by PayloadText for the length of a payload; one thread.

#include "telemetry/payload_json.h"

#include <string>
#include <string_view>
#include <vector>

namespace martlet::telemetry {

struct LineMember {
    std::string name;
    std::string text;  // of tags and text fields
    JsonLeaf value;    // without its path and text
};

// Used again for each line, so that its memory is.
struct Line {
    std::string measurement;
    std::vector<LineMember> tags;
    std::vector<LineMember> fields;
    bool has_timestamp = false;
    std::int64_t timestamp = 0;
};

// Takes a line off the front of `rest`, with its end. A text field may hold line ends. False: it is
// no such line; nothing is taken.
bool take_line(std::string_view& rest, Line& line);

}  // namespace martlet::telemetry
