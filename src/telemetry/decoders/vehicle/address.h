#pragma once

// Whose message it is and what it is about, by its topic and the rule that sent it here. Pure
// functions; any thread.

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace martlet::telemetry::vehicle {

enum class Branch : std::uint8_t {
    Signals,  // one value or many, in any form
    Event,
    Emergency,
    Alarm,  // `signal` is the level's word: "sos", "alarm"
    Codes,
    Status,
    Talk,  // requests and answers: not ours to read
    OwnTracks,
};

struct Address {
    std::string id;           // empty: not told
    bool is_id_sure = false;  // else a payload that names its vehicle knows better
    Branch branch = Branch::Signals;
    std::string signal;  // "engine.rpm"; empty: many
};

// What the configuration says of topics without a scheme that we know.
struct AddressRules {
    std::string vehicle;    // name for those that carry none; empty: the first level
    std::size_t level = 0;  // the level that is the name, from 1 on; 0: see address_of()
};

inline constexpr std::size_t kIdBytesMax = 128;

// `filter` is that of the configuration's rule; empty: none. The vehicle's name is the level of its
// first '+', else the level before the one that is known (a signal, "gps", "data", "event"), else
// the last level that the filter spells out, else the second.
Address address_of(std::string_view topic, const AddressRules& rules, std::string_view filter = {});

using Levels = std::span<const std::string_view>;
inline constexpr std::size_t kLevelsMax = 32;
// At most kLevelsMax; views into the topic.
std::vector<std::string_view> levels_of(std::string_view topic);

// The place of the level that names the vehicle where a maker chose the topics; levels.size(): none
// is known to.
std::size_t level_of_id(Levels levels);

}  // namespace martlet::telemetry::vehicle
