#pragma once

// The head of an answer, with what every answer says: who may frame it, what it may load, how long
// it may be kept. Any thread.

#include "base/clock.h"
#include "http/response.h"

#include <cstddef>
#include <string>

namespace martlet::http {

enum class Framing { Length, Chunks, UntilClose };

struct HeadFacts {
    Framing framing = Framing::Length;
    std::size_t length = 0;
    bool keep_alive = true;
    Milliseconds wall{0};
};

// Appends to `out`. A header's text that could end its line is mended.
void write_head(const Response& response, const HeadFacts& facts, std::string& out);

// Around one piece of a chunked body; an empty piece ends the body.
void write_chunk(std::string_view piece, std::string& out);

}  // namespace martlet::http
