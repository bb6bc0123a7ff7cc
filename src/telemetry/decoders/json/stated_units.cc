#include "telemetry/decoders/json/stated_units.h"

#include "base/ascii.h"
#include "telemetry/units.h"

#include <algorithm>

namespace martlet::telemetry {

namespace {

constexpr std::size_t kUnitsMax = 64;

bool is_temperature(std::string_view unit) {
    return unit == "°C" || unit == "°F" || unit == "K";
}

template <typename List>
bool is_one_of(const List& list, std::string_view word) {
    return std::find(std::begin(list), std::end(list), word) != std::end(list);
}

// Quantities that have another unit where people measure in feet.
bool differs_by_system(std::string_view unit) {
    constexpr std::string_view kMetric[] = {"hPa", "mm", "cm", "m", "km", "km/h", "m/s", "L", "kg"};
    return is_temperature(unit) || is_one_of(kMetric, unit);
}

// The path of the object that an object of units speaks of: "a.units.x" of "a.", "a.now_units.x" of
// "a.now.".
std::string object_of(const JsonLeaf& leaf, const KeyName& name) {
    auto object = leaf.path.substr(0, leaf.key_begin);
    if (name.unit_object.empty()) return std::string(object);
    object.remove_suffix(std::min(name.unit_object.size() + 1, object.size()));
    std::string of(object);
    constexpr std::string_view kTail = "_units";
    if (!name.unit_object.ends_with(kTail)) return of;
    auto own = leaf.path.substr(object.size(), name.unit_object.size() - kTail.size());
    return of.append(own) + '.';
}

}  // namespace

bool same_quantity(std::string_view a, std::string_view b) {
    if (a == b || a.empty() || b.empty()) return true;
    return (is_temperature(a) && is_temperature(b)) || unit_factor(a, b) != 0;
}

bool StatedUnits::add(const JsonLeaf& leaf, const KeyName& name) {
    if (leaf.type == LeafType::Boolean) return add_flag(leaf, name);
    if (leaf.type != LeafType::Text) return false;
    auto word = lowered(leaf.text.substr(0, 24));
    Unit unit;
    unit.unit = stated_unit(leaf.text);
    // "C" and "F" are the letters of thermometers here, not coulomb and farad.
    if (word == "c") unit.unit = "°C";
    if (word == "f") unit.unit = "°F";
    unit.is_known = !known_unit(unit.unit).empty();
    constexpr std::string_view kImperial[] = {"imperial", "us", "english", "uscs", "usa"};
    constexpr std::string_view kMetric[] = {"metric", "si", "metricwx", "uk", "standard"};
    unit.is_imperial = is_one_of(kImperial, word);
    unit.is_metric = is_one_of(kMetric, word);
    bool is_system = unit.is_imperial || unit.is_metric;
    if (name.role == KeyRole::PerhapsUnit && !unit.is_known) return false;
    if (unit.unit.empty() && !is_system) return true;
    unit.object = object_of(leaf, name);
    if (name.role == KeyRole::UnitOf) unit.stem = name.stem;
    if (units_.size() < kUnitsMax) units_.push_back(std::move(unit));
    return true;
}

// {"isFahrenheit":true}, {"metric":false}.
bool StatedUnits::add_flag(const JsonLeaf& leaf, const KeyName& name) {
    std::string_view last = name.last;
    if (last.starts_with("is")) last.remove_prefix(2);
    if (last.starts_with("use")) last.remove_prefix(3);
    bool is_set = leaf.integer != 0;
    Unit unit;
    unit.object = object_of(leaf, name);
    unit.is_known = true;
    unit.stem = "temp";
    if (last == "fahrenheit") unit.unit = is_set ? "°F" : "°C";
    if (last == "celsius") unit.unit = is_set ? "°C" : "°F";
    if (last == "imperial") unit.is_imperial = is_set;
    if (last == "metric") unit.is_imperial = !is_set;
    if (unit.unit.empty() && !unit.is_imperial) return false;
    if (units_.size() < kUnitsMax) units_.push_back(std::move(unit));
    return true;
}

void StatedUnits::count_value(const JsonLeaf& leaf, const KeyName& name) {
    auto object = leaf.path.substr(0, leaf.key_begin);
    for (Unit& unit : units_) {
        if (unit.object != object) continue;
        unit.values++;
        if (!name.unit.empty() && is_same_quantity(name.unit, unit.unit)) unit.matches++;
    }
}

// A stated unit is for the values that can have it: "unit":"C" beside a humidity in % is the
// temperature's. One that fits no guess is for the only value beside it; beside several nobody
// knows for which, and a guess that somebody contradicts is not used.
StatedUnits::Answer StatedUnits::judge(const Unit& unit, const KeyName& name) const {
    if (name.is_identity || name.is_unit_told) return Answer::None;
    bool is_assumed = name.unit_source == UnitSource::Assumed && !name.unit.empty();
    if (unit.is_imperial)
        return is_assumed && differs_by_system(name.unit) ? Answer::Withheld : Answer::None;
    if (unit.is_metric) return Answer::None;
    bool can_be = unit.is_known && is_same_quantity(name.unit, unit.unit);
    if (!unit.stem.empty()) {
        std::string_view last = name.last;
        if (last == unit.stem) return Answer::Stated;
        bool is_named = last.starts_with(unit.stem) && last.size() > unit.stem.size();
        // "TempUnit" is for the dew point as well.
        return can_be && (is_named || !name.unit.empty()) ? Answer::Stated : Answer::None;
    }
    // A value that nothing suggests a unit for has this one unless another value is meant.
    if (name.unit.empty()) return unit.matches == 0 ? Answer::Stated : Answer::None;
    if (can_be || unit.values == 1) return Answer::Stated;
    return !unit.is_known && is_assumed ? Answer::Withheld : Answer::None;
}

bool StatedUnits::is_same_quantity(std::string_view a, std::string_view b) const {
    if (a == b || a.empty() || b.empty()) return true;
    pair_ = a;
    pair_ += '\0';
    pair_ += b;
    if (auto found = pairs_.find(pair_); found != pairs_.end()) return found->second;
    if (pairs_.size() >= kPairsMax) pairs_.clear();
    return pairs_.emplace(pair_, same_quantity(a, b)).first->second;
}

StatedUnits::Answer StatedUnits::find(std::string_view path, const KeyName& name,
                                      std::string& unit) const {
    const Unit* best = nullptr;
    Answer answer = Answer::None;
    for (const Unit& stated : units_) {
        if (!path.starts_with(stated.object)) continue;
        // "unit" is for its neighbours only, "TempUnit" and a system for all below their object.
        bool is_beside = path.find('.', stated.object.size()) == std::string_view::npos;
        bool is_system = stated.is_imperial || stated.is_metric;
        if (stated.stem.empty() && !is_beside && !is_system) continue;
        Answer judged = judge(stated, name);
        if (judged == Answer::None) continue;
        bool is_better = !best || stated.object.size() > best->object.size() ||
                         (best->stem.empty() && !stated.stem.empty()) ||
                         (answer == Answer::Withheld && judged == Answer::Stated);
        if (!is_better) continue;
        best = &stated;
        answer = judged;
    }
    if (answer == Answer::Stated) unit = best->unit;
    return answer;
}

}  // namespace martlet::telemetry
