#pragma once

// What `martlet demo` was asked to do. Cold path.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace martlet::cli::demo {

enum class Act : std::uint8_t { Play, ReplayYear, Remove };

struct Options {
    Act act = Act::Play;
    std::string host = "127.0.0.1";
    std::uint16_t port = 1883;
    std::string user_name;
    std::string password;
    std::uint64_t seed = 1;
    double speed = 1;               // times as fast as life
    double seconds = 0;             // 0: until it is ended
    std::vector<std::string> only;  // names of simulators; empty: all
    std::string api;                // "http://localhost:8080"; empty: no sources are removed
    std::string token;
    bool is_quiet = false;
};

// Either options, or an exit code when all is said.
struct ParsedOptions {
    Options options;
    std::optional<int> exit_code;
};
ParsedOptions parse_options(int argc, char** argv);

}  // namespace martlet::cli::demo
