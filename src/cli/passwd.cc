#include "cli/passwd.h"

#include "auth/password_edit.h"
#include "auth/replace_file.h"
#include "auth/text_file.h"
#include "base/log.h"
#include "cli/password_prompt.h"

#include <cerrno>
#include <charconv>
#include <cstdio>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <unistd.h>

namespace martlet::cli {

namespace {

constexpr int kExitBadUse = 1;

struct Command {
    auth::HashScheme scheme = auth::HashScheme::Pbkdf2Sha512;
    std::uint32_t iterations = 0;  // 0: the usual number
    bool is_batch = false;
    bool is_create = false;
    bool is_delete = false;
    bool is_update = false;
    std::string file;
    std::string user_name;
    // Not set: ask for it.
    std::optional<std::string> password;
};

int fail(std::string_view text, int code = kExitBadUse) {
    std::fprintf(stderr, "%.*s\n", static_cast<int>(text.size()), text.data());
    return code;
}

int fail(const Error& error) {
    return fail(error.text, error.code);
}

int show_usage(const char* name) {
    std::printf(
        "%s makes and edits the password file of a broker.\n\n"
        "Usage: %s [-H METHOD] [-I N] [-c] FILE USER            ask for the password and set it\n"
        "       %s [-H METHOD] [-I N] [-c] -b FILE USER PASSWORD\n"
        "       %s -D FILE USER                                 take the user out\n"
        "       %s [-H METHOD] [-I N] -U FILE                   hash passwords that are in "
        "clear\n\n"
        " -b  batch: the password is on the command line (others can see it there)\n"
        " -c  create FILE, or empty it if it exists; with - as FILE the line goes to stdout\n"
        " -D  delete the user\n"
        " -H  sha512-pbkdf2 (the default, read by all), argon2id (read by Martlet and mosquitto "
        "2.1)\n"
        "     or sha512 (only for mosquitto 1.6 and older)\n"
        " -I  iterations of sha512-pbkdf2, by default 1000\n"
        " -U  update a file whose passwords are in clear\n",
        name, name, name, name, name);
    return kExitBadUse;
}

// Error texts of one kind; empty: all is well.
std::string set_scheme(std::string_view word, Command& command) {
    if (word == "sha512")
        command.scheme = auth::HashScheme::Sha512;
    else if (word == "sha512-pbkdf2")
        command.scheme = auth::HashScheme::Pbkdf2Sha512;
    else if (word == "argon2id")
        command.scheme = auth::HashScheme::Argon2id;
    else
        return fmt::format("Error: Unknown hash type '{}'", word);
    return {};
}

std::string set_iterations(std::string_view word, Command& command) {
    auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), command.iterations);
    bool is_number = error == std::errc() && end == word.data() + word.size();
    if (!is_number || command.iterations == 0) return "Error: Number of iterations must be > 0.";
    return {};
}

// Takes the options; `next` is then the first argument that is none. Returns an error text or "".
std::string parse_options(int argc, char** argv, int& next, Command& command) {
    for (next = 1; next < argc; ++next) {
        std::string_view option = argv[next];
        if (option == "-b")
            command.is_batch = true;
        else if (option == "-c")
            command.is_create = true;
        else if (option == "-D")
            command.is_delete = true;
        else if (option == "-U")
            command.is_update = true;
        else if (option == "-H" || option == "-I") {
            if (++next == argc)
                return fmt::format("Error: {} argument given but not enough other arguments.",
                                   option);
            auto error = option == "-H" ? set_scheme(argv[next], command)
                                        : set_iterations(argv[next], command);
            if (!error.empty()) return error;
        } else {
            break;
        }
    }
    return {};
}

std::string find_conflict(const Command& command) {
    if (command.is_create && command.is_delete) return "Error: -c and -D cannot be used together.";
    if (command.is_create && command.is_update) return "Error: -c and -U cannot be used together.";
    if (command.is_delete && command.is_update) return "Error: -D and -U cannot be used together.";
    if (command.is_delete && command.is_batch) return "Error: -b and -D cannot be used together.";
    return {};
}

