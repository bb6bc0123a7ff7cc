#include "telemetry/decoders/vehicle/stated_units.h"

#include "telemetry/decoders/vehicle/quantity.h"
#include "telemetry/decoders/vehicle/words.h"

#include <algorithm>

namespace martlet::telemetry::vehicle {

namespace {

constexpr std::size_t kUnitsMax = 32;
constexpr std::size_t kUnitBytesMax = 32;

// Whether the key can end in "unit" or be "uom", without making a copy of it.
bool may_be_unit(std::string_view path) {
    if (path.size() < 3) return false;
    char last = path.back();
    return last == 't' || last == 's' || last == 'T' || last == 'S' || last == 'm' || last == 'M';
}

// Takes "unit" or "units" off the end. False: there is none.
bool take_unit_word(std::string& word) {
    for (std::string_view ending : {"units", "unit", "uom"}) {
        if (!word.ends_with(ending)) continue;
        word.resize(word.size() - ending.size());
        return true;
    }
    return false;
}

}  // namespace

StatedUnits::StatedUnits(const std::vector<JsonLeaf>& leaves) {
    for (const JsonLeaf& leaf : leaves) {
        if (leaf.type != LeafType::Text || !may_be_unit(leaf.path)) continue;
        if (leaf.text.empty() || leaf.text.size() > kUnitBytesMax) continue;
        std::string word = folded(last_word(leaf.path));
        if (!take_unit_word(word) || units_.size() >= kUnitsMax) continue;
        units_.push_back({&leaf, without_last(leaf.path), std::move(word)});
    }
}

bool StatedUnits::is_unit(const JsonLeaf& leaf) const {
    return std::any_of(units_.begin(), units_.end(),
                       [&](const Unit& unit) { return unit.leaf == &leaf; });
}

std::string_view StatedUnits::of(std::string_view path, std::string_view unit) const {
    if (units_.empty()) return {};
    std::string_view parent = without_last(path);
    std::string word = folded(last_word(path));
    std::string_view of_all;
    for (const Unit& stated : units_) {
        bool is_own = (stated.parent == parent && stated.base == word) ||
                      (stated.parent == path && stated.base.empty());
        bool is_beside = stated.parent == parent && stated.base.empty();
        bool is_value = word == "value" || word == "val";
        if (is_own || (is_beside && is_value)) return stated.leaf->text;
        // An object within speaks of its own; what stands around all speaks of each.
        bool is_around =
            stated.base.empty() && (is_beside || stated.parent.empty() ||
                                    (parent.starts_with(stated.parent) &&
                                     parent.substr(stated.parent.size()).starts_with('.')));
        if (is_around && is_unit_for(stated.leaf->text, unit)) of_all = stated.leaf->text;
    }
    return of_all;
}

}  // namespace martlet::telemetry::vehicle
