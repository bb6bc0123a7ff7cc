#include "cli/demo/options.h"

#include "base/text.h"
#include "cli/demo/simulator.h"

#include <cstdio>
#include <cstdlib>

namespace martlet::cli::demo {

namespace {

struct Flag {
    const char* name;   // "--seed", or "-h, --host"
    const char* value;  // null: takes none
    bool (*take)(Options&, const char* value);
    const char* help;
};

bool take_number(const char* text, double low, double high, double& number) {
    char* end = nullptr;
    number = std::strtod(text, &end);
    return end != text && *end == '\0' && number >= low && number <= high;
}

template <typename Whole>
bool take_whole(const char* text, double low, double high, Whole& whole) {
    double number = 0;
    if (!take_number(text, low, high, number)) return false;
    whole = static_cast<Whole>(number);
    return static_cast<double>(whole) == number;
}

bool is_simulator(std::string_view name) {
    for (const SimulatorKind& kind : simulator_kinds()) {
        if (kind.name == name) return true;
    }
    return false;
}

bool take_only(Options& options, std::string_view list) {
    options.only.clear();
    while (!list.empty()) {
        std::size_t comma = list.find(',');
        std::string_view name = list.substr(0, comma);
        if (!is_simulator(name)) return false;
        options.only.emplace_back(name);
        list.remove_prefix(comma == std::string_view::npos ? list.size() : comma + 1);
    }
    return !options.only.empty();
}

constexpr Flag kFlags[] = {
    {"-h, --host", "HOST", [](Options& o, const char* v) { return !(o.host = v).empty(); },
     "the broker (127.0.0.1)"},
    {"-p, --port", "N", [](Options& o, const char* v) { return take_whole(v, 1, 65535, o.port); },
     "its port (1883)"},
    {"-u, --username", "NAME", [](Options& o, const char* v) { return !(o.user_name = v).empty(); },
     "log in as"},
    {"-P, --password", "TEXT", [](Options& o, const char* v) { return o.password = v, true; },
     "and its password"},
    {"--only", "LIST", [](Options& o, const char* v) { return take_only(o, v); },
     "only these, with commas between"},
    {"--seed", "N", [](Options& o, const char* v) { return take_whole(v, 0, 9e15, o.seed); },
     "the same seed, the same demo (1)"},
    {"--speed", "N", [](Options& o, const char* v) { return take_number(v, 1, 10'000, o.speed); },
     "times as fast as life, until the past day has been played; then as life"},
    {"--seconds", "N",
     [](Options& o, const char* v) { return take_number(v, 0.01, 1e9, o.seconds); },
     "ends by itself"},
    {"--replay-year", nullptr,
     [](Options& o, const char*) { return o.act = Act::ReplayYear, true; },
     "publishes the house's last year as JSON with times, and ends"},
    {"--remove", nullptr, [](Options& o, const char*) { return o.act = Act::Remove, true; },
     "clears what the demo has left: retained messages, and with --api its sources"},
    {"--api", "URL", [](Options& o, const char* v) { return !(o.api = v).empty(); },
     "for --remove: http://localhost:8080"},
    {"--token", "TOKEN", [](Options& o, const char* v) { return !(o.token = v).empty(); },
     "for --remove: a token of an admin"},
    {"--quiet", nullptr, [](Options& o, const char*) { return o.is_quiet = true; },
     "says nothing but errors"},
};

void print_help(const char* program) {
    std::printf(
        "%s plays devices to a broker, by real connections and in their real formats.\n\n"
        "Usage: %s [options]\n\n",
        program, program);
    for (const SimulatorKind& kind : simulator_kinds()) {
        std::printf("  %-8s %s\n", std::string(kind.name).c_str(), std::string(kind.help).c_str());
    }
    std::printf("\n");
    for (const Flag& flag : kFlags) {
        auto left = fmt::format("{} {}", flag.name, flag.value != nullptr ? flag.value : "");
        std::printf("  %-20s %s\n", left.c_str(), flag.help);
    }
    std::printf(
        "\nThe demo can be told from real devices: client ids begin with martlet-demo-, and\n"
        "sources and topics have \"demo\" in them (mesh nodes: ids from !de300000).\n");
}

ParsedOptions refuse(const char* program, const std::string& text) {
    std::fprintf(stderr, "Error: %s\n\nUse '%s --help' to see usage.\n", text.c_str(), program);
    return {{}, 1};
}

bool is_flag(std::string_view names, std::string_view word) {
    std::size_t comma = names.find(", ");
    if (comma == std::string_view::npos) return word == names;
    return word == names.substr(0, comma) || word == names.substr(comma + 2);
}

const Flag* find_flag(std::string_view word) {
    for (const Flag& flag : kFlags) {
        if (is_flag(flag.name, word)) return &flag;
    }
    return nullptr;
}

}  // namespace

ParsedOptions parse_options(int argc, char** argv) {
    ParsedOptions parsed;
    Options& options = parsed.options;
    for (int i = 1; i < argc; i++) {
        std::string_view word = argv[i];
        // `-h HOST`, as all clients have it; alone it asks for help.
        if (word == "--help" || (word == "-h" && i + 1 == argc)) {
            print_help(argv[0]);
            parsed.exit_code = 0;
            return parsed;
        }
        const Flag* flag = find_flag(word);
        if (flag == nullptr) return refuse(argv[0], fmt::format("Unknown option '{}'.", word));
        if (flag->value != nullptr && ++i == argc) {
            return refuse(argv[0], fmt::format("{} needs a value.", word));
        }
        if (!flag->take(options, argv[i])) {
            return refuse(argv[0], fmt::format("Invalid value '{}' for {}.", argv[i], word));
        }
    }
    bool is_timed = options.speed != 1 || options.seconds != 0;
    if (options.act == Act::ReplayYear && is_timed) {
        return refuse(argv[0],
                      "--speed and --seconds belong to the play: --replay-year publishes as fast "
                      "as the broker takes it.");
    }
    if (options.api.empty() != options.token.empty()) {
        return refuse(argv[0], "--api and --token belong together.");
    }
    return parsed;
}

}  // namespace martlet::cli::demo