// Takes file, user and password from the `count` words. False: show the usage.
bool take_words(int count, char** words, Command& command, std::string& error) {
    bool wants_password = command.is_batch && !command.is_update;
    int wanted = command.is_update ? 1 : wants_password ? 3 : 2;
    bool is_enough = command.is_create || command.is_delete ? count >= wanted : count == wanted;
    if (!is_enough) {
        if (command.is_create && wants_password)
            error = "Error: -c argument given but password file, username, or password missing.";
        else if (command.is_create)
            error = "Error: -c argument given but password file or username missing.";
        else if (command.is_delete)
            error = "Error: -D argument given but password file or username missing.";
        else if (command.is_update)
            error = "Error: -U argument given but password file missing.";
        return !error.empty();
    }
    command.file = words[0];
    if (wanted >= 2) command.user_name = words[1];
    if (wanted == 3) command.password = words[2];
    return true;
}

int get_password(Command& command) {
    if (!command.password) {
        auto asked = ask_password_twice();
        if (!asked) return fail(asked.error());
        command.password = std::move(asked).value();
    }
    // mosquitto_passwd takes it as well.
    if (command.password->empty()) {
        std::fprintf(stderr,
                     "Warning: The password of '%s' is empty: whoever knows the name gets in.\n",
                     command.user_name.c_str());
    }
    if (command.password->size() > 65535)
        return fail("Error: Password must be less than 65536 characters long.");
    return 0;
}

Result<auth::PasswordHash> make_hash(Command& command) {
    auto hash =
        auth::PasswordHash::make(command.scheme, command.iterations, as_bytes(*command.password));
    wipe(*command.password);
    return hash;
}

// The file is missing, its folder is not.
bool could_be_made(const Command& command, int error) {
    if (command.is_delete || command.is_update) return false;
    const std::string& path = command.file;
    std::size_t slash = path.rfind('/');
    std::string folder = slash == std::string::npos ? "." : path.substr(0, slash + 1);
    return error == ENOENT && access(folder.c_str(), W_OK) == 0;
}

// For a person: a script reads no hint.
int written(const Status& status) {
    if (!status) return fail(status.error());
    if (isatty(STDOUT_FILENO) != 0)
        std::printf("A running broker reads the file again on: kill -HUP PROCESS\n");
    return 0;
}

int create_file(Command& command) {
    if (int code = get_password(command)) return code;
    auto hash = make_hash(command);
    if (!hash) return fail(hash.error());
    auto text = auth::set_password("", command.user_name, hash.value());
    if (!text) return fail(text.error());
    if (command.file == "-") {
        std::fputs(text.value().c_str(), stdout);
        return std::fflush(stdout) == 0 ? 0 : kExitBadUse;
    }
    return written(auth::replace_file(command.file, text.value()));
}

Result<std::string> edit(Command& command, std::string_view text) {
    if (command.is_delete) return auth::remove_user(text, command.user_name);
    if (command.is_update) return auth::hash_passwords(text, command.scheme, command.iterations);
    auto hash = make_hash(command);
    if (!hash) return hash.error();
    return auth::set_password(text, command.user_name, hash.value());
}

int change_file(Command& command) {
    auto file = auth::read_text_file(command.file);
    if (file.error != 0)
        return fail(fmt::format("Error: Unable to open password file {}. {}.{}", command.file,
                                std::strerror(file.error),
                                could_be_made(command, file.error) ? " To make it, give -c." : ""));
    bool wants_password = !command.is_delete && !command.is_update;
    if (wants_password)
        if (int code = get_password(command)) return code;
    auto edited = edit(command, file.text);
    wipe(file.text);
    if (!edited) return fail(edited.error());
    return written(auth::replace_file(command.file, edited.value()));
}

}  // namespace

int passwd_main(int argc, char** argv) {
    if (argc <= 1) return show_usage(argv[0]);
    Command command;
    int next = 1;
    auto error = parse_options(argc, argv, next, command);
    if (error.empty()) error = find_conflict(command);
    if (!error.empty()) return fail(error);
    if (!take_words(argc - next, argv + next, command, error)) return show_usage(argv[0]);
    if (!error.empty()) return fail(error);
    if (!command.is_update) {
        auto checked = auth::check_user_name(command.user_name);
        if (!checked) return fail(checked.error());
    }
    return command.is_create ? create_file(command) : change_file(command);
}

}  // namespace martlet::cli
