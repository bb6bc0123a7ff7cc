#include "cli/completion.h"

#include "base/text.h"
#include "cli/command_tables.h"
#include "cli/commands.h"
#include "cli/flags/client_draft.h"

#include <algorithm>
#include <cstdio>
#include <string>
#include <vector>

namespace martlet::cli {

namespace {

constexpr std::string_view kUsages[] = {"bash|zsh|fish"};
constexpr std::string_view kWords[] = {"bash", "zsh", "fish"};
constexpr std::string_view kEnding =
    "bash: martlet completion bash > /etc/bash_completion.d/martlet\n"
    "      or, for yourself: echo 'eval \"$(martlet completion bash)\"' >> ~/.bashrc\n"
    "zsh:  echo 'eval \"$(martlet completion zsh)\"' >> ~/.zshrc\n"
    "fish: martlet completion fish > ~/.config/fish/completions/martlet.fish";

// The words that may stand behind a command.
struct Choice {
    std::string word;
    bool takes_value = false;
    std::string help;
};

void add(std::vector<Choice>& choices, std::string_view word, bool takes_value,
         std::string_view help = {}) {
    if (!word.empty()) choices.push_back({std::string(word), takes_value, std::string(help)});
}

std::optional<ClientKind> client_kind(std::string_view word) {
    if (word == "pub") return ClientKind::Pub;
    if (word == "sub") return ClientKind::Sub;
    if (word == "rr") return ClientKind::Rr;
    return std::nullopt;
}

// The flags that --help shows.
void add_client_flags(std::vector<Choice>& choices, ClientKind kind) {
    for (const ClientFlag& flag : client_flags()) {
        if ((flag.kinds & static_cast<unsigned>(kind)) == 0 || flag.help.empty()) continue;
        add(choices, flag.name, !flag.value.empty(), flag.help);
        add(choices, flag.long_name, !flag.value.empty(), flag.help);
    }
}

void add_listed(std::vector<Choice>& choices, std::string_view list) {
    while (!list.empty()) {
        std::string_view word = list.substr(0, list.find(' '));
        list.remove_prefix(std::min(word.size() + 1, list.size()));
        bool takes_value = word.ends_with('=');
        if (takes_value) word.remove_suffix(1);
        add(choices, word, takes_value);
    }
}

std::vector<Choice> choices_of(const Command& command) {
    std::vector<Choice> choices;
    if (command.table != nullptr) {
        const CommandTable& table = command.table();
        for (std::string_view word : table.words) add(choices, word, false);
        for (std::span<const Flag> group : table.flags) {
            for (const Flag& flag : group) {
                add(choices, flag.name, !flag.value.empty(), flag.help);
                add(choices, flag.long_name, !flag.value.empty(), flag.help);
            }
        }
    } else if (auto kind = client_kind(command.word)) {
        add_client_flags(choices, *kind);
    } else {
        add_listed(choices, command.completes);
    }
    constexpr std::string_view kHelp = "show what the command takes";
    bool has_short = std::any_of(choices.begin(), choices.end(),
                                 [](const Choice& choice) { return choice.word == "-h"; });
    if (!has_short) add(choices, "-h", false, kHelp);
    add(choices, "--help", false, kHelp);
    return choices;
}

std::string joined(const std::vector<Choice>& choices, std::string_view separator,
                   bool only_with_value) {
    std::string text;
    for (const Choice& choice : choices) {
        if (only_with_value && !choice.takes_value) continue;
        if (!text.empty()) text += separator;
        text += choice.word;
    }
    return text;
}

// Where nothing of ours fits, bash offers files.
std::string bash_script() {
    std::string words = "help version";
    std::string lists;
    std::string values;
    for (const Command& command : commands()) {
        auto choices = choices_of(command);
        words += fmt::format(" {}", command.word);
        lists +=
            fmt::format("        {}) list='{}' ;;\n", command.word, joined(choices, " ", false));
        std::string taking = joined(choices, "|", true);
        if (!taking.empty())
            values += fmt::format("        {}) case $before in {}) return ;; esac ;;\n",
                                  command.word, taking);
    }
    return fmt::format(
        "# Completes commands and options of martlet. Made by: martlet completion bash\n"
        "_martlet() {{\n"
        "    local word=${{COMP_WORDS[COMP_CWORD]}} before=${{COMP_WORDS[COMP_CWORD-1]}} list=\n"
        "    COMPREPLY=()\n"
        "    if [ \"$COMP_CWORD\" = 1 ]; then\n"
        "        COMPREPLY=($(compgen -W '{}' -- \"$word\"))\n"
        "        return\n"
        "    fi\n"
        "    case ${{COMP_WORDS[1]}} in\n{}    esac\n"
        "    case ${{COMP_WORDS[1]}} in\n{}        help) list='{}' ;;\n    esac\n"
        "    COMPREPLY=($(compgen -W \"$list\" -- \"$word\"))\n"
        "}}\n"
        "complete -o default -F _martlet martlet\n",
        words, values, lists, words);
}

std::string zsh_script() {
    return "autoload -Uz bashcompinit && bashcompinit\n" + bash_script();
}

std::string in_quotes(std::string_view text) {
    std::string out = "'";
    for (char c : text) {
        if (c == '\'' || c == '\\') out += '\\';
        out += c;
    }
    return out + "'";
}

std::string fish_line(std::string_view command, const Choice& choice) {
    std::string line =
        fmt::format("complete -c martlet -n '__fish_seen_subcommand_from {}'", command);
    std::string_view word = choice.word;
    if (word.starts_with("--")) {
        line += fmt::format(" -l {}", word.substr(2));
    } else if (word.starts_with("-")) {
        line += fmt::format(" -{} {}", word.size() == 2 ? 's' : 'o', word.substr(1));
    } else {
        line += fmt::format(" -a {}", word);
    }
    if (choice.takes_value) line += " -r";
    if (!choice.help.empty()) line += fmt::format(" -d {}", in_quotes(choice.help));
    return line + "\n";
}

std::string fish_script() {
    std::string text =
        "# Completes commands and options of martlet. Made by: martlet completion fish\n";
    for (const Command& command : commands()) {
        text += fmt::format("complete -c martlet -n __fish_use_subcommand -f -a {} -d {}\n",
                            command.word, in_quotes(command.help));
    }
    for (const Command& command : commands()) {
        for (const Choice& choice : choices_of(command)) text += fish_line(command.word, choice);
    }
    return text;
}

}  // namespace

const CommandTable& completion_table() {
    static const std::span<const Flag> no_flags[] = {std::span<const Flag>()};
    static const CommandTable table = {
        "prints a script by which the shell completes commands and options.", kUsages, kWords,
        no_flags, kEnding};
    return table;
}

int completion_main(int argc, char** argv) {
    Arguments arguments = read_arguments(completion_table(), argc, argv);
    if (arguments.exit_code) return *arguments.exit_code;
    const std::string& shell = arguments.words[0];
    std::string script = shell == "bash"  ? bash_script()
                         : shell == "zsh" ? zsh_script()
                                          : fish_script();
    std::fwrite(script.data(), 1, script.size(), stdout);
    return 0;
}

}  // namespace martlet::cli
