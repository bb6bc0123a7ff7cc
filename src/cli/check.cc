#include "cli/check.h"

#include "auth/security.h"
#include "base/log.h"
#include "config/load.h"
#include "config/reference.h"

#include <cstdio>
#include <map>
#include <string>
#include <string_view>

namespace martlet::cli {
namespace {

constexpr int kExitInvalid = 3;

void print(std::FILE* file, std::string_view text) {
    std::fwrite(text.data(), 1, text.size(), file);
}

std::string usage(const char* program) {
    return fmt::format(
        "Usage: {0} [-c] FILE          say for each key of a mosquitto.conf what Martlet makes of "
        "it\n"
        "       {0} --keys             show all keys, with defaults\n"
        "       {0} --keys=markdown    the same as docs/configuration.md\n\n"
        "Each key is\n"
        "  same      as in mosquitto\n"
        "  own       Martlet's own, unknown to mosquitto\n"
        "  mapped    understood as something else\n"
        "  ignored   accepted without effect\n"
        "  later     known, but not built yet\n"
        "  unknown   no such key\n"
        "  wrong     not valid here\n"
        "Exits with 0 when the broker would start with this file, and with 3 when not.\n",
        program);
}

// The text of a file may hold anything; a terminal shall not act on it.
std::string printable(std::string_view text) {
    std::string out;
    for (char c : text) {
        auto byte = static_cast<unsigned char>(c);
        if (byte < 0x20 || byte == 0x7F)
            out += fmt::format("\\x{:02X}", byte);
        else
            out += c;
    }
    return out;
}

void print_notice(const config::Notice& notice) {
    std::string text = notice.text;
    if (text.empty() && !notice.feature.empty()) text = notice.feature + " is not built yet";
    std::string where = notice.place.file.empty() ? "" : notice.place.text() + ": ";
    std::string line = fmt::format("{}{}: {}{}{}", where, notice.key, config::name_of(notice.kind),
                                   text.empty() ? "" : ": ", text);
    print(stdout, printable(line) + "\n");
}

bool is_shown_as_notice(const config::Problem& problem, const config::Reading& reading) {
    if (problem.places.empty()) return false;
    for (const config::Notice& notice : reading.notices)
        if (notice.kind >= config::NoticeKind::Unknown && notice.place == problem.places.front())
            return true;
    return false;
}

// What concerns no single key: bridges without topics, listeners that cannot be opened ...
std::size_t print_problems(const config::Reading& reading) {
    for (const config::Problem& problem : reading.problems) {
        if (is_shown_as_notice(problem, reading)) continue;
        std::string where = problem.places.empty() ? "" : problem.places.front().text() + ": ";
        print(stdout, printable(where + problem.text) + "\n");
    }
    return reading.problems.size();
}

// The password and ACL files that the configuration names, each read once.
std::size_t print_security(const config::Settings& settings) {
    std::map<std::string, const config::Listener*> failed;
    for (const config::Listener& listener : settings.listeners) {
        auto security = auth::Security::open(listener.broker.auth);
        if (!security.ok()) failed.emplace(security.error().text, &listener);
    }
    for (const auto& [text, listener] : failed) print(stdout, printable(text) + "\n");
    return failed.size();
}

int check_file(const std::string& path) {
    config::CommandLine command_line;
    command_line.config_file = path;
    config::Reading reading = config::read(command_line);
    for (const config::Notice& notice : reading.notices) print_notice(notice);
    std::size_t problems = print_problems(reading);
    // A listener that is only half understood says nothing about its files.
    if (problems == 0) problems += print_security(reading.settings);
    if (problems == 0) {
        print(stdout, "Configuration OK: the broker would start with it.\n");
        return 0;
    }
    print(stdout, fmt::format("{} {}: the broker would not start.\n", problems,
                              problems == 1 ? "problem" : "problems"));
    return kExitInvalid;
}

int wrong_usage(const char* program, const std::string& text) {
    print(stderr, text + "\n");
    print(stderr, usage(program));
    return kExitInvalid;
}

}  // namespace

int check_main(int argc, char** argv) {
    const char* program = argv[0];
    std::string path;
    for (int i = 1; i < argc; ++i) {
        std::string_view word = argv[i];
        if (word == "-h" || word == "--help") return print(stdout, usage(program)), 0;
        if (word == "--keys") return print(stdout, config::keys_as_text()), 0;
        if (word == "--keys=markdown") return print(stdout, config::keys_as_markdown()), 0;
        bool is_file_flag = word == "-c" || word == "--config-file";
        if (is_file_flag && i + 1 == argc)
            return wrong_usage(program, fmt::format("Error: {} needs a file.", word));
        if (is_file_flag)
            word = argv[++i];
        else if (word.starts_with('-'))
            return wrong_usage(program, fmt::format("Error: Unknown option '{}'.", word));
        if (!path.empty()) return wrong_usage(program, "Error: Only one file at a time.");
        path = word;
    }
    if (path.empty()) return wrong_usage(program, "Error: No file given.");
    return check_file(path);
}

}  // namespace martlet::cli
