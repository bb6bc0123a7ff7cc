#include "cli/store.h"

#include "base/clock.h"
#include "base/text.h"
#include "cli/store/commands.h"
#include "config/load.h"
#include "server/persistence.h"

#include <string>
#include <string_view>
#include <vector>

namespace martlet::cli {

namespace {

constexpr std::string_view kWords[] = {"check", "dump", "export", "compact", "import"};

struct Request {
    std::string_view word;
    std::string file;  // import
    std::string config_file;
    std::string path;
};

int show_usage(std::FILE* out, const char* program) {
    std::fprintf(
        out,
        "Usage: %s check|dump|export|compact  -c FILE | --path FOLDER\n"
        "       %s import FROM               -c FILE | --path FOLDER\n\n"
        "  check    count what is in the journal, and say what is damaged; changes nothing\n"
        "  dump     show each record as a line of JSON\n"
        "  export   write the whole state as lines of JSON, for import\n"
        "  compact  reclaim the space of records that no longer count\n"
        "  import   make a new journal of a mosquitto.db or of what export wrote\n\n"
        "  -c FILE        a mosquitto.conf, whose persistence_location and persistence_file count\n"
        "  --path FOLDER  the journal itself\n\n"
        "The broker must not be running. Exit code 0: well; 1: damaged, or it did not work.\n",
        program, program);
    return out == stdout ? 0 : kExitBadUse;
}

std::string* place_of(std::string_view option, Request& request) {
    if (option == "-c" || option == "--config-file") return &request.config_file;
    if (option == "--path") return &request.path;
    return nullptr;
}

// Empty: fine. Else what is wrong.
std::string parse(int argc, char** argv, Request& request) {
    for (int i = 1; i < argc; i++) {
        std::string_view word = argv[i];
        if (std::string* place = place_of(word, request); place != nullptr) {
            if (++i == argc) return fmt::format("{} needs a value", word);
            *place = argv[i];
        } else if (word.starts_with('-')) {
            return fmt::format("Unknown option '{}'", word);
        } else if (request.word.empty()) {
            request.word = word;
        } else if (request.word == "import" && request.file.empty()) {
            request.file = word;
        } else {
            return fmt::format(
                "'{}' is not expected here. A journal is named by --path, a configuration by -c",
                word);
        }
    }
    bool is_known = false;
    for (std::string_view word : kWords) is_known = is_known || word == request.word;
    if (!is_known) return "Missing command: check, dump, export, compact or import";
    if (request.word == "import" && request.file.empty()) return "Missing file: import FROM";
    if (request.config_file.empty() == request.path.empty()) return "Give one of -c and --path";
    return "";
}

Result<StorePlace> place_of(const Request& request) {
    StorePlace place;
    place.convert.now_ms = read_clocks().wall.count();
    place.path = request.path;
    while (place.path.size() > 1 && place.path.back() == '/') place.path.pop_back();
    if (request.config_file.empty()) return place;
    config::CommandLine command_line;
    command_line.config_file = request.config_file;
    auto loaded = config::load(command_line);
    if (!loaded) return loaded.error();
    const config::Settings& settings = loaded.value().settings;
    place.path = server::journal_path(settings);
    for (const config::Listener& listener : settings.listeners)
        place.convert.listener_ports.push_back(listener.net.port);
    return place;
}

int run(const Request& request, const StorePlace& place) {
    Status status = become_owner(place.path);
    if (!status) return fail_store(status.error().text);
    if (request.word == "check") return check_store(place);
    if (request.word == "dump") return dump_store(place, false, stdout);
    if (request.word == "export") return dump_store(place, true, stdout);
    if (request.word == "compact") return compact_store(place);
    return import_store(place, request.file);
}

}  // namespace

int store_main(int argc, char** argv) {
    for (int i = 1; i < argc; i++) {
        std::string_view word = argv[i];
        if (word == "-h" || word == "--help") return show_usage(stdout, argv[0]);
    }
    Request request;
    std::string problem = parse(argc, argv, request);
    if (!problem.empty()) {
        std::fprintf(stderr, "Error: %s.\n\n", problem.c_str());
        return show_usage(stderr, argv[0]);
    }
    auto place = place_of(request);
    if (!place) return fail_store(place.error().text);
    return run(request, place.value());
}

}  // namespace martlet::cli
