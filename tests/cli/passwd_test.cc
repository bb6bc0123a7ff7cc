// `martlet passwd` against the texts and exit codes that scripts know, and side by side with
// Debian's mosquitto_passwd where that is installed.

#include "cli/passwd.h"

#include "auth/password_file.h"
#include "tests/auth/temporary_folder.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <pty.h>
#include <sys/wait.h>
#include <unistd.h>

namespace martlet::cli {
namespace {

using Words = std::vector<std::string>;

struct Outcome {
    int code = -1;
    std::string out;
    std::string err;
};

std::vector<char*> pointers(Words& words) {
    std::vector<char*> made;
    for (auto& word : words) made.push_back(word.data());
    made.push_back(nullptr);
    return made;
}

[[noreturn]] void run_ours(Words& words) {
    auto argv = pointers(words);
    int code = passwd_main(static_cast<int>(words.size()), argv.data());
    std::fflush(nullptr);
    _exit(code);
}

// Runs in a child process with its own standard files. `program` empty: ours.
Outcome run(const std::string& program, Words words, const std::string& input = "") {
    words.insert(words.begin(), program.empty() ? "passwd" : program);
    TemporaryFolder folder;
    auto in = folder.write("in", input), out = folder.path("out"), err = folder.path("err");
    std::fflush(nullptr);
    pid_t child = fork();
    if (child == 0) {
        if (std::freopen(in.c_str(), "r", stdin) == nullptr) _exit(99);
        if (std::freopen(out.c_str(), "w", stdout) == nullptr) _exit(99);
        if (std::freopen(err.c_str(), "w", stderr) == nullptr) _exit(99);
        if (program.empty()) run_ours(words);
        execvp(program.c_str(), pointers(words).data());
        _exit(98);
    }
    int status = 0;
    waitpid(child, &status, 0);
    return {WIFEXITED(status) ? WEXITSTATUS(status) : -1, TemporaryFolder::read(out),
            TemporaryFolder::read(err)};
}

Outcome run(Words words, const std::string& input = "") {
    return run("", std::move(words), input);
}

bool has_reference() {
    return std::system("command -v mosquitto_passwd >/dev/null 2>&1") == 0;
}

bool verifies(const std::string& path, std::string_view user, std::string_view password) {
    auto file = auth::PasswordFile::parse(TemporaryFolder::read(path), path);
    if (!file) return false;
    const auto* hash = file.value().find(user);
    return hash != nullptr && hash->verify(as_bytes(password));
}

struct BadUse {
    Words words;
    std::string err;
};

const std::vector<BadUse>& bad_uses() {
    static const std::vector<BadUse> all = {
        {{"-H"}, "Error: -H argument given but not enough other arguments.\n"},
        {{"-H", "nohash"}, "Error: Unknown hash type 'nohash'\n"},
        {{"-I"}, "Error: -I argument given but not enough other arguments.\n"},
        {{"-I", "0"}, "Error: Number of iterations must be > 0.\n"},
        {{"-I", "x"}, "Error: Number of iterations must be > 0.\n"},
        {{"-c", "-D"}, "Error: -c and -D cannot be used together.\n"},
        {{"-c", "-U"}, "Error: -c and -U cannot be used together.\n"},
        {{"-U", "-D"}, "Error: -D and -U cannot be used together.\n"},
        {{"-b", "-D"}, "Error: -b and -D cannot be used together.\n"},
        {{"-c", "-b"},
         "Error: -c argument given but password file, username, or password missing.\n"},
        {{"-c", "-b", "f", "u"},
         "Error: -c argument given but password file, username, or password missing.\n"},
        {{"-c"}, "Error: -c argument given but password file or username missing.\n"},
        {{"-c", "f"}, "Error: -c argument given but password file or username missing.\n"},
        {{"-D"}, "Error: -D argument given but password file or username missing.\n"},
        {{"-D", "f"}, "Error: -D argument given but password file or username missing.\n"},
        {{"-U"}, "Error: -U argument given but password file missing.\n"},
        {{"-D", "f", "bad:"}, "Error: Username must not contain the ':' character.\n"},
        {{"-D", "f", "bad\n"}, "Error: Username must not contain control characters.\n"},
        {{"-D", "f", std::string(65536, 'a')},
         "Error: Username must be less than 65536 characters long.\n"},
        {{"-b", "/no/dir/f", "u", "p"},
         "Error: Unable to open password file /no/dir/f. No such file or directory.\n"},
        {{"-c", "-b", "/no/dir/f", "u", "p"},
         "Error: Unable to open file /no/dir/f for writing. No such file or directory.\n"},
        {{"-D", "/no/dir/f", "u"},
         "Error: Unable to open password file /no/dir/f. No such file or directory.\n"},
        {{"-U", "/no/dir/f"},
         "Error: Unable to open password file /no/dir/f. No such file or directory.\n"},
    };
    return all;
}

TEST(Passwd, refuses_bad_use_in_the_known_words) {
    for (const auto& [words, err] : bad_uses()) {
        auto outcome = run(words);
        EXPECT_EQ(outcome.code, 1);
        EXPECT_EQ(outcome.err, err);
        EXPECT_EQ(outcome.out, "");
    }
}

TEST(Passwd, a_file_that_could_be_made_names_the_flag_that_makes_it) {
    TemporaryFolder folder;
    auto file = folder.path("new");
    auto text = "Error: Unable to open password file " + file + ". No such file or directory.";
    EXPECT_EQ(run({"-b", file, "u", "p"}).err, text + " To make it, give -c.\n");
    EXPECT_EQ(run({"-D", file, "u"}).err, text + "\n");
}

TEST(Passwd, an_empty_password_is_taken_with_a_warning) {
    TemporaryFolder folder;
    auto file = folder.path("new");
    auto outcome = run({"-c", "-b", file, "anna", ""});
    EXPECT_EQ(outcome.code, 0);
    EXPECT_TRUE(outcome.err.starts_with("Warning: The password of 'anna' is empty")) << outcome.err;
    EXPECT_TRUE(verifies(file, "anna", ""));
    EXPECT_EQ(run({"-b", file, "anna", "secret"}).err, "");
}

TEST(Passwd, refuses_bad_use_as_the_reference_does) {
    if (!has_reference()) GTEST_SKIP() << "mosquitto_passwd is not installed";
    for (const auto& [words, err] : bad_uses()) {
        auto theirs = run("mosquitto_passwd", words);
        // 2.0.11 has no words for these two yet, 2.1 has.
        bool is_newer = words == Words{"-U"} || words == Words{"-b", "-D"};
        EXPECT_EQ(theirs.code, 1) << err;
        if (!is_newer) {
            EXPECT_EQ(theirs.err, err);
        }
    }
}

TEST(Passwd, shows_its_usage) {
    for (const Words& words : {Words{}, Words{"--help"}, Words{"f"}, Words{"-b", "f", "u"},
                               Words{"f", "u", "p"}, Words{"-b", "f", "u", "p", "x"}}) {
        auto outcome = run(words);
        EXPECT_EQ(outcome.code, 1);
        EXPECT_NE(outcome.out.find("Usage: passwd "), std::string::npos);
        EXPECT_EQ(outcome.err, "");
    }
}

TEST(Passwd, refuses_names_that_would_not_be_found_again) {
    TemporaryFolder folder;
    auto file = folder.write("f", "");
    for (const char* name : {"", "#x", " x", "x "}) {
        EXPECT_EQ(run({"-b", file, name, "p"}).code, 1) << name;
        EXPECT_EQ(TemporaryFolder::read(file), "");
    }
}

// M3.11
TEST(Passwd, m3_11_asks_twice_and_writes_the_usual_line) {
    TemporaryFolder folder;
    auto file = folder.path("passwd");
    auto outcome = run({"-c", file, "bob"}, "pa ss\npa ss\n");
    EXPECT_EQ(outcome.code, 0);
    EXPECT_EQ(outcome.out, "Password: \nReenter password: \n");
    EXPECT_EQ(outcome.err, "");
    EXPECT_TRUE(TemporaryFolder::read(file).starts_with("bob:$7$1000$"));
    EXPECT_TRUE(verifies(file, "bob", "pa ss"));
    EXPECT_EQ(std::filesystem::status(file).permissions() & std::filesystem::perms::others_all,
              std::filesystem::perms::none);
}

TEST(Passwd, refuses_passwords_that_differ_or_are_empty) {
    TemporaryFolder folder;
    auto file = folder.path("passwd");
    auto differ = run({"-c", file, "bob"}, "not\nmatching\n");
    EXPECT_EQ(differ.code, 2);
    EXPECT_EQ(differ.err, "Error: Passwords do not match.\n");
    for (const char* input : {"", "\n", "one\n"}) {
        auto empty = run({"-c", file, "bob"}, input);
        EXPECT_EQ(empty.code, 1);
        EXPECT_EQ(empty.err, "Error: Empty password.\n");
    }
    EXPECT_FALSE(std::filesystem::exists(file));
}

TEST(Passwd, prints_to_stdout) {
    auto batch = run({"-b", "-c", "-", "stdout", "pw"});
    EXPECT_EQ(batch.code, 0);
    EXPECT_TRUE(batch.out.starts_with("stdout:$7$1000$"));
    EXPECT_TRUE(run({"-c", "-", "stdout"}, "pw\npw\n")
                    .out.starts_with("Password: \nReenter password: \nstdout:$7$1000$"));
}

TEST(Passwd, edits_a_file) {
    TemporaryFolder folder;
    auto file = folder.write("f", "# who\n");
    EXPECT_EQ(run({"-H", "sha512", "-b", file, "one", "p1"}).code, 0);
    EXPECT_EQ(run({"-I", "77", "-b", file, "two", "p2"}).code, 0);
    EXPECT_EQ(run({"-H", "argon2id", "-b", file, "three", "p3"}).code, 0);
    EXPECT_EQ(run({"-b", file, "one", "changed"}).code, 0);
    auto text = TemporaryFolder::read(file);
    EXPECT_TRUE(text.starts_with("# who\none:$7$1000$")) << text;
    EXPECT_NE(text.find("\ntwo:$7$77$"), std::string::npos) << text;
    EXPECT_NE(text.find("\nthree:$argon2id$v=19$"), std::string::npos) << text;
    EXPECT_TRUE(verifies(file, "one", "changed"));
    EXPECT_TRUE(verifies(file, "two", "p2"));
    EXPECT_TRUE(verifies(file, "three", "p3"));
    EXPECT_EQ(run({"-D", file, "two"}).code, 0);
    auto again = run({"-D", file, "two"});
    EXPECT_EQ(again.code, 1);
    EXPECT_EQ(again.err, "Warning: User two not found in password file.\n");
    EXPECT_FALSE(verifies(file, "two", "p2"));
    EXPECT_TRUE(verifies(file, "three", "p3"));
}

TEST(Passwd, hashes_a_file_in_clear) {
    TemporaryFolder folder;
    auto file = folder.write("f", "one:p1\ntwo:p2\n");
    EXPECT_EQ(run({"-U", file}).code, 0);
    EXPECT_TRUE(verifies(file, "one", "p1"));
    EXPECT_TRUE(verifies(file, "two", "p2"));
    auto text = TemporaryFolder::read(file);
    EXPECT_EQ(run({"-U", file}).code, 0);
    EXPECT_EQ(TemporaryFolder::read(file), text);
}

TEST(Passwd, leaves_a_wrong_file_alone) {
    TemporaryFolder folder;
    auto file = folder.write("mosquitto.conf", "listener 1883\n");
    for (const Words& words :
         {Words{"-b", file, "u", "p"}, Words{"-D", file, "u"}, Words{"-U", file}}) {
        auto outcome = run(words);
        EXPECT_EQ(outcome.code, 1);
        EXPECT_EQ(outcome.err, "Error: Corrupt password file at line 1.\n");
        EXPECT_EQ(TemporaryFolder::read(file), "listener 1883\n");
    }
}

// The reference program can go on with our files.
TEST(Passwd, writes_what_the_reference_edits) {
    if (!has_reference()) GTEST_SKIP() << "mosquitto_passwd is not installed";
    TemporaryFolder folder;
    auto file = folder.path("f");
    ASSERT_EQ(run({"-c", "-b", file, "one", "p1"}).code, 0);
    ASSERT_EQ(run({"-b", file, "two", "p2"}).code, 0);
    ASSERT_EQ(run("mosquitto_passwd", {"-D", file, "one"}).code, 0);
    ASSERT_EQ(run("mosquitto_passwd", {"-b", file, "three", "p3"}).code, 0);
    EXPECT_FALSE(verifies(file, "one", "p1"));
    EXPECT_TRUE(verifies(file, "two", "p2"));
    EXPECT_TRUE(verifies(file, "three", "p3"));
}

// Reads the child's side until `wanted` was seen or it ended.
std::string read_until(int terminal, const std::string& wanted) {
    std::string seen;
    char c = 0;
    while (seen.find(wanted) == std::string::npos && read(terminal, &c, 1) == 1) seen += c;
    return seen;
}

TEST(Passwd, shows_no_password_on_a_terminal) {
    TemporaryFolder folder;
    auto file = folder.path("f");
    int terminal = -1;
    std::fflush(nullptr);
    pid_t child = forkpty(&terminal, nullptr, nullptr, nullptr);
    if (child == 0) {
        Words words{"passwd", "-c", file, "bob"};
        run_ours(words);
    }
    auto seen = read_until(terminal, "Password: ");
    ASSERT_EQ(write(terminal, "secret\n", 7), 7);
    seen += read_until(terminal, "Reenter password: ");
    ASSERT_EQ(write(terminal, "secret\n", 7), 7);
    seen += read_until(terminal, "\n");
    int status = 0;
    waitpid(child, &status, 0);
    close(terminal);
    EXPECT_EQ(WEXITSTATUS(status), 0);
    EXPECT_EQ(seen, "Password: \r\nReenter password: \r\n");
    EXPECT_TRUE(verifies(file, "bob", "secret"));
}

}  // namespace
}  // namespace martlet::cli
