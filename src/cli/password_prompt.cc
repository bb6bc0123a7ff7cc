#include "cli/password_prompt.h"

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <termios.h>
#include <unistd.h>

namespace martlet::cli {

namespace {

constexpr std::size_t kPasswordBytesMax = 65535;

// For the signal handler: what the terminal was like before.
termios echoing_terminal;

void restore_terminal_and_die(int signal_number) {
    tcsetattr(STDIN_FILENO, TCSANOW, &echoing_terminal);
    raise(signal_number);
}

// The terminal shows nothing that is typed while this lives, and shows it again even if a signal
// ends the process.
class EchoOff {
  public:
    EchoOff() {
        if (tcgetattr(STDIN_FILENO, &echoing_terminal) != 0) return;
        is_terminal_ = true;
        struct sigaction action {};
        action.sa_handler = restore_terminal_and_die;
        // The default is back when the handler runs, so its raise() ends the process.
        action.sa_flags = static_cast<int>(SA_RESETHAND);
        sigaction(SIGINT, &action, &old_int_);
        sigaction(SIGTERM, &action, &old_term_);
        termios silent = echoing_terminal;
        silent.c_lflag &= ~static_cast<tcflag_t>(ECHO);
        tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent);
    }
    ~EchoOff() {
        if (!is_terminal_) return;
        tcsetattr(STDIN_FILENO, TCSAFLUSH, &echoing_terminal);
        sigaction(SIGINT, &old_int_, nullptr);
        sigaction(SIGTERM, &old_term_, nullptr);
    }
    EchoOff(const EchoOff&) = delete;
    EchoOff& operator=(const EchoOff&) = delete;

  private:
    bool is_terminal_ = false;
    struct sigaction old_int_ {};
    struct sigaction old_term_ {};
};

// Byte by byte and not through stdio, whose buffer would keep a copy.
std::string read_line() {
    std::string line;
    for (char c = 0;;) {
        auto got = read(STDIN_FILENO, &c, 1);
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0 || c == '\n') break;
        if (line.size() <= kPasswordBytesMax) line += c;
    }
    if (line.ends_with('\r')) line.pop_back();
    return line;
}

void show(const char* text) {
    std::fputs(text, stdout);
    std::fflush(stdout);
}

}  // namespace

void wipe(std::string& secret) {
    explicit_bzero(secret.data(), secret.size());
    secret.clear();
}

Result<std::string> ask_password_twice() {
    EchoOff echo_off;
    show("Password: ");
    auto password = read_line();
    if (password.empty()) return Error{"Error: Empty password.", 1};
    show("\nReenter password: ");
    auto again = read_line();
    if (again.empty()) {
        wipe(password);
        return Error{"Error: Empty password.", 1};
    }
    show("\n");
    bool is_same = password == again;
    wipe(again);
    if (is_same) return password;
    wipe(password);
    return Error{"Error: Passwords do not match.", 2};
}

Result<std::string> ask_password() {
    if (isatty(STDIN_FILENO) == 1) return ask_password_twice();
    auto password = read_line();
    if (password.empty())
        return Error{"Error: Empty password. Expected: the password as a line of standard input.",
                     1};
    return password;
}

}  // namespace martlet::cli
