#include "cli/bench/options.h"

#include "base/text.h"

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <iterator>

namespace martlet::cli::bench {

namespace {

struct Row {
    const char* name;
    std::uint32_t clients;
    const char* help;
};

// In the order of Scenario.
constexpr Row kScenarios[] = {
    {"pairs", 50, "each publisher has a subscriber of its own"},
    {"fan-out", 500, "one publisher, --clients subscribers"},
    {"fan-in", 200, "--clients publishers, one subscriber"},
    {"wildcard", 20, "--clients publishers, as many subscribers with a '+'"},
    {"retained", 1, "--messages retained ones, and one new subscriber"},
    {"storm", 50, "connect, disconnect, again; --clients at once"},
    {"idle", 10000, "--clients connections with a subscription each"},
    {"subscriptions", 100, "--subscriptions, spread over --clients"},
};

struct Flag {
    const char* name;   // "--size", or "-h, --host"
    const char* value;  // null: takes none
    bool (*take)(Options&, const char* value);
    const char* help;
};

template <typename Number>
bool take_number(const char* text, Number low, Number high, Number& number) {
    char* end = nullptr;
    double read = std::strtod(text, &end);
    if (end == text || *end != '\0' || !(read >= double(low)) || !(read <= double(high))) {
        return false;
    }
    number = static_cast<Number>(read);
    return true;
}

bool take_version(Options& options, const char* text) {
    if (std::strcmp(text, "311") == 0) return options.version = mqtt::Version::V311, true;
    if (std::strcmp(text, "5") == 0) return options.version = mqtt::Version::V5, true;
    return false;
}

bool take_qos(Options& options, const char* text) {
    int qos = 0;
    if (!take_number(text, 0, 2, qos)) return false;
    options.qos = static_cast<mqtt::Qos>(qos);
    return true;
}

constexpr std::uint32_t kSizeMax = 16u << 20;

constexpr Flag kFlags[] = {
    {"-h, --host", "HOST", [](Options& o, const char* v) { return o.host = v, true; },
     "the broker (127.0.0.1)"},
    {"-p, --port", "PORT",
     [](Options& o, const char* v) { return take_number<std::uint16_t>(v, 1, 65535, o.port); },
     "its port (1883)"},
    {"-u, --username", "NAME", [](Options& o, const char* v) { return o.user_name = v, true; },
     "log in as"},
    {"-P, --password", "PASSWORD", [](Options& o, const char* v) { return o.password = v, true; },
     "and its password"},
    {"--version", "VERSION", take_version, "311 or 5 (311)"},
    {"--qos", "QOS", take_qos, "0, 1 or 2 (0)"},
    {"--size", "BYTES",
     [](Options& o, const char* v) { return take_number(v, kHeadSize, kSizeMax, o.size); },
     "of the payload, from 16 on (64)"},
    {"--rate", "NUMBER", [](Options& o, const char* v) { return take_number(v, 0.0, 1e8, o.rate); },
     "messages a second by schedule, all publishers together; 0: as many as come through"},
    {"--clients", "NUMBER",
     [](Options& o, const char* v) { return take_number(v, 1u, 1'000'000u, o.clients); },
     "see the scenarios"},
    {"--window", "NUMBER",
     [](Options& o, const char* v) { return take_number(v, 1u, 65535u, o.window); },
     "messages under way for each publisher (QoS 0: 100, else 20)"},
    {"--messages", "NUMBER",
     [](Options& o, const char* v) { return take_number(v, 1u, 100'000'000u, o.messages); },
     "of the retained scenario (100000)"},
    {"--subscriptions", "NUMBER",
     [](Options& o, const char* v) { return take_number(v, 1u, 100'000'000u, o.subscriptions); },
     "of the subscriptions scenario (100000)"},
    {"--seconds", "NUMBER",
     [](Options& o, const char* v) { return take_number(v, 0.1, 1e6, o.seconds); },
     "how long to measure (4)"},
    {"--warm", "NUMBER", [](Options& o, const char* v) { return take_number(v, 0.0, 1e6, o.warm); },
     "and how long not to, before (1)"},
    {"--pid", "PID", [](Options& o, const char* v) { return take_number(v, 1, 1 << 30, o.pid); },
     "the broker's process: adds its CPU and memory"},
    {"--json", nullptr, [](Options& o, const char*) { return o.is_json = true; },
     "print one JSON object"},
};

void print_help(const char* program) {
    std::printf("%s loads a broker and measures it.\n\nUsage: %s SCENARIO [options]\n\n", program,
                program);
    for (const Row& row : kScenarios) {
        std::printf("  %-14s %s (%u)\n", row.name, row.help, row.clients);
    }
    std::printf("\n");
    for (const Flag& flag : kFlags) {
        auto left = fmt::format("{} {}", flag.name, flag.value != nullptr ? flag.value : "");
        std::printf("  %-25s %s\n", left.c_str(), flag.help);
    }
}

bool is_flag(std::string_view names, std::string_view word) {
    std::size_t comma = names.find(", ");
    if (comma == std::string_view::npos) return word == names;
    return word == names.substr(0, comma) || word == names.substr(comma + 2);
}

ParsedOptions refuse(const char* program, const std::string& text) {
    std::fprintf(stderr, "Error: %s\n\nUse '%s --help' to see usage.\n", text.c_str(), program);
    return {{}, 1};
}

}  // namespace

const char* name_of(Scenario scenario) {
    return kScenarios[static_cast<std::size_t>(scenario)].name;
}

ParsedOptions parse_options(int argc, char** argv) {
    ParsedOptions parsed;
    Options& options = parsed.options;
    const Row* scenario = nullptr;
    for (int i = 1; i < argc; i++) {
        std::string_view word = argv[i];
        // `-h HOST`, as all clients have it; alone it asks for help.
        if (word == "--help" || (word == "-h" && i + 1 == argc)) {
            print_help(argv[0]);
            parsed.exit_code = 0;
            return parsed;
        }
        if (!word.starts_with("-") && scenario == nullptr) {
            for (const Row& row : kScenarios) {
                if (word == row.name) scenario = &row;
            }
            if (scenario == nullptr) {
                return refuse(argv[0], fmt::format("There is no scenario '{}'.", word));
            }
            continue;
        }
        const Flag* flag = nullptr;
        for (const Flag& one : kFlags) {
            if (is_flag(one.name, word)) flag = &one;
        }
        if (flag == nullptr) return refuse(argv[0], fmt::format("Unknown option '{}'.", word));
        if (flag->value != nullptr && ++i == argc) {
            return refuse(argv[0], fmt::format("{} needs a value.", word));
        }
        if (!flag->take(options, argv[i])) {
            return refuse(argv[0], fmt::format("Invalid value '{}' for {}.", argv[i], word));
        }
    }
    if (scenario == nullptr) return refuse(argv[0], "Which scenario?");
    options.scenario = static_cast<Scenario>(scenario - kScenarios);
    if (options.clients == 0) options.clients = scenario->clients;
    if (options.window == 0) options.window = options.qos == mqtt::Qos::AtMostOnce ? 100 : 20;
    return parsed;
}

}  // namespace martlet::cli::bench
