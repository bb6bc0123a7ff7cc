#pragma once

// What `martlet bench` was asked to measure. Cold path.

#include "base/result.h"
#include "mqtt/types.h"

#include <cstdint>
#include <optional>
#include <string>

namespace martlet::cli::bench {

enum class Scenario : std::uint8_t {
    Pairs,          // each publisher has its own subscriber
    FanOut,         // one publisher, all the others subscribe
    FanIn,          // all publish, one subscribes
    Wildcard,       // all publish, all others subscribe with a '+'
    Retained,       // retained messages, and one who subscribes to them all
    Storm,          // connect, disconnect, again
    Idle,           // connections with one subscription that do nothing
    Subscriptions,  // messages among very many subscriptions
};

struct Options {
    Scenario scenario = Scenario::Pairs;
    std::string host = "127.0.0.1";
    std::uint16_t port = 1883;
    std::string user_name;
    std::string password;
    mqtt::Version version = mqtt::Version::V311;
    mqtt::Qos qos = mqtt::Qos::AtMostOnce;
    std::uint32_t size = 64;    // payload bytes
    double rate = 0;            // messages a second, all publishers together; 0: all it takes
    std::uint32_t clients = 0;  // 0: what suits the scenario
    std::uint32_t window = 0;   // messages under way for each publisher; 0: by QoS
    std::uint32_t messages = 100'000;  // retained
    std::uint32_t subscriptions = 100'000;
    double seconds = 4;
    double warm = 1;
    int pid = 0;  // the broker's: adds its CPU and memory
    bool is_json = false;
};

const char* name_of(Scenario scenario);

// The smallest payload: when it was meant to leave, from whom, and its number.
inline constexpr std::uint32_t kHeadSize = 16;

// Either options, or an exit code when all is said.
struct ParsedOptions {
    Options options;
    std::optional<int> exit_code;
};
ParsedOptions parse_options(int argc, char** argv);

}  // namespace martlet::cli::bench
