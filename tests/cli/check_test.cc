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
    EXPECT_TRUE(says("1 line as in mosquitto: listener\n")) << out_;
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
    EXPECT_TRUE(says("1 line of Martlet's own: shards\n")) << out_;
    EXPECT_TRUE(says("3 problems: the broker would not start.\n"));
}

TEST_F(Check, M3_12_the_password_file_is_missing) {
    std::string path = write("m.conf", "listener 1884\npassword_file " + dir_ + "/passwdcode\n");
    EXPECT_EQ(check({path}), 3);
    EXPECT_TRUE(says(dir_ + "/passwdcode")) << out_;
    EXPECT_TRUE(says("1 problem: the broker would not start.\n"));
}

TEST_F(Check, all_lines_one_by_one) {
    std::string path = write("m.conf", "listener 1884\nshards 2\n");
    EXPECT_EQ(check({"--all", path}), 0);
    EXPECT_TRUE(says(path + ":1: listener: same\n"));
    EXPECT_TRUE(says(path + ":2: shards: own\n"));
}

TEST_F(Check, what_works_otherwise_is_never_called_the_same) {
    std::string path = write("m.conf",
                             "persistence true\npersistence_file a.db\ncheck_retain_source true\n"
                             "max_keepalive 60\nlistener 8080\nprotocol http_api\n");
    EXPECT_EQ(check({path}), 0);
    EXPECT_TRUE(says(path + ":2: persistence_file: differs: a folder")) << out_;
    EXPECT_TRUE(says(path + ":3: check_retain_source: differs: "));
    EXPECT_TRUE(says(path + ":4: max_keepalive: differs: "));
    EXPECT_TRUE(says(path + ":6: protocol: differs: Martlet's own pages and API"));
}

TEST_F(Check, what_the_file_does_not_say) {
    check({write("m.conf", "listener 1884\n")});
    EXPECT_TRUE(says("\n  max_packet_size: packets of more than 2,000,000 bytes")) << out_;
    EXPECT_TRUE(says("\n  allow_duplicate_messages: "));
    EXPECT_TRUE(says("\n  persistence: off; "));
    EXPECT_TRUE(says("\n  telemetry: off; values of devices are not kept. On: `telemetry true`\n"));
    EXPECT_TRUE(says("\n  pages: off; "));
    check({write("m.conf",
                 "max_packet_size 100000\nallow_duplicate_messages true\nlistener 1884\n"
                 "telemetry true\npersistence true\nlistener 8080\nprotocol http\n")});
    EXPECT_FALSE(says("max_packet_size: packets"));
    EXPECT_FALSE(says("\n  allow_duplicate_messages: "));
    EXPECT_FALSE(says("Off:"));
}

TEST_F(Check, quiet_says_only_what_is_wrong) {
    EXPECT_EQ(check({"-q", write("m.conf", "listener 1884\nretry_interval 5\n")}), 0);
    EXPECT_EQ(out_, "");
    std::string path = write("m.conf", "listener 1884\nallow_anonymous yes\n");
    EXPECT_EQ(check({"--quiet", "-c", path}), 3);
    EXPECT_EQ(out_, path +
                        ":2: allow_anonymous: wrong: Error: Invalid 'allow_anonymous' value "
                        "(yes). Expected: allow_anonymous true or false\n");
}

TEST_F(Check, only_what_is_off) {
    EXPECT_EQ(check({"--off", write("m.conf", "persistence true\n")}), 0);
    EXPECT_TRUE(out_.starts_with("Off:\n  telemetry: off; ")) << out_;
}

TEST_F(Check, a_wrong_line_of_the_password_file_is_named_and_stops_nothing) {
    std::string users = write("users", "carl:secret\n");
    std::string path = write("m.conf", "listener 1884\npassword_file " + users + "\n");
    EXPECT_EQ(check({"-q", path}), 0);
    EXPECT_TRUE(says("Warning: Password file '" + users + "', line 1: user 'carl': ")) << out_;
    path = write("m.conf", "strict_files true\nlistener 1884\npassword_file " + users + "\n");
    EXPECT_EQ(check({"-q", path}), 3);
}

TEST_F(Check, a_relative_path_names_its_folder) {
    std::string path =
        write("m.conf", "listener 1884\nlog_dest file martlet.log\npassword_file pw.txt\n");
    write("pw.txt", "");
    std::string before = std::filesystem::current_path();
    std::filesystem::current_path("/");
    EXPECT_EQ(check({path}), 3);
    EXPECT_TRUE(
        says("Unable to open pwfile \"pw.txt\" in the folder /. No such file or "
             "directory. There is \"" +
             dir_ +
             "/pw.txt\": a relative path begins in the folder where the broker is started, "
             "so write the whole path."))
        << out_;
    std::filesystem::current_path(dir_);
    EXPECT_EQ(check({path}), 0);
    EXPECT_TRUE(says("here " + dir_ + ":\n  password_file pw.txt\n  log_dest file martlet.log\n"))
        << out_;
    std::filesystem::current_path(before);
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
