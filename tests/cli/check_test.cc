#include "cli/check.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <unistd.h>

namespace martlet::cli {
namespace {

class Check : public testing::Test {
  protected:
    void SetUp() override {
        std::string pattern = (std::filesystem::temp_directory_path() / "martlet-XXXXXX").string();
        ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
        dir_ = pattern;
    }
    void TearDown() override { std::filesystem::remove_all(dir_); }

    std::string write(const std::string& name, const std::string& text) {
        std::string path = dir_ + "/" + name;
        std::ofstream(path, std::ios::binary) << text;
        return path;
    }

    // The exit code; what is printed goes to out_ and err_.
    int check(std::vector<std::string> words) {
        words.insert(words.begin(), "martlet check");
        std::vector<char*> argv;
        for (std::string& word : words) argv.push_back(word.data());
        testing::internal::CaptureStdout();
        testing::internal::CaptureStderr();
        int code = check_main(static_cast<int>(argv.size()), argv.data());
        std::fflush(stdout);
        out_ = testing::internal::GetCapturedStdout();
        err_ = testing::internal::GetCapturedStderr();
        return code;
    }

    bool says(const std::string& text) const { return out_.find(text) != std::string::npos; }

    std::string dir_;
    std::string out_;
    std::string err_;
};

TEST_F(Check, a_sound_file) {
    std::string path = write("m.conf", "listener 1884\nmaximum_qos 1\nretry_interval 5\n");
    EXPECT_EQ(check({"-c", path}), 0);
    EXPECT_TRUE(says(path + ":1: listener: same\n"));
    EXPECT_TRUE(says(path + ":2: maximum_qos: mapped: "));
    EXPECT_TRUE(says(path + ":3: retry_interval: ignored: "));
    EXPECT_TRUE(says("Configuration OK"));
    EXPECT_EQ(check({path}), 0);
}

TEST_F(Check, all_problems_of_a_file) {
    std::string path = write("m.conf", "listner 1884\nmax_qos 5\nconnection a\nshards 2\n");
    EXPECT_EQ(check({"-c", path}), 3);
    EXPECT_TRUE(says(path + ":1: listner: unknown: Did you mean 'listener'?\n"));
    EXPECT_TRUE(says(path + ":2: max_qos: wrong: Error: 'max_qos' must be"));
    EXPECT_TRUE(says(path + ":3: Error: Invalid bridge configuration: no remote addresses"));
    EXPECT_TRUE(says(path + ":4: shards: own\n"));
    EXPECT_TRUE(says("3 problems: the broker would not start.\n"));
}

TEST_F(Check, M3_12_the_password_file_is_missing) {
    std::string path = write("m.conf", "listener 1884\npassword_file " + dir_ + "/passwdcode\n");
    EXPECT_EQ(check({path}), 3);
    EXPECT_TRUE(says(dir_ + "/passwdcode")) << out_;
    EXPECT_TRUE(says("1 problem: the broker would not start.\n"));
}

TEST_F(Check, nothing_reaches_the_terminal_raw) {
    check({write("m.conf", "\x1B]0;x\x07 y\n")});
    EXPECT_EQ(out_.find('\x1B'), std::string::npos);
    EXPECT_EQ(out_.find('\x07'), std::string::npos);
}

TEST_F(Check, no_such_file) {
    EXPECT_EQ(check({"-c", dir_ + "/none"}), 3);
    EXPECT_TRUE(says("Error: Unable to open config file"));
}

TEST_F(Check, wrong_words) {
    EXPECT_EQ(check({}), 3);
    EXPECT_TRUE(err_.starts_with("Error: No file given.\nUsage: martlet check "));
    EXPECT_EQ(check({"-c"}), 3);
    EXPECT_EQ(check({"a", "b"}), 3);
    EXPECT_EQ(check({"--foo"}), 3);
    EXPECT_TRUE(err_.starts_with("Error: Unknown option '--foo'.\n"));
}

TEST_F(Check, keys_and_help) {
    EXPECT_EQ(check({"--keys"}), 0);
    EXPECT_TRUE(says("  max_inflight_messages\n"));
    EXPECT_EQ(check({"--keys=markdown"}), 0);
    EXPECT_TRUE(out_.starts_with("# Configuration\n"));
    EXPECT_EQ(check({"-h"}), 0);
    EXPECT_TRUE(out_.starts_with("Usage: martlet check "));
}

}  // namespace
}  // namespace martlet::cli
