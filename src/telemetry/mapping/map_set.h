#pragma once

// All maps that a decoder reads with: the operator's first, then the shipped ones. Made once;
// immutable from then on; any thread.

#include "base/result.h"
#include "telemetry/mapping/map_file.h"
#include "telemetry/payload_json.h"

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace martlet::telemetry {

// One `topic` group of a map.
struct MapChoice {
    const Map* map = nullptr;
    const MapForm* form = nullptr;
    std::string particularity = {};  // of its topic: TopicPattern::particularity()
    explicit operator bool() const { return form != nullptr; }
};

class MapSet {
  public:
    // The shipped maps and these, which win. Two of one name: the later replaces the earlier.
    explicit MapSet(std::vector<Map> own = {});

    // Every form that reads this topic, in the order of asking.
    std::vector<MapChoice> for_topic(std::string_view topic) const;
    const Map* find(std::string_view name) const;
    std::span<const std::shared_ptr<const Map>> maps() const { return maps_; }

  private:
    std::vector<std::shared_ptr<const Map>> maps_;
};

// The required keys are there, whatever their values.
bool has_required_keys(const MapForm& form, std::span<const JsonLeaf> leaves);
// Some keys must have certain values.
bool requires_values(const MapForm& form);
// The required keys are there. `leaves` are those of the whole payload.
bool fits(const MapForm& form, std::span<const JsonLeaf> leaves);
// The value for which the condition of an event holds, among leaves whose paths begin with
// `prefix`; null: it does not hold.
const JsonLeaf* holds(const Requirement::Choice& choice, std::span<const JsonLeaf> leaves,
                      std::string_view prefix = {});

// The texts of the maps that the binary carries, as files: name and text.
struct ShippedMap {
    std::string_view name;
    std::string_view text;
};
std::span<const ShippedMap> shipped_map_files();
// The same, parsed. A shipped map that is not sound is our own mistake and is left out; a test sees
// to it that there is none.
const std::vector<std::shared_ptr<const Map>>& shipped_maps();

// The text of a leaf as a template shows it: numbers as they are written, booleans as words.
void append_leaf_text(const JsonLeaf& leaf, std::string& text);

}  // namespace martlet::telemetry
