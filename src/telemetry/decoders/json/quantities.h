#pragma once

// The quantities that names are of, with the units that public ecosystems give them nearly always.
// Where they differ by a factor or a scale (energy, wind, durations), there is no row, and so no
// unit. Tables only; any thread.

#include "telemetry/decoders/json/name_words.h"

#include <cstdint>
#include <span>
#include <string_view>

namespace martlet::telemetry {

// Which words may stand before a quantity: those of the list not, only those (and places, phases,
// statistics), at least one of those.
enum class Before : std::uint8_t { Anything, NotThese, OnlyThese, OneOfThese };

struct Quantity {
    std::string_view word;
    std::string_view unit;
    std::uint16_t after = 0;  // the classes of words that may follow, see name_grammar.h
    Before before = Before::Anything;
    std::span<const std::string_view> list = {};
};

// Of two words: "dew point".
struct QuantityPair {
    std::string_view first;
    std::string_view second;
    std::string_view unit;
    std::uint16_t after = 0;
};

// The quantity that the word names, with or without a number; null: none.
const Quantity* quantity_of(std::string_view word);

// The pair whose second word is the one at `index`; null: none.
const QuantityPair* pair_at(const NameWords& words, std::size_t index);

// The unit of a name that is a label of its own, else "".
std::string_view label_unit(std::string_view word);

}  // namespace martlet::telemetry
