#pragma once

// The words, flags and help of a command, as data. The reader of the command line, the text of
// --help and the shell's completion come from it. Cold path; one thread.

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace martlet::cli {

struct Flag {
    std::string_view name;       // "-c", or "--json" if there is no short one
    std::string_view long_name;  // or empty
    std::string_view value;      // as help calls it; empty: takes none
    std::string_view help;
    bool is_repeatable = false;
};

struct CommandTable {
    std::string_view purpose;                      // "NAME purpose."
    std::span<const std::string_view> usages;      // what follows the program's name, one a line
    std::span<const std::string_view> words;       // what the first word may be; empty: anything
    std::span<const std::span<const Flag>> flags;  // in groups, so that commands can share one
    std::string_view ending;                       // below the flags: exit codes, examples
};

// The words and flags that stood on the command line.
class Arguments {
  public:
    std::vector<std::string> words;
    // Set: all is said, end with it.
    std::optional<int> exit_code;

    bool has(std::string_view flag) const;
    // The last one; empty: it was not given.
    std::string value(std::string_view flag) const;
    std::vector<std::string> values(std::string_view flag) const;

  private:
    friend Arguments read_arguments(const CommandTable& table, int argc, char** argv);
    std::vector<std::pair<std::string_view, std::string>> flags_;
};

inline constexpr int kExitBadUse = 3;

// Prints --help, and the error of the line. argv[0] is the name to show. "--" ends the flags.
Arguments read_arguments(const CommandTable& table, int argc, char** argv);
// "Error: PROBLEM" and the hint at --help, on stderr. Returns kExitBadUse.
int refuse_use(const char* program, std::string_view problem);
// An error's text on stderr. Returns `code`.
int fail(std::string_view text, int code);

}  // namespace martlet::cli
