#include "telemetry/decoders/json/assumed_unit.h"

#include "telemetry/decoders/json/name_grammar.h"
#include "telemetry/decoders/json/quantities.h"
#include "telemetry/decoders/json/told_unit.h"

#include <algorithm>
#include <optional>

namespace martlet::telemetry {

namespace {

using Text = std::string_view;

// A setpoint is a temperature where something heats or cools.
constexpr Text kHeats[] = {"heat",       "heating", "cool",       "cooling", "occupied",
                           "unoccupied", "boiler",  "dhw",        "frost",   "floor",
                           "thermostat", "away",    "regulation", "comfort", "eco"};

bool is_in(std::span<const Text> list, Text word) {
    return std::find(list.begin(), list.end(), word) != list.end();
}

// "ph", "pH", "ph_max"; elsewhere it is a phase.
bool is_acidity(const NameWords& words) {
    NameWords::Joined text;
    if (words.size() == 2 && words.glued(2, 2, text) == "ph") return true;
    return words[0] == "ph" && (words.size() == 1 || class_of(words, 1) == StatWord);
}

bool may_stand_after(const Quantity& row, const NameWords& words, std::size_t index) {
    if (row.before == Before::Anything) return true;
    if (row.before == Before::NotThese) {
        // "max_alarm_temperature" is a temperature.
        if (!words.has_any(row.list, index)) return true;
        return words.has("alarm") && names_a_bound(words);
    }
    if (row.before == Before::OneOfThese) return words.has_any(row.list, index);
    for (std::size_t i = 0; i < index; i++) {
        auto word = class_of(words, i);
        bool is_channel = without_number(words[i]) == "ch";  // of a meter of milliamperes
        bool is_plain = (word & (IndexWord | StatWord | PlaceWord)) != 0 && !is_channel;
        if (!is_plain && !is_in(row.list, words[i])) return false;
    }
    return true;
}

// A word that means something else as well, and here does: "current_temperature" is of now, "pm"
// is dust only before a size, "current_C" and "currentZ" are no phases.
bool is_another_word(const Quantity& row, const NameWords& words, std::size_t index,
                     unsigned after) {
    bool has_next = index + 1 < words.size();
    if (row.word == "pm") return !has_next || !is_number(words[index + 1]);
    if (row.unit != "A") return false;
    if (!has_next) return false;
    NameWords::Joined text;
    Text next = words[index + 1];
    bool is_degrees = (next == "c" || next == "f") && words.is_capital(index + 1);
    bool is_glued = next.size() == 1 && !words.glued(index + 2, 2, text).empty();
    return is_degrees || is_glued || (after & ~unsigned{row.after}) != 0;
}

// What stands at `index` is the quantity: its unit, "" where the words around it make another thing
// of it. None: it is no quantity.
std::optional<Text> quantity_at(const NameWords& words, std::size_t index, unsigned after) {
    if (const auto* pair = pair_at(words, index)) return (after & ~pair->after) ? "" : pair->unit;
    const auto* row = quantity_of(words[index]);
    if (row == nullptr || is_another_word(*row, words, index, after)) return std::nullopt;
    // "power_threshold" is as often in kW.
    if (row->unit == "W" && index == 0 && (after & LimitWord)) return "";
    if ((after & ~unsigned{row->after}) || !may_stand_after(*row, words, index)) return "";
    if (row->unit == "W" && words.has("apparent")) return "VA";
    if (row->unit == "W" && words.has("reactive")) return "var";
    return row->unit;
}

}  // namespace

NameUnit unit_in_name(const NameWords& words) {
    if (words.empty() || is_of_no_quantity(words)) return {};
    if (words.size() == 1) {
        Text unit = label_unit(words[0]);
        if (!unit.empty()) return {unit, false};
    }
    if (is_acidity(words)) return {"pH", false};
    unsigned after = 0;
    bool is_setpoint = false;
    for (std::size_t i = words.size(); i-- > 0;) {
        if (words[i] == "per") return {};
        Text told = told_unit(words, i, (after & UnknownWord) != 0);
        if (!told.empty()) return {told, true};
        if (auto unit = quantity_at(words, i, after)) return {*unit, false};
        auto word = class_of(words, i);
        is_setpoint = is_setpoint || words[i] == "setpoint";
        if (word == ForeignWord) break;
        after |= word;
    }
    return {is_setpoint && words.has_any(kHeats) ? "°C" : "", false};
}

}  // namespace martlet::telemetry
