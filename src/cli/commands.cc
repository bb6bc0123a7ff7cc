#include "cli/commands.h"

#include "cli/acl.h"
#include "cli/bench.h"
#include "cli/check.h"
#include "cli/decode.h"
#include "cli/demo.h"
#include "cli/map.h"
#include "cli/passwd.h"
#include "cli/pub.h"
#include "cli/rr.h"
#include "cli/serve.h"
#include "cli/store.h"
#include "cli/sub.h"

#include <cstdio>
#include <string>
#include <unistd.h>
#include <vector>

namespace martlet::cli {

namespace {

constexpr Command kCommands[] = {
    {"serve", "mosquitto", serve_main,
     "run the broker (mosquitto's flags: -c -d -p -q -v --test-config; --sandbox)"},
    {"pub", "mosquitto_pub", pub_main, "publish messages"},
    {"sub", "mosquitto_sub", sub_main, "subscribe, and print what arrives"},
    {"rr", "mosquitto_rr", rr_main, "publish a request, and print the answer"},
    {"bench", "", bench_main, "load a broker and measure it"},
    {"passwd", "mosquitto_passwd", passwd_main, "make and edit password files"},
    {"acl", "", acl_main, "say which line of an ACL file decides"},
    {"decode", "", decode_main, "show what telemetry makes of a payload"},
    {"map", "", map_main, "try and draft the maps by which telemetry reads payloads"},
    {"demo", "", demo_main, "play devices: a mesh, a house, a plant, a fleet, a class"},
    {"store", "", store_main, "look into the journal, move states in and out"},
    {"check", "", check_main, "say what each line of a mosquitto.conf does here"},
};

int usage(int code) {
    std::FILE* out = code == 0 ? stdout : stderr;
    std::fprintf(out,
                 "martlet %s: an MQTT broker, a drop-in for mosquitto\n\nUsage: martlet COMMAND "
                 "[options]\n\n",
                 MARTLET_VERSION);
    for (const Command& command : kCommands) {
        std::fprintf(out, "  %-8s %s\n", std::string(command.word).c_str(),
                     std::string(command.help).c_str());
    }
    std::fprintf(out,
                 "\n`martlet COMMAND --help` tells more. Called by the name of a mosquitto "
                 "program, it behaves as that program.\n");
    return code;
}

std::string_view base_name(std::string_view path) {
    return path.substr(path.rfind('/') + 1);
}

}  // namespace

int run_command(int argc, char** argv) {
    std::string_view name = base_name(argv[0]);
    for (const Command& command : kCommands) {
        if (!command.also_name.empty() && command.also_name == name) return command.run(argc, argv);
    }
    if (argc < 2) return usage(3);
    std::string_view word = argv[1];
    if (word == "help" || word == "-h" || word == "--help") return usage(0);
    if (word == "version" || word == "--version") {
        std::printf("martlet version %s\n", MARTLET_VERSION);
        return 0;
    }
    // mosquitto's habit: flags alone start the broker.
    bool is_serve = word.starts_with('-');
    for (const Command& command : kCommands) {
        if (is_serve && command.word == "serve") {
            std::string shown = "martlet serve";
            std::vector<char*> all(argv, argv + argc);
            all[0] = shown.data();
            all.push_back(nullptr);
            return command.run(argc, all.data());
        }
        if (command.word != word) continue;
        std::string shown = "martlet " + std::string(word);
        std::vector<char*> rest(argv + 1, argv + argc);
        rest[0] = shown.data();
        rest.push_back(nullptr);
        return command.run(argc - 1, rest.data());
    }
    bool is_file = access(argv[1], F_OK) == 0;
    std::fprintf(stderr, "Error: martlet has no command '%s'.%s%s\n\n", argv[1],
                 is_file ? " To start the broker with this file: martlet -c " : "",
                 is_file ? argv[1] : "");
    return usage(3);
}

}  // namespace martlet::cli
