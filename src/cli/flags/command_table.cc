#include "cli/flags/command_table.h"

#include "base/edit_distance.h"
#include "base/text.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <unistd.h>

namespace martlet::cli {

namespace {

constexpr Flag kHelp = {"-h", "--help", "", "show this"};

void put(std::FILE* file, const std::string& text) {
    std::fwrite(text.data(), 1, text.size(), file);
}

// "Error:" in red, on a terminal whose owner has nothing against colours (no-color.org).
void put_error(const std::string& text) {
    constexpr std::string_view kWord = "Error:";
    bool is_red =
        text.starts_with(kWord) && isatty(STDERR_FILENO) != 0 && std::getenv("NO_COLOR") == nullptr;
    put(stderr,
        is_red ? fmt::format("\033[31m{}\033[0m{}", kWord, text.substr(kWord.size())) : text);
}

const Flag* find_flag(const CommandTable& table, std::string_view word) {
    if (word == kHelp.long_name) return &kHelp;
    for (std::span<const Flag> group : table.flags) {
        for (const Flag& flag : group) {
            if (flag.name == word || (!flag.long_name.empty() && flag.long_name == word))
                return &flag;
        }
    }
    return word == kHelp.name ? &kHelp : nullptr;
}

std::string unknown_flag(const CommandTable& table, std::string_view word) {
    std::vector<std::string_view> known = {kHelp.long_name};
    for (std::span<const Flag> group : table.flags) {
        for (const Flag& flag : group)
            known.push_back(flag.long_name.empty() ? flag.name : flag.long_name);
    }
    std::string text = fmt::format("Unknown option '{}'.", word);
    std::string_view nearest =
        word.starts_with("--") ? nearest_word(word, known) : std::string_view();
    if (!nearest.empty()) text += fmt::format(" Did you mean '{}'?", nearest);
    return text;
}

std::string list_of(std::span<const std::string_view> words) {
    std::string list;
    for (std::size_t i = 0; i < words.size(); i++) {
        if (i > 0) list += i + 1 == words.size() ? " or " : ", ";
        list += words[i];
    }
    return list;
}

// Empty: fine.
std::string check_first_word(const CommandTable& table, const Arguments& arguments) {
    if (table.words.empty()) return {};
    if (arguments.words.empty()) return fmt::format("Missing command: {}.", list_of(table.words));
    const std::string& word = arguments.words[0];
    if (std::find(table.words.begin(), table.words.end(), word) != table.words.end()) return {};
    std::string_view nearest = nearest_word(word, table.words);
    if (!nearest.empty()) return fmt::format("There is no '{}'. Did you mean '{}'?", word, nearest);
    return fmt::format("There is no '{}': say {}.", word, list_of(table.words));
}

void print_flag(const Flag& flag, std::size_t width) {
    std::string left(flag.name);
    if (!flag.long_name.empty()) left += fmt::format(", {}", flag.long_name);
    if (!flag.value.empty()) left += fmt::format(" {}", flag.value);
    put(stdout, fmt::format("  {:<{}}  {}\n", left, width, flag.help));
}

void print_help(const CommandTable& table, const char* program) {
    put(stdout, fmt::format("{} {}\n\n", program, table.purpose));
    const char* lead = "Usage:";
    for (std::string_view usage : table.usages) {
        put(stdout, fmt::format("{} {} {}\n", lead, program, usage));
        lead = "      ";
    }
    put(stdout, "\n");
    constexpr std::size_t kWidth = 24;
    for (std::span<const Flag> group : table.flags) {
        for (const Flag& flag : group) print_flag(flag, kWidth);
    }
    const Flag* help = find_flag(table, kHelp.name);
    print_flag(help == &kHelp ? kHelp : Flag{kHelp.long_name, "", "", kHelp.help}, kWidth);
    if (!table.ending.empty()) put(stdout, fmt::format("\n{}\n", table.ending));
}

}  // namespace

bool Arguments::has(std::string_view flag) const {
    return std::any_of(flags_.begin(), flags_.end(),
                       [&](const auto& one) { return one.first == flag; });
}

std::string Arguments::value(std::string_view flag) const {
    std::string found;
    for (const auto& [name, value] : flags_) {
        if (name == flag) found = value;
    }
    return found;
}

std::vector<std::string> Arguments::values(std::string_view flag) const {
    std::vector<std::string> found;
    for (const auto& [name, value] : flags_) {
        if (name == flag) found.push_back(value);
    }
    return found;
}

Arguments read_arguments(const CommandTable& table, int argc, char** argv) {
    Arguments arguments;
    auto refuse = [&](std::string_view problem) {
        arguments.exit_code = refuse_use(argv[0], problem);
        return arguments;
    };
    bool is_flag_possible = true;
    for (int i = 1; i < argc; i++) {
        std::string_view word = argv[i];
        if (is_flag_possible && word == "--") {
            is_flag_possible = false;
            continue;
        }
        if (!is_flag_possible || word.size() < 2 || word[0] != '-') {
            arguments.words.emplace_back(word);
            continue;
        }
        // "--name=value" is "--name value".
        std::size_t equals = word.starts_with("--") ? word.find('=') : std::string_view::npos;
        const Flag* flag = find_flag(table, word.substr(0, equals));
        if (flag == nullptr) return refuse(unknown_flag(table, word.substr(0, equals)));
        if (flag->name == kHelp.name && flag->long_name == kHelp.long_name) {
            print_help(table, argv[0]);
            arguments.exit_code = 0;
            return arguments;
        }
        bool has_value = equals != std::string_view::npos;
        if (has_value && flag->value.empty())
            return refuse(fmt::format("{} takes no value.", word.substr(0, equals)));
        if (!flag->value.empty() && !has_value && ++i == argc)
            return refuse(fmt::format("{} needs a value: {} {}.", word, word, flag->value));
        if (!flag->is_repeatable && arguments.has(flag->name))
            return refuse(fmt::format("{} was given twice.", word.substr(0, equals)));
        std::string value;
        if (!flag->value.empty()) value = has_value ? word.substr(equals + 1) : argv[i];
        arguments.flags_.emplace_back(flag->name, std::move(value));
    }
    if (std::string problem = check_first_word(table, arguments); !problem.empty())
        return refuse(problem);
    return arguments;
}

int refuse_use(const char* program, std::string_view problem) {
    put_error(fmt::format("Error: {}\n\nUse '{} --help' to see usage.\n", problem, program));
    return kExitBadUse;
}

int fail(std::string_view text, int code) {
    put_error(fmt::format("{}\n", text));
    return code;
}

}  // namespace martlet::cli
