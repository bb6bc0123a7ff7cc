#include "cli/flags/options_file.h"

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <string_view>

namespace martlet::cli {

namespace {

bool is_property_flag(std::string_view flag) {
    return flag == "-D" || flag == "--property";
}

std::string_view trim_left(std::string_view text) {
    while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
    return text;
}

// The value is the rest of the line, blanks in it included; -D has up to four values, of which the
// last is the rest.
std::vector<std::string> split(std::string_view line) {
    std::vector<std::string> words;
    line = trim_left(line);
    while (!line.empty()) {
        std::size_t words_max = 2;
        if (!words.empty() && is_property_flag(words[0])) {
            words_max = words.size() > 2 && words[2] == "user-property" ? 5 : 4;
        }
        bool is_last = words.size() + 1 == words_max;
        std::size_t end = is_last ? line.size() : std::min(line.find_first_of(" \t"), line.size());
        words.emplace_back(line.substr(0, end));
        line = trim_left(line.substr(end));
    }
    return words;
}

}  // namespace

Result<FileWords> read_options_file(const std::string& path) {
    std::ifstream file(path);
    if (!file) {
        return Error{"Error: Unable to open options file \"" + path +
                     "\": " + std::strerror(errno) + ".\n"};
    }
    FileWords lines;
    std::string line;
    while (std::getline(file, line)) {
        if (line.starts_with('#')) continue;
        while (!line.empty() && (line.back() == '\r' || line.back() == ' ')) line.pop_back();
        auto words = split(line);
        if (!words.empty()) lines.push_back(std::move(words));
    }
    return lines;
}

FileWords read_default_options(const std::string& name) {
    std::string path;
    if (const char* config = std::getenv("XDG_CONFIG_HOME")) {
        path = std::string(config) + "/" + name;
    } else if (const char* home = std::getenv("HOME")) {
        path = std::string(home) + "/.config/" + name;
    } else {
        return {};
    }
    auto lines = read_options_file(path);
    return lines ? std::move(lines).value() : FileWords{};
}

}  // namespace martlet::cli
