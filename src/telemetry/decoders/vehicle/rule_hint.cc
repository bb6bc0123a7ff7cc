#include "telemetry/decoders/vehicle/rule_hint.h"

#include "base/ascii.h"
#include "telemetry/decoders/vehicle/address.h"
#include "telemetry/decoders/vehicle/words.h"
#include "telemetry/emergency.h"

#include <algorithm>
#include <array>

namespace martlet::telemetry::vehicle {

namespace {

// Of a larger document the first so many values are looked at.
constexpr std::size_t kLeavesMax = 64;
constexpr std::size_t kHintBytesMax = 256;

// What a value tells of the sender, as bits.
constexpr unsigned kSpeed = 1;
constexpr unsigned kTurns = 2;
constexpr unsigned kLatitude = 4;
constexpr unsigned kLongitude = 8;
constexpr unsigned kOdometer = 16;
constexpr unsigned kEngine = 32;  // ignition, fuel, coolant
constexpr unsigned kOther = 64;   // a ship or an aircraft

struct Named {
    std::string_view word;  // small letters, without '_' and '-'
    unsigned trait;
};

constexpr std::array kNames = {
    Named{"speed", kSpeed},        Named{"vehiclespeed", kSpeed},  Named{"speedkmh", kSpeed},
    Named{"speedkph", kSpeed},     Named{"speedmph", kSpeed},      Named{"velocity", kSpeed},
    Named{"rpm", kTurns},          Named{"enginerpm", kTurns},     Named{"enginespeed", kTurns},
    Named{"lat", kLatitude},       Named{"latitude", kLatitude},   Named{"lon", kLongitude},
    Named{"lng", kLongitude},      Named{"longitude", kLongitude}, Named{"odometer", kOdometer},
    Named{"mileage", kOdometer},   Named{"odo", kOdometer},        Named{"ignition", kEngine},
    Named{"ign", kEngine},         Named{"fuellevel", kEngine},    Named{"fuel", kEngine},
    Named{"coolanttemp", kEngine}, Named{"coolant", kEngine},      Named{"enginetemp", kEngine},
    Named{"engineload", kEngine},  Named{"throttle", kEngine},     Named{"throttlepos", kEngine},
    Named{"vin", kEngine},         Named{"mmsi", kOther},          Named{"icao", kOther},
    Named{"hex", kOther},          Named{"flight", kOther},        Named{"callsign", kOther},
    Named{"imo", kOther},
};

constexpr std::array<std::string_view, 14> kAround = {
    "gps", "location", "position", "pos",     "data",  "obd",    "obd2",
    "can", "vehicle",  "engine",   "payload", "state", "coords", "telemetry"};

constexpr std::array<std::string_view, 24> kTopicWords = {
    "car",   "cars",     "truck", "trucks",  "van",       "vans",       "bus",   "vehicle",
    "fleet", "lorry",    "taxi",  "tractor", "trailer",   "motorcycle", "moto",  "scooter",
    "ebike", "forklift", "auto",  "obd",     "ambulance", "automobile", "buses", "vehicles"};

bool is_ignored(char c) {
    return c == '_' || c == '-' || c == ' ';
}

// Whether `text` is `word` when case, '_' and '-' do not count.
bool folds_to(std::string_view text, std::string_view word) {
    std::size_t at = 0;
    for (char c : text) {
        if (is_ignored(c)) continue;
        if (at == word.size() || lower(c) != word[at]) return false;
        at++;
    }
    return at == word.size();
}

template <typename Words>
bool folds_to_any(std::string_view text, const Words& words) {
    return std::any_of(words.begin(), words.end(),
                       [&](std::string_view word) { return folds_to(text, word); });
}

// 0: none. "wind.speed" is no vehicle's.
unsigned trait_of(std::string_view path) {
    std::string_view last = last_word(path);
    auto found = std::find_if(kNames.begin(), kNames.end(),
                              [&](const Named& named) { return folds_to(last, named.word); });
    if (found == kNames.end()) return 0;
    for (std::string_view rest = without_last(path); !rest.empty(); rest = without_last(rest)) {
        if (!folds_to_any(last_word(rest), kAround)) return 0;
    }
    return found->trait;
}

// "car1", "truck-5", "Fleet".
bool is_topic_word(std::string_view level) {
    while (!level.empty() &&
           ((level.back() >= '0' && level.back() <= '9') || is_ignored(level.back()))) {
        level.remove_suffix(1);
    }
    return !level.empty() && folds_to_any(level, kTopicWords);
}

bool has_topic_word(std::string_view topic) {
    while (!topic.empty()) {
        if (is_topic_word(take_part(topic, '/'))) return true;
    }
    return false;
}

bool has_all(unsigned traits, unsigned wanted) {
    return (traits & wanted) == wanted;
}

bool looks_like_vehicle(std::string_view topic, const std::vector<JsonLeaf>& leaves) {
    unsigned traits = 0;
    for (std::size_t i = 0; i < leaves.size() && i < kLeavesMax; i++)
        traits |= trait_of(leaves[i].path);
    bool is_bare = leaves.size() == 1 && leaves[0].path.empty();
    std::string_view last_level = topic.substr(topic.rfind('/') + 1);
    if (is_bare) traits = trait_of(last_level);
    if ((traits & kOther) != 0) return false;
    bool has_place = has_all(traits, kLatitude | kLongitude);
    unsigned drive = traits & (kSpeed | kTurns | kOdometer | kEngine);
    // Two that go together in nothing else, or one where the topic speaks of a vehicle.
    bool is_pair = (drive & (drive - 1)) != 0;
    if (is_pair || (drive != 0 && drive != kEngine && has_place)) return true;
    if (traits != 0 || has_place) return has_topic_word(topic);
    bool is_alarm = is_bare && (alarm_of_member(last_level, leaves[0]) ||
                                alarm_of_text(leaves[0].text).severity == Severity::Critical);
    return is_alarm && has_topic_word(topic);
}

}  // namespace

std::string vehicle_rule_hint(std::string_view topic, const std::vector<JsonLeaf>& leaves) {
    if (topic.empty() || topic.size() > kHintBytesMax || topic.front() == '$') return {};
    if (!looks_like_vehicle(topic, leaves)) return {};
    // A line of the configuration is cut at blanks.
    if (topic.find_first_of(" \t\r\n\"") != std::string_view::npos) return {};
    std::vector<std::string_view> levels = levels_of(topic);
    std::size_t place = level_of_id(levels);
    if (place == levels.size()) place = std::min<std::size_t>(levels.size(), 2) - 1;
    std::string filter;
    for (std::size_t i = 0; i < place; i++) {
        filter += levels[i];
        filter += '/';
    }
    filter += place == 0 ? levels[0] : std::string_view("+");
    return "telemetry_rule " + filter + "/# vehicle";
}

}  // namespace martlet::telemetry::vehicle
