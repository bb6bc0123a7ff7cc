#include "cli/acl.h"

#include "auth/acl_file.h"
#include "base/log.h"
#include "config/load.h"
#include "mqtt/topic.h"

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

namespace martlet::cli {

namespace {

constexpr int kExitDenied = 1;
constexpr int kExitBadUse = 3;

struct Question {
    // One of the two is set.
    std::string acl_file;
    std::string config_file;
    std::string user_name;
    std::string client_id;
    auth::Access access = auth::Access::Read;
    std::string topic;
};

int fail(std::string_view text) {
    std::fprintf(stderr, "%.*s\n", static_cast<int>(text.size()), text.data());
    return kExitBadUse;
}

int show_usage(const char* name) {
    std::fprintf(
        stderr,
        "Usage: %s explain --acl-file FILE [-u USER] [-i CLIENTID] read|write TOPIC\n\n"
        "Tells whether the client may read from or write to the topic, and by which line.\n"
        "Without -u the client has no user name. Exit code 0: allowed, 1: denied.\n",
        name);
    return kExitBadUse;
}

// Null: no option that takes a value.
std::string* place_of(std::string_view option, Question& question) {
    if (option == "--acl-file") return &question.acl_file;
    if (option == "-c" || option == "--config-file") return &question.config_file;
    if (option == "-u" || option == "--username") return &question.user_name;
    if (option == "-i" || option == "--id") return &question.client_id;
    return nullptr;
}

bool parse(int argc, char** argv, Question& question) {
    if (argc < 2 || std::strcmp(argv[1], "explain") != 0) return false;
    std::vector<std::string_view> words;
    for (int i = 2; i < argc; ++i) {
        std::string_view word = argv[i];
        auto* place = place_of(word, question);
        if (place == nullptr) {
            // A topic may begin with '-', but only the second word is a topic.
            if (words.empty() && word.starts_with('-')) return false;
            words.push_back(word);
            continue;
        }
        if (++i == argc) return false;
        *place = argv[i];
    }
    if (words.size() != 2 || (words[0] != "read" && words[0] != "write")) return false;
    question.access = words[0] == "read" ? auth::Access::Read : auth::Access::Write;
    question.topic = words[1];
    return question.acl_file.empty() != question.config_file.empty();
}

// Answers from one ACL file; the exit code.
int explain(const Question& question, const std::string& acl_file) {
    auto acl = auth::AclFile::load(acl_file);
    if (!acl) return fail(acl.error().text);
    for (const std::string& warning : acl.value().warnings())
        std::fprintf(stderr, "%s\n", warning.c_str());
    auto answer = acl.value().explain(question.user_name, question.client_id, question.access,
                                      question.topic);
    std::printf("%s\n", answer.c_str());
    auto decision =
        acl.value().decide(question.user_name, question.client_id, question.access, question.topic);
    return decision.is_allowed ? 0 : kExitDenied;
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
    if (!loaded) return fail(loaded.error().text);
    int code = 0;
    std::vector<std::string> asked;
    for (const auto& listener : loaded.value().settings.listeners) {
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

int acl_main(int argc, char** argv) {
    Question question;
    if (!parse(argc, argv, question)) return show_usage(argv[0]);
    if (!mqtt::is_valid_topic_name(question.topic))
        return fail(
            fmt::format("Error: '{}' is not a topic that can be published to.", question.topic));
    if (question.acl_file.empty()) return explain_configuration(question);
    return explain(question, question.acl_file);
}

}  // namespace martlet::cli
