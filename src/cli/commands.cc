#include "cli/commands.h"

#include "base/edit_distance.h"
#include "base/text.h"
#include "cli/account.h"
#include "cli/acl.h"
#include "cli/ask.h"
#include "cli/bench.h"
#include "cli/check.h"
#include "cli/command_tables.h"
#include "cli/completion.h"
#include "cli/decode.h"
#include "cli/demo.h"
#include "cli/map.h"
#include "cli/passwd.h"
#include "cli/pub.h"
#include "cli/rr.h"
#include "cli/serve.h"
#include "cli/store.h"
#include "cli/sub.h"
#include "cli/token.h"

#include <cstdio>
#include <string>
#include <unistd.h>
#include <vector>

namespace martlet::cli {

namespace {

constexpr Command kCommands[] = {
    {"serve", "mosquitto", serve_main,
     "run the broker (mosquitto's flags: -c -d -p -q -v --test-config; --sandbox)", nullptr,
     "-c= --config-file= -d --daemon -p= --port= -q --quiet -v --verbose --http-address= "
     "--http-port= --sandbox "
     "--test-config --tls-keylog= --version"},
    {"check", "", check_main, "say what each line of a mosquitto.conf does here", nullptr,
     "-c= --config-file= --all -q --quiet --off --keys --keys=markdown"},
    {"pub", "mosquitto_pub", pub_main, "publish messages"},
    {"sub", "mosquitto_sub", sub_main, "subscribe, and print what arrives"},
    {"rr", "mosquitto_rr", rr_main, "publish a request, and print the answer"},
    {"status", "", status_main, "tell how a running broker fares", status_table},
    {"clients", "", clients_main, "list the clients of a running broker", clients_table},
    {"kick", "", kick_main, "end a client's connection", kick_table},
    {"bridges", "", bridges_main, "list, pause and reconnect the bridges of a running broker",
     bridges_table},
    {"sources", "", sources_main, "list what measures", sources_table},
    {"get", "", get_main, "show a value: `martlet get kitchen temperature`", get_table},
    {"watch", "", watch_main, "show values as they come: `martlet watch kitchen`", watch_table},
    {"account", "", account_main, "make and change accounts for pages and API", account_table},
    {"token", "", token_main, "make tokens for programs", token_table},
    {"passwd", "mosquitto_passwd", passwd_main, "make and edit password files", nullptr,
     "-b -c -D -H= -I= -U"},
    {"acl", "", acl_main, "say which line of an ACL file decides", acl_table},
    {"decode", "", decode_main, "show what telemetry makes of a payload", decode_table},
    {"map", "", map_main, "try and draft the maps by which telemetry reads payloads", map_table},
    {"demo", "", demo_main, "play devices: a mesh, a house, a plant, a fleet, a class", nullptr,
     "-h= --host= -p= --port= -u= --username= -P= --password= --only= --seed= --speed= --seconds= "
     "--replay-year --remove --api= --token= --quiet"},
    {"bench", "", bench_main, "load a broker and measure it", nullptr,
     "pairs fan-out fan-in wildcard retained storm idle subscriptions -h= --host= -p= --port= -u= "
     "--username= -P= --password= --version= --qos= --size= --rate= --clients= --window= "
     "--messages= --subscriptions= --seconds= --warm= --pid= --json"},
    {"store", "", store_main, "look into the journal, move states in and out", nullptr,
     "check dump export compact import -c= --config-file= --path="},
    {"completion", "", completion_main, "print a script by which the shell completes commands",
     completion_table},
};

std::string_view base_name(std::string_view path) {
    return path.substr(path.rfind('/') + 1);
}

int usage(int code) {
    std::FILE* out = code == 0 ? stdout : stderr;
    std::fprintf(out,
                 "martlet %s: an MQTT broker, a drop-in for mosquitto\n\nUsage: martlet COMMAND "
                 "[options]\n\n",
                 MARTLET_VERSION);
    for (const Command& command : kCommands) {
        std::fprintf(out, "  %-10s %s\n", std::string(command.word).c_str(),
                     std::string(command.help).c_str());
    }
    std::fprintf(out,
                 "\n`martlet COMMAND --help` tells more. Called by the name of a mosquitto "
                 "program, it behaves\nas that program.\n");
    return code;
}

int run(const Command& command, std::string shown, int argc, char** argv) {
    std::vector<char*> words(argv, argv + argc);
    words[0] = shown.data();
    words.push_back(nullptr);
    return command.run(argc, words.data());
}

// The help of all commands as docs/commands.md.
int print_reference() {
    std::printf("# Commands\n\nMade by `martlet help --markdown`: the help of each command.\n");
    for (const Command& command : kCommands) {
        std::string word(command.word);
        std::printf("\n## martlet %s\n\n```\n", word.c_str());
        std::string help = "--help";
        char* words[] = {nullptr, help.data()};
        run(command, "martlet " + word, 2, words);
        std::printf("```\n");
    }
    return 0;
}

int refuse_word(std::string_view word) {
    std::vector<std::string_view> known;
    for (const Command& command : kCommands) known.push_back(command.word);
    std::string_view nearest = nearest_word(word, known);
    std::string hint;
    if (!nearest.empty()) {
        hint = fmt::format(" Did you mean '{}'?", nearest);
    } else if (access(std::string(word).c_str(), F_OK) == 0) {
        hint = fmt::format(" To start the broker with this file: martlet -c {}", word);
    }
    return refuse_use("martlet", fmt::format("martlet has no command '{}'.{}", word, hint));
}

// A mosquitto program that Martlet does not stand in for, by its name.
int refuse_program(std::string_view name) {
    std::string_view instead = name == "mosquitto_ctrl"
                                   ? "the dynamic security plug-in is not built. Accounts of MQTT: "
                                     "`martlet passwd` and an ACL file; of pages and API: `martlet "
                                     "account`"
                                   : "see `martlet help`";
    return fail(fmt::format("Error: Martlet does not stand in for {}: {}.", name, instead),
                kExitBadUse);
}

}  // namespace

std::span<const Command> commands() {
    return kCommands;
}

int run_command(int argc, char** argv) {
    std::string_view name = base_name(argv[0]);
    for (const Command& command : kCommands) {
        // As mosquitto's programs it shows its name without the folder.
        if (!command.also_name.empty() && command.also_name == name)
            return run(command, std::string(name), argc, argv);
    }
    if (name.starts_with("mosquitto_")) return refuse_program(name);
    if (argc < 2) return usage(kExitBadUse);
    std::string_view word = argv[1];
    bool is_help = word == "help" || word == "-h" || word == "--help";
    if (is_help && argc > 2 && std::string_view(argv[2]) == "--markdown") return print_reference();
    if (word == "help" && argc > 2) {
        word = argv[2];
    } else if (is_help) {
        return usage(0);
    }
    if (word == "version" || word == "--version") {
        std::printf("martlet version %s\n", MARTLET_VERSION);
        return 0;
    }
    // mosquitto's habit: flags alone start the broker.
    if (word.starts_with('-')) return run(kCommands[0], "martlet serve", argc, argv);
    for (const Command& command : kCommands) {
        if (command.word != word) continue;
        std::string shown = "martlet " + std::string(word);
        if (!is_help) return run(command, shown, argc - 1, argv + 1);
        std::string help = "--help";
        char* words[] = {nullptr, help.data()};
        return run(command, shown, 2, words);
    }
    return refuse_word(word);
}

}  // namespace martlet::cli
