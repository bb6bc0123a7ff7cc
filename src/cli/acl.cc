#include "cli/acl.h"

#include "auth/acl_file.h"
#include "base/text.h"
#include "cli/command_tables.h"
#include "config/load.h"
#include "mqtt/topic.h"

#include <algorithm>
#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

namespace martlet::cli {

namespace {

constexpr int kExitDenied = 1;

constexpr std::string_view kUsages[] = {
    "explain (-c FILE | --acl-file FILE) [-u USER] [-i CLIENTID] read|write TOPIC",
    "explain (-c FILE | --acl-file FILE) [-u USER] [-i CLIENTID] subscribe FILTER",
    "explain (-c FILE | --acl-file FILE) [-u USER] [-i CLIENTID]",
};
constexpr std::string_view kWords[] = {"explain"};
constexpr std::string_view kActions[] = {"read", "write", "subscribe"};
constexpr Flag kFlags[] = {
    {"-c", "--config-file", "FILE", "a mosquitto.conf: the acl_file of each of its listeners"},
    {"--acl-file", "", "FILE", "this ACL file"},
    {"-u", "--username", "USER", "the user name of the client; without it: none"},
    {"-i", "--id", "CLIENTID", "its client id"},
};
const std::span<const Flag> kGroups[] = {kFlags};
constexpr std::string_view kEnding =
    "Tells whether the client may read (be sent), write (publish to) or subscribe, and by which\n"
    "line; without an action: all that the client may do.\n\n"
    "Exit code 0: allowed, 1: denied, 3: wrong usage.";

enum class Action : std::uint8_t { Read, Write, Subscribe, All };

struct Question {
    // One of the two is set.
    std::string acl_file;
    std::string config_file;
    std::string user_name;
    std::string client_id;
    Action action = Action::All;
    std::string topic;
};

// The error; empty: none.
std::string take(const Arguments& arguments, Question& question) {
    question.acl_file = arguments.value("--acl-file");
    question.config_file = arguments.value("-c");
    question.user_name = arguments.value("-u");
    question.client_id = arguments.value("-i");
    const auto& words = arguments.words;
    if (question.acl_file.empty() == question.config_file.empty())
        return "Name the rules: -c FILE (a mosquitto.conf) or --acl-file FILE, one of the two.";
    if (words.size() == 1) return {};
    auto action = std::find(std::begin(kActions), std::end(kActions), words[1]);
    if (action == std::end(kActions))
        return fmt::format("There is no action '{}': say read, write or subscribe.", words[1]);
    question.action = static_cast<Action>(action - std::begin(kActions));
    bool is_filter = question.action == Action::Subscribe;
    if (words.size() == 2)
        return fmt::format("{} {}?", words[1], is_filter ? "which filter" : "which topic");
    if (words.size() > 3) return fmt::format("'{}' is not expected here.", words[3]);
    question.topic = words[2];
    if (is_filter && !mqtt::is_valid_topic_filter(question.topic))
        return fmt::format("'{}' is no topic filter.", question.topic);
    if (!is_filter && !mqtt::is_valid_topic_name(question.topic)) {
        return fmt::format(
            "'{}' is not a topic that can be published to; for a filter say "
            "subscribe.",
            question.topic);
    }
    return {};
}

// Answers from one ACL file; the exit code.
int explain(const Question& question, const std::string& acl_file) {
    auto acl = auth::AclFile::load(acl_file);
    if (!acl) return fail(acl.error().text, kExitBadUse);
    for (const std::string& warning : acl.value().warnings())
        std::fprintf(stderr, "%s\n", warning.c_str());
    const auto& file = acl.value();
    const auto& user = question.user_name;
    const auto& client = question.client_id;
    std::string answer;
    bool is_allowed = true;
    if (question.action == Action::All) {
        answer = file.explain_all(user, client);
    } else if (question.action == Action::Subscribe) {
        answer = file.explain_subscription(user, client, question.topic);
        is_allowed = file.may_read_any(user, client, question.topic);
    } else {
        auto access = question.action == Action::Read ? auth::Access::Read : auth::Access::Write;
        answer = file.explain(user, client, access, question.topic);
        is_allowed = file.decide(user, client, access, question.topic).is_allowed;
    }
    std::printf("%s\n", answer.c_str());
    return is_allowed ? 0 : kExitDenied;
}

std::string name_of(const config::Listener& listener) {
    if (listener.where.empty()) return "The default listener";
    return fmt::format("The listener of {}", listener.where);
}

// Asks each ACL file of the configuration once, in the order of the listeners.
int explain_configuration(const Question& question) {
    config::CommandLine command_line;
    command_line.config_file = question.config_file;
    auto loaded = config::load(command_line);
    if (!loaded) return fail(loaded.error().text, kExitBadUse);
    int code = 0;
    std::vector<std::string> asked;
    for (const auto& listener : loaded.value().settings.listeners) {
        if (listener.is_http) continue;
        const auto& acl_file = listener.broker.auth.acl_file;
        if (!acl_file) {
            std::printf("%s has no acl_file: everything is allowed.\n", name_of(listener).c_str());
            continue;
        }
        if (std::find(asked.begin(), asked.end(), *acl_file) != asked.end()) continue;
        asked.push_back(*acl_file);
        code = std::max(code, explain(question, *acl_file));
    }
    return code;
}

}  // namespace

const CommandTable& acl_table() {
    static const CommandTable table = {"says what an ACL file allows, and by which line.", kUsages,
                                       kWords, kGroups, kEnding};
    return table;
}

int acl_main(int argc, char** argv) {
    Arguments arguments = read_arguments(acl_table(), argc, argv);
    if (arguments.exit_code) return *arguments.exit_code;
    Question question;
    std::string problem = take(arguments, question);
    if (!problem.empty()) return refuse_use(argv[0], problem);
    if (question.acl_file.empty()) return explain_configuration(question);
    return explain(question, question.acl_file);
}

}  // namespace martlet::cli
