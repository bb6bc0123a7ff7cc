// What all commands have in common: their help, the shell's completion, and the reference made of
// both.

#include "cli/commands.h"

#include "cli/completion.h"
#include "cli/flags/command_table.h"
#include "tests/cli/program_run.h"

#include <gtest/gtest.h>

#include <set>

namespace martlet::cli {
namespace {

Ran run(std::vector<std::string> words) {
    return ProgramRun(run_command, std::move(words)).wait();
}

bool is_option_letter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-';
}

// What looks like an option and begins a line of the list, "-c, --config-file FILE  ...".
std::set<std::string> options_of(const std::string& help) {
    std::set<std::string> options;
    std::size_t begin = 0;
    while (begin < help.size()) {
        std::size_t end = std::min(help.find('\n', begin), help.size());
        std::string line = help.substr(begin, end - begin);
        begin = end + 1;
        std::size_t at = line.find_first_not_of(' ');
        if (at == 0 || at == std::string::npos || line[at] != '-') continue;
        while (at < line.size() && line[at] == '-') {
            std::size_t word = at;
            while (at < line.size() && is_option_letter(line[at])) at++;
            options.insert(line.substr(word, at - word));
            if (line.compare(at, 2, ", ") != 0) break;
            at += 2;
        }
    }
    return options;
}

TEST(Commands, HelpOfEachIsOnStdoutAndTellsItsName) {
    for (const Command& command : commands()) {
        std::string word(command.word);
        Ran help = run({"martlet", word, "--help"});
        EXPECT_TRUE(help.err.empty()) << word << help.err;
        EXPECT_NE(help.out.find("martlet " + word), std::string::npos) << help.out;
        for (std::size_t begin = 0; begin < help.out.size();) {
            std::size_t end = std::min(help.out.find('\n', begin), help.out.size());
            EXPECT_LE(end - begin, 120u) << help.out.substr(begin, end - begin);
            begin = end + 1;
        }
    }
}

TEST(Commands, CompletionKnowsEveryOptionThatHelpShows) {
    Ran script = run({"martlet", "completion", "bash"});
    for (const Command& command : commands()) {
        std::string word(command.word);
        std::size_t begin = script.out.find("        " + word + ") list='");
        ASSERT_NE(begin, std::string::npos) << word;
        std::string list = script.out.substr(begin, script.out.find("' ;;", begin) - begin) + " ";
        for (const std::string& option : options_of(run({"martlet", word, "--help"}).out)) {
            EXPECT_TRUE(list.find(" " + option + " ") != std::string::npos ||
                        list.find("'" + option + " ") != std::string::npos)
                << word << " " << option << ": " << list;
        }
    }
}

TEST(Commands, CompletionIsSoundForBash) {
    std::string program =
        "eval \"$1\"; COMP_WORDS=(martlet $2); COMP_CWORD=$3; _martlet; echo \"${COMPREPLY[*]}\"";
    std::string script = run({"martlet", "completion", "bash"}).out;
    auto complete = [&](const std::string& words, const std::string& at) {
        return ProgramRun(nullptr, {"bash", "-c", program, "bash", script, words, at}).wait().out;
    };
    EXPECT_EQ(complete("acc", "1"), "account\n");
    EXPECT_EQ(complete("account re", "2"), "remove\n");
    EXPECT_EQ(complete("sub --retain-h", "2"), "--retain-handling\n");
    EXPECT_EQ(complete("help tok", "2"), "token\n");
    EXPECT_EQ(complete("check -c my", "3"), "\n") << "then bash offers files";
}

TEST(Commands, AWordThatIsNoneNamesTheOneMeant) {
    Ran wrong = run({"martlet", "clint"});
    EXPECT_EQ(wrong.code, 3);
    EXPECT_EQ(wrong.err,
              "Error: martlet has no command 'clint'. Did you mean 'clients'?\n\n"
              "Use 'martlet --help' to see usage.\n");
    Ran other = run({"martlet", "xyzzy"});
    EXPECT_EQ(other.code, 3);
    EXPECT_EQ(other.err.find("Did you mean"), std::string::npos) << other.err;
}

TEST(Commands, AMosquittoProgramShowsItsNameWithoutTheFolder) {
    Ran sub = run({"/usr/bin/mosquitto_sub"});
    EXPECT_TRUE(sub.err.ends_with("Use 'mosquitto_sub --help' to see usage.\n")) << sub.err;
    Ran serve = run({"/usr/sbin/mosquitto", "-h"});
    EXPECT_TRUE(serve.out.starts_with("Usage: mosquitto [-c config_file]")) << serve.out;
    Ran ctrl = run({"/usr/bin/mosquitto_ctrl", "dynsec", "help"});
    EXPECT_EQ(ctrl.code, 3);
    EXPECT_NE(ctrl.err.find("does not stand in for mosquitto_ctrl"), std::string::npos) << ctrl.err;
}

TEST(Commands, ThePageIsWhatTheyShow) {
    std::string page = TemporaryFolder::read(MARTLET_SOURCE_DIR "/docs/commands.md");
    EXPECT_TRUE(page == run({"martlet", "help", "--markdown"}).out)
        << "docs/commands.md is out of date: martlet help --markdown > docs/commands.md";
}

TEST(Commands, PubWithoutAMessageNeedsOneLineToSaySo) {
    Ran pub = run({"martlet", "pub", "-t", "a"});
    EXPECT_EQ(pub.code, 1);
    EXPECT_EQ(pub.err, "Error: Both topic and message must be supplied.\n");
    EXPECT_EQ(pub.out, "\nUse 'martlet pub --help' to see usage.\n");
}

constexpr std::string_view kUsages[] = {"first|second [options]"};
constexpr std::string_view kWords[] = {"first", "second"};
constexpr Flag kFlags[] = {
    {"-n", "--number", "N", "a number"},
    {"--dry", "", "", "do nothing"},
    {"-o", "", "NAME=VALUE", "an option", true},
};
const std::span<const Flag> kGroups[] = {kFlags};
const CommandTable kTable = {"is for tests.", kUsages, kWords, kGroups, "The end."};

class Line : public testing::Test {
  protected:
    Arguments read(std::vector<std::string> words) {
        words.insert(words.begin(), "martlet test");
        std::vector<char*> argv;
        for (std::string& word : words) argv.push_back(word.data());
        testing::internal::CaptureStdout();
        testing::internal::CaptureStderr();
        Arguments arguments = read_arguments(kTable, static_cast<int>(argv.size()), argv.data());
        out_ = testing::internal::GetCapturedStdout();
        err_ = testing::internal::GetCapturedStderr();
        return arguments;
    }
    std::string out_, err_;
};

TEST_F(Line, WordsAndFlagsComeInAnyOrder) {
    Arguments arguments = read({"--dry", "second", "-n", "5", "-o", "a=b", "-", "-o", "c=d"});
    EXPECT_FALSE(arguments.exit_code);
    EXPECT_EQ(arguments.words, (std::vector<std::string>{"second", "-"}));
    EXPECT_TRUE(arguments.has("--dry"));
    EXPECT_EQ(arguments.value("-n"), "5");
    EXPECT_EQ(arguments.values("-o"), (std::vector<std::string>{"a=b", "c=d"}));
    EXPECT_EQ(read({"first", "--number=7"}).value("-n"), "7");
    EXPECT_EQ(read({"first", "--", "-x", "--dry"}).words,
              (std::vector<std::string>{"first", "-x", "--dry"}));
    EXPECT_EQ(read({"first", "-n", "-1"}).value("-n"), "-1");
}

TEST_F(Line, SaysWhatIsWrong) {
    struct Row {
        std::vector<std::string> words;
        std::string error;
    };
    for (const Row& row : std::vector<Row>{
             {{}, "Missing command: first or second."},
             {{"frist"}, "There is no 'frist'. Did you mean 'first'?"},
             {{"other"}, "There is no 'other': say first or second."},
             {{"first", "--numbr", "1"}, "Unknown option '--numbr'. Did you mean '--number'?"},
             {{"first", "-x"}, "Unknown option '-x'."},
             {{"first", "-n"}, "-n needs a value: -n N."},
             {{"first", "-n", "1", "--number", "2"}, "--number was given twice."},
             {{"first", "--dry=yes"}, "--dry takes no value."}}) {
        Arguments arguments = read(row.words);
        EXPECT_EQ(arguments.exit_code, kExitBadUse);
        EXPECT_EQ(err_, "Error: " + row.error + "\n\nUse 'martlet test --help' to see usage.\n");
    }
}

TEST_F(Line, HelpComesFromTheTable) {
    EXPECT_EQ(read({"first", "--help"}).exit_code, 0);
    EXPECT_EQ(out_,
              "martlet test is for tests.\n\n"
              "Usage: martlet test first|second [options]\n\n"
              "  -n, --number N            a number\n"
              "  --dry                     do nothing\n"
              "  -o NAME=VALUE             an option\n"
              "  -h, --help                show this\n\n"
              "The end.\n");
}

}  // namespace
}  // namespace martlet::cli
