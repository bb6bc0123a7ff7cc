// Runs tests/config/cases/*.cases: configurations and what must come of them, in text. The form is
// told in cases/README.md.

#include "base/log.h"
#include "config/load.h"
#include "config/words.h"
#include "tests/config/memory_files.h"
#include "tests/config/settings_text.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace martlet::config {
namespace {

const std::filesystem::path kCases = MARTLET_SOURCE_DIR "/tests/config/cases";

struct Case {
    std::string name;
    std::vector<std::string> expectations;
    CommandLine command_line;
    MemoryFiles files;
};

std::string file_text(const std::filesystem::path& path) {
    std::ifstream stream(path, std::ios::binary);
    EXPECT_TRUE(stream.good()) << path;
    std::ostringstream text;
    text << stream.rdbuf();
    return text.str();
}

std::string unescape(std::string_view text) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '\\' || i + 1 == text.size()) {
            out += text[i];
            continue;
        }
        char c = text[++i];
        if (c == 'r')
            out += '\r';
        else if (c == 't')
            out += '\t';
        else if (c == 'x')
            out += static_cast<char>(std::stoi(std::string(text.substr(i + 1, 2)), nullptr, 16)),
                i += 2;
        else
            out += c;
    }
    return out;
}

void read_args(std::string_view text, CommandLine& line) {
    Words words(text);
    for (std::string_view word = words.next(); !word.empty(); word = words.next()) {
        if (word == "-v")
            line.is_verbose = true;
        else if (word == "-q")
            line.is_quiet = true;
        else if (word == "--sandbox")
            line.is_sandbox = true;
        else if (word == "--no-file")
            line.config_file.clear();
        else if (word == "-p")
            line.ports.push_back(static_cast<std::uint16_t>(std::stoi(std::string(words.next()))));
        else
            ADD_FAILURE() << "unknown argument " << word;
    }
}

// One file of cases.
std::vector<Case> read_cases(const std::filesystem::path& path) {
    std::vector<Case> cases;
    std::istringstream lines(file_text(path));
    std::string file = "m.conf";
    std::string text;
    auto end_file = [&] {
        if (!cases.empty() && !text.empty()) cases.back().files.add(file, text);
        text.clear();
    };
    for (std::string line; std::getline(lines, line);) {
        if (line.starts_with('|')) {
            text += line.substr(1) + "\n";
        } else if (line.starts_with('\\')) {
            text += unescape(std::string_view(line).substr(1)) + "\n";
        } else if (line.empty() || line.starts_with('#')) {
            continue;
        } else if (line.starts_with("case ")) {
            end_file();
            file = "m.conf";
            cases.emplace_back();
            cases.back().name = line.substr(5);
            cases.back().command_line.config_file = "m.conf";
        } else if (line.starts_with("file ")) {
            end_file();
            file = line.substr(5);
        } else if (line.starts_with("from ")) {
            text += file_text(kCases / line.substr(5));
        } else if (line.starts_with("dir ")) {
            cases.back().files.add_dir(line.substr(4));
        } else if (line.starts_with("args ")) {
            read_args(line.substr(5), cases.back().command_line);
        } else {
            end_file();
            cases.back().expectations.push_back(line);
        }
    }
    end_file();
    return cases;
}

std::string all_of(const Reading& reading) {
    std::string out;
    for (const Problem& problem : reading.problems)
        for (const std::string& line : problem.lines()) out += "  problem: " + line + "\n";
    for (const Notice& notice : reading.notices)
        out += fmt::format("  notice: {} {} {} {}\n", notice.place.text(), notice.key,
                           name_of(notice.kind), notice.text);
    return out;
}

bool has_problem_line(const Reading& reading, std::string_view text) {
    for (const Problem& problem : reading.problems)
        for (const std::string& line : problem.lines())
            if (line == text) return true;
    return false;
}

// "PLACE KIND [part of the text]"; PLACE is a line of the main file, FILE:LINE, or "-".
bool has_notice(const Reading& reading, std::string_view text) {
    Words words(text);
    std::string place(words.next());
    if (place == "-")
        place.clear();
    else if (place.find(':') == std::string::npos)
        place = "m.conf:" + place;
    std::string_view kind = words.next();
    return std::any_of(reading.notices.begin(), reading.notices.end(), [&](const Notice& notice) {
        return notice.place.text() == place && name_of(notice.kind) == kind &&
               notice.text.find(words.rest()) != std::string::npos;
    });
}

bool has_log(const Reading& reading, std::string_view text) {
    for (const LogLine& line : log_lines(reading.notices))
        if (line.text.find(text) != std::string::npos) return true;
    return false;
}

bool holds(const Reading& reading, std::string_view expectation) {
    Words words(expectation);
    std::string_view what = words.next();
    std::string_view rest = words.rest();
    if (what == "ok") return reading.problems.empty();
    if (what == "exit")
        return !reading.problems.empty() && std::to_string(reading.problems.front().code) == rest;
    if (what == "first") return !reading.problems.empty() && reading.problems.front().text == rest;
    if (what == "error") return has_problem_line(reading, rest);
    if (what == "problems") return std::to_string(reading.problems.size()) == rest;
    if (what == "notice") return has_notice(reading, rest);
    if (what == "log") return has_log(reading, rest);
    if (what == "silent") return log_lines(reading.notices).empty();
    SettingsText settings = settings_text(reading.settings);
    std::string name(words.next());
    bool is_set = settings.count(name) != 0;
    if (what == "unset") return !is_set;
    EXPECT_EQ(what, "set") << "unknown expectation";
    EXPECT_EQ(words.next(), "=");
    return is_set && settings[name] == words.rest();
}

void run(const Case& one) {
    Reading reading = read(one.command_line, one.files);
    EXPECT_FALSE(one.expectations.empty()) << one.name << " expects nothing";
    for (const std::string& expectation : one.expectations)
        EXPECT_TRUE(holds(reading, expectation))
            << "case " << one.name << "\n  expected: " << expectation << "\n"
            << all_of(reading);
}

class CaseFile : public testing::TestWithParam<std::string> {};

TEST_P(CaseFile, holds) {
    std::vector<Case> cases = read_cases(kCases / (GetParam() + ".cases"));
    EXPECT_FALSE(cases.empty());
    for (const Case& one : cases) run(one);
}

std::vector<std::string> case_files() {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(kCases))
        if (entry.path().extension() == ".cases") names.push_back(entry.path().stem().string());
    std::sort(names.begin(), names.end());
    return names;
}

INSTANTIATE_TEST_SUITE_P(Config, CaseFile, testing::ValuesIn(case_files()),
                         [](const auto& instance) { return instance.param; });

}  // namespace
}  // namespace martlet::config
