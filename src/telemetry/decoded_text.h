#pragma once

// What a decoder made of a message, as lines of text for people and for tests: one line for the
// verdict, one for whose it was, one for each thing that came out. Any thread.

#include "telemetry/decoder.h"

#include <string>
#include <vector>

namespace martlet::telemetry {

// A whole number as it is, others with at least one place after the point, texts in quotes.
std::string value_text(const Value& value);

struct DescribeOptions {
    // A sample's line ends with " (unit assumed)", "(unit stated)", ...: name_of(UnitSource).
    bool unit_sources = false;
};

// Times that are `received` are left out, and so is the source where it is the sender.
std::vector<std::string> describe(const Decoded& decoded, Time received,
                                  DescribeOptions options = {});

}  // namespace martlet::telemetry
