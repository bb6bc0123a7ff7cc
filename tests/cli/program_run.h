#pragma once

// Runs one of our commands, or a program of Debian's, in a child process with its own standard
// files and a bare environment.

#include "tests/auth/temporary_folder.h"

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <poll.h>
#include <string>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

namespace martlet::cli {

struct Ran {
    int code = -1;
    std::string out;
    std::string err;
    bool operator==(const Ran&) const = default;
};

using Main = int (*)(int argc, char** argv);

class ProgramRun {
  public:
    // `main` null: the program `words[0]` of the path. Begins at once.
    ProgramRun(Main main, std::vector<std::string> words, const std::string& input = "",
               const std::string& config_home = "/nowhere") {
        auto in = folder_.write("in", input);
        std::fflush(nullptr);
        child_ = fork();
        if (child_ != 0) return;
        bool is_set = std::freopen(in.c_str(), "r", stdin) != nullptr &&
                      std::freopen(folder_.path("out").c_str(), "w", stdout) != nullptr &&
                      std::freopen(folder_.path("err").c_str(), "w", stderr) != nullptr;
        if (!is_set) _exit(99);
        setenv("XDG_CONFIG_HOME", config_home.c_str(), 1);
        setenv("TZ", "UTC", 1);
        std::vector<char*> argv;
        for (auto& word : words) argv.push_back(word.data());
        argv.push_back(nullptr);
        if (main == nullptr) {
            execvp(argv[0], argv.data());
            _exit(98);
        }
        int code = main(static_cast<int>(words.size()), argv.data());
        std::fflush(nullptr);
        _exit(code);
    }

    // Waits for its end; kills it when that takes too long: then `code` is -1.
    Ran wait() {
        int status = 0;
        alarm_child();
        waitpid(child_, &status, 0);
        return {WIFEXITED(status) ? WEXITSTATUS(status) : -1,
                TemporaryFolder::read(folder_.path("out")),
                TemporaryFolder::read(folder_.path("err"))};
    }

  private:
    // A pidfd becomes readable when the process ends.
    void alarm_child() const {
        int fd = static_cast<int>(syscall(SYS_pidfd_open, child_, 0));
        if (fd < 0) return;
        pollfd waiting{fd, POLLIN, 0};
        if (poll(&waiting, 1, 10'000) == 0) kill(child_, SIGKILL);
        close(fd);
    }

    TemporaryFolder folder_;
    pid_t child_;
};

// "\n", "\\" and {help} are written out.
inline std::string unescape(const std::string& text, const std::string& program) {
    std::string plain;
    for (std::size_t i = 0; i < text.size(); i++) {
        if (text[i] == '\\' && i + 1 < text.size()) {
            char next = text[++i];
            plain += next == 'n' ? '\n' : next;
        } else if (text.compare(i, 6, "{help}") == 0) {
            plain += "\nUse '" + program + " --help' to see usage.\n";
            i += 5;
        } else {
            plain += text[i];
        }
    }
    return plain;
}

inline std::vector<std::string> split_words(const std::string& text) {
    std::vector<std::string> words;
    bool is_quoted = false, is_word = false;
    for (char letter : text) {
        if (letter == '\'') {
            is_quoted = !is_quoted;
            if (!is_word) words.emplace_back();
            is_word = true;
        } else if (letter == ' ' && !is_quoted) {
            is_word = false;
        } else {
            if (!is_word) words.emplace_back();
            is_word = true;
            words.back() += letter;
        }
    }
    return words;
}

inline bool has_debian_clients() {
    static const bool has = [] {
        Ran ran = ProgramRun(nullptr, {"mosquitto_pub", "--version"}).wait();
        return ran.out.find("2.0.11") != std::string::npos;
    }();
    return has;
}

}  // namespace martlet::cli
