#pragma once

// Whose message it is and what it is about, by its topic alone. Pure functions; any thread.

#include <cstdint>
#include <string>
#include <string_view>

namespace martlet::telemetry::vehicle {

enum class Branch : std::uint8_t {
    Signals,  // one value or many, in any form
    Event,
    Emergency,
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
    std::size_t level = 0;  // the level that is the name, from 1 on; 0: the second, if there is one
};

inline constexpr std::size_t kIdBytesMax = 128;

Address address_of(std::string_view topic, const AddressRules& rules);

}  // namespace martlet::telemetry::vehicle
