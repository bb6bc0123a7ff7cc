#include "cli/flags/client_help.h"

#include "base/text.h"
#include "cli/flags/client_draft.h"

#include <cstdio>

namespace martlet::cli {

namespace {

struct Purpose {
    const char* sentence;
    const char* usage;
};

Purpose purpose_of(ClientKind kind) {
    switch (kind) {
        case ClientKind::Pub:
            return {"publishes a message, or many, and ends.",
                    "[-h HOST] [-p PORT] -t TOPIC {-m TEXT | -f FILE | -l | -s | -n} [options]"};
        case ClientKind::Sub:
            return {"subscribes and prints what arrives.",
                    "[-h HOST] [-p PORT] -t FILTER [-t FILTER ...] [options]"};
        default:
            return {"publishes a request and waits for the answer.",
                    "[-h HOST] [-p PORT] -t TOPIC -e ANSWER_TOPIC {-m TEXT | -f FILE | -s | -n} "
                    "[options]"};
    }
}

void print_flag(const ClientFlag& flag) {
    std::string left(flag.name);
    if (!flag.long_name.empty()) left += fmt::format(", {}", flag.long_name);
    if (!flag.value.empty()) left += fmt::format(" {}", flag.value);
    auto line = fmt::format("  {:<32} {}\n", left, flag.help);
    std::fputs(line.c_str(), stdout);
}

}  // namespace

void print_client_help(const ClientOptions& options, bool only_version) {
    const char* program = options.program.c_str();
    if (!only_version) {
        Purpose purpose = purpose_of(options.kind);
        std::printf("%s %s\n", program, purpose.sentence);
        std::printf("Usage: %s %s\n       %s --help\n\n", program, purpose.usage, program);
        for (const ClientFlag& flag : client_flags()) {
            bool is_ours = (flag.kinds & static_cast<unsigned>(options.kind)) != 0;
            if (is_ours && !flag.help.empty()) print_flag(flag);
        }
        const char* file = mosquitto_name(options.kind);
        std::printf(
            "\nThe same options are read first from $XDG_CONFIG_HOME/%s, or ~/.config/%s,\none a "
            "line.\n",
            file, file);
    } else {
        std::printf("%s version %s, part of Martlet %s.\n", program, MARTLET_VERSION,
                    MARTLET_VERSION);
    }
}

}  // namespace martlet::cli
