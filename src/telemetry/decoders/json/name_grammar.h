#pragma once

// What the words around a quantity do to it, in names such as "temperature_report_interval": leave
// it as it is, turn it into a setting of the same unit, or into something else. Tables only; any
// thread.

#include "telemetry/decoders/json/name_words.h"

#include <cstdint>
#include <string_view>

namespace martlet::telemetry {

// The bits of a set: which words may stand after a quantity without a change of its unit.
enum WordClass : std::uint16_t {
    IndexWord = 1,       // which one: "1", "l2", "ph", "a"
    StatWord = 2,        // max, average, rms, total
    PlaceWord = 4,       // kitchen, outdoor, left
    ThingWord = 8,       // fridge, boiler, pump
    NounWord = 16,       // value, reading, now
    FlowWord = 32,       // import, output, grid
    SpanWord = 64,       // today, 1h
    LimitWord = 128,     // limit, threshold, target
    TrimWord = 256,      // calibration, offset, level
    UnknownWord = 512,   // "temperature_anna": most often a place
    ForeignWord = 1024,  // interval, factor, alarm: the name is of that, not of the quantity
};

constexpr std::uint16_t kNameWords = IndexWord | StatWord | PlaceWord | ThingWord | NounWord;
constexpr std::uint16_t kSettingWords = LimitWord | TrimWord;

// The class of the word at `index`.
WordClass class_of(const NameWords& words, std::size_t index);

// The name is of money, or a question ("has_battery"), whatever else it says.
bool is_of_no_quantity(const NameWords& words);

// A limit, by "min", "max" and the like.
bool names_a_bound(const NameWords& words);

}  // namespace martlet::telemetry
