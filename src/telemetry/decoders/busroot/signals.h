#pragma once

// Busroot's signals: their keys, units and kinds, which values they take, and which one a misspelt
// key was meant to be. Pure functions; any thread.

#include "telemetry/payload_json.h"
#include "telemetry/words.h"

#include <cstddef>
#include <span>
#include <string_view>

namespace martlet::telemetry::busroot {

struct Signal {
    std::string_view key;
    std::string_view alias;  // empty: none
    std::string_view unit;
    SeriesKind kind;
};

// In the order in which their samples come out.
std::span<const Signal> signals();

// Null: no signal has this key or alias.
const Signal* find_signal(std::string_view key);

// The signal that this unknown key was probably meant to be, by its letters alone (case, '_', '-',
// blanks, camelCase), by the order of its words, or up to a few wrong letters. Empty: none, or
// several alike.
std::string_view meant_signal(std::string_view key);

// How many letters must be added, dropped, changed or swapped to make `b` of `a`; 40 when one of
// them is longer than that.
std::size_t letters_apart(std::string_view a, std::string_view b);

// Whole numbers stay whole; a text that holds a number is one. Empty: fine. Otherwise why not, in a
// few words: "expected a number", "negative", "expected 0 or 1".
std::string_view read_signal(const Signal& signal, const JsonLeaf& leaf, Value& value);

}  // namespace martlet::telemetry::busroot
