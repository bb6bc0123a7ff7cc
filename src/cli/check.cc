#include "cli/check.h"

#include "auth/security.h"
#include "base/log.h"
#include "config/load.h"
#include "config/reference.h"
#include "config/unsaid.h"
#include "net/tls_context.h"

#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <set>
#include <string>
#include <string_view>
#include <unistd.h>
#include <vector>

namespace martlet::cli {
namespace {

constexpr int kExitInvalid = 3;

void print(std::FILE* file, std::string_view text) {
    std::fwrite(text.data(), 1, text.size(), file);
}

std::string usage(const char* program) {
    return fmt::format(
        "Usage: {0} [-c] FILE          say what Martlet makes of a mosquitto.conf\n"
        "       {0} --all [-c] FILE    also the lines that work as in mosquitto, one by one\n"
        "       {0} -q [-c] FILE       only what is wrong, for scripts\n"
        "       {0} --off [-c] FILE    only which parts are off, and the lines that turn them on\n"
        "       {0} --keys             show all keys, with defaults\n"
        "       {0} --keys=markdown    the same as docs/configuration.md\n\n"
        "Each key is\n"
        "  same      as in mosquitto\n"
        "  own       Martlet's own, unknown to mosquitto\n"
        "  differs   works, but otherwise than in mosquitto\n"
        "  mapped    understood as something else\n"
        "  ignored   accepted without effect\n"
        "  later     known, but not built yet\n"
        "  unknown   no such key\n"
        "  wrong     not valid here\n"
        "Then follows what the file does not say and mosquitto 2.0.11 would do otherwise, and what "
        "is off.\n"
        "Exits with 0 when the broker would start with this file, and with 3 when not.\n",
        program);
}

enum class Show { Summary, All, Problems, Off };

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

bool is_problem(const config::Notice& notice) {
    return notice.kind >= config::NoticeKind::Unknown;
}

// A line that works as its reader expects, with nothing to add.
bool is_plain(const config::Notice& notice) {
    bool is_expected =
        notice.kind == config::NoticeKind::Same || notice.kind == config::NoticeKind::Own;
    return is_expected && notice.text.empty() && notice.feature.empty();
}

// "12 lines as in mosquitto: allow_anonymous, listener, ..."
void print_plain(const config::Reading& reading, config::NoticeKind kind, const char* how) {
    std::size_t lines = 0;
    std::set<std::string> keys;
    for (const config::Notice& notice : reading.notices) {
        if (!is_plain(notice) || notice.kind != kind) continue;
        ++lines;
        keys.insert(notice.key);
    }
    if (lines == 0) return;
    std::string names;
    for (const std::string& key : keys) names += (names.empty() ? "" : ", ") + key;
    std::string line =
        fmt::format("{} {} {}: {}", lines, lines == 1 ? "line" : "lines", how, names);
    print(stdout, printable(line) + "\n");
}

void print_notices(const config::Reading& reading, Show show) {
    for (const config::Notice& notice : reading.notices) {
        bool is_shown =
            show == Show::All || is_problem(notice) || (show == Show::Summary && !is_plain(notice));
        if (is_shown) print_notice(notice);
    }
    if (show != Show::Summary) return;
    print_plain(reading, config::NoticeKind::Same, "as in mosquitto");
    print_plain(reading, config::NoticeKind::Own, "of Martlet's own");
}

bool is_shown_as_notice(const config::Problem& problem, const config::Reading& reading) {
    if (problem.places.empty()) return false;
    for (const config::Notice& notice : reading.notices)
        if (is_problem(notice) && notice.place == problem.places.front()) return true;
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

// The password and ACL files that the configuration names, each read once: the errors, which it
// counts, and the warnings.
std::size_t print_security(const config::Settings& settings) {
    std::set<std::string> errors;
    std::set<std::string> warnings;
    for (const config::Listener& listener : settings.listeners) {
        auto security = auth::Security::open(listener.broker.auth);
        if (!security.ok()) {
            errors.insert(security.error().text);
            continue;
        }
        for (std::string& warning : security.value()->warnings())
            warnings.insert(std::move(warning));
    }
    for (const std::string& text : errors) print(stdout, printable(text) + "\n");
    for (const std::string& text : warnings) print(stdout, printable(text) + "\n");
    return errors.size();
}

// The TLS files of the listeners: the errors, which it counts, when each certificate ends, and the
// warnings.
std::size_t print_tls(const config::Settings& settings, bool tells_ends) {
    std::set<std::string> errors;
    std::set<std::string> texts;
    for (const config::Listener& listener : settings.listeners) {
        if (!listener.tls.is_on()) continue;
        auto context = net::TlsContext::make(listener.tls);
        if (!context) {
            errors.insert(context.error().text);
            continue;
        }
        if (tells_ends) texts.insert(context.value()->certificate_text());
        for (std::string& warning : context.value()->warnings(std::time(nullptr)))
            texts.insert(std::move(warning));
    }
    for (const std::string& text : errors) print(stdout, printable(text) + "\n");
    for (const std::string& text : texts)
        if (!text.empty()) print(stdout, printable(text) + "\n");
    return errors.size();
}

void print_list(std::string_view title, const std::vector<std::string>& lines) {
    if (lines.empty()) return;
    print(stdout, fmt::format("{}\n", title));
    for (const std::string& line : lines) print(stdout, "  " + printable(line) + "\n");
}

std::string working_folder() {
    char* folder = ::getcwd(nullptr, 0);
    if (folder == nullptr) return "?";
    std::string text = folder;
    std::free(folder);
    return text;
}

void print_unsaid(const config::Reading& reading) {
    print_list("Not in the file, and otherwise than in mosquitto 2.0.11:",
               config::unsaid_defaults(reading));
    print_list(
        fmt::format("Relative paths begin in the folder where the broker is started; here {}:",
                    printable(working_folder())),
        config::relative_paths(reading.settings));
    print_list("Off:", config::parts_that_are_off(reading.settings));
}

int check_file(const std::string& path, Show show) {
    config::CommandLine command_line;
    command_line.config_file = path;
    config::Reading reading = config::read(command_line);
    if (show == Show::Off) {
        print_list("Off:", config::parts_that_are_off(reading.settings));
        return reading.problems.empty() ? 0 : kExitInvalid;
    }
    print_notices(reading, show);
    std::size_t problems = print_problems(reading);
    // A listener that is only half understood says nothing about its files.
    bool is_told = show == Show::Summary || show == Show::All;
    if (problems == 0)
        problems += print_security(reading.settings) + print_tls(reading.settings, is_told);
    if (problems == 0) {
        if (is_told) print_unsaid(reading);
        if (is_told) print(stdout, "Configuration OK: the broker would start with it.\n");
        return 0;
    }
    if (is_told)
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
    Show show = Show::Summary;
    for (int i = 1; i < argc; ++i) {
        std::string_view word = argv[i];
        if (word == "-h" || word == "--help") return print(stdout, usage(program)), 0;
        if (word == "--keys") return print(stdout, config::keys_as_text()), 0;
        if (word == "--keys=markdown") return print(stdout, config::keys_as_markdown()), 0;
        if (word == "-q" || word == "--quiet") {
            show = Show::Problems;
            continue;
        }
        if (word == "--all" || word == "--off") {
            show = word == "--all" ? Show::All : Show::Off;
            continue;
        }
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
    return check_file(path, show);
}

}  // namespace martlet::cli
