#include "telemetry/decoders/vehicle/reading.h"

#include "telemetry/decoders/vehicle/words.h"

#include <algorithm>
#include <array>

namespace martlet::telemetry::vehicle {

namespace {

constexpr std::array<std::string_view, 6> kTrueWords = {"true",   "on",        "yes",
                                                        "online", "connected", "running"};
constexpr std::array<std::string_view, 6> kFalseWords = {"false",   "off",          "no",
                                                         "offline", "disconnected", "stopped"};

}  // namespace

bool Reading::is_empty() const {
    bool has_place = latitude || longitude || altitude_m || heading_deg;
    bool has_drive = speed_kmh || odometer_km || ignition || lamp || codes;
    return !has_place && !has_drive && measures.empty() && name.empty() && facts.empty() &&
           events.empty() && implausible.empty();
}

void Reading::add_code(std::string code) {
    if (!codes) codes.emplace();
    bool is_new = std::find(codes->begin(), codes->end(), code) == codes->end();
    if (is_new && codes->size() < kCodesMax) codes->push_back(std::move(code));
}

bool as_boolean(const JsonLeaf& leaf, bool& value) {
    double number = 0;
    if (leaf.type == LeafType::Boolean || as_number(leaf, number)) {
        value = leaf.type == LeafType::Boolean ? leaf.integer != 0 : number != 0;
        return true;
    }
    if (leaf.type != LeafType::Text) return false;
    std::string word = folded(trimmed(leaf.text));
    auto is_one_of = [&](const auto& words) {
        return std::find(words.begin(), words.end(), word) != words.end();
    };
    value = is_one_of(kTrueWords);
    return value || is_one_of(kFalseWords);
}

}  // namespace martlet::telemetry::vehicle
