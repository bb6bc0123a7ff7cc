#include "config/files.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <unistd.h>

namespace martlet::config {
namespace {

class Disk : public testing::Test {
  protected:
    void SetUp() override {
        std::string pattern = (std::filesystem::temp_directory_path() / "martlet-XXXXXX").string();
        ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
        dir_ = pattern;
    }
    void TearDown() override { std::filesystem::remove_all(dir_); }

    void write(const std::string& name, const std::string& text) {
        std::ofstream(dir_ + "/" + name, std::ios::binary) << text;
    }

    std::string dir_;
    DiskFiles files_;
};

TEST_F(Disk, reads_a_file) {
    write("a.conf", "listener 1884\r\n");
    EXPECT_EQ(files_.read(dir_ + "/a.conf").value(), "listener 1884\r\n");
}

TEST_F(Disk, no_such_file) {
    auto text = files_.read(dir_ + "/none");
    ASSERT_FALSE(text.ok());
    EXPECT_EQ(text.error().text,
              "Error: Unable to open config file '" + dir_ + "/none'. No such file or directory.");
    EXPECT_EQ(text.error().code, 3);
}

TEST_F(Disk, a_directory_is_no_file) {
    auto text = files_.read(dir_);
    ASSERT_FALSE(text.ok());
    EXPECT_EQ(text.error().text, "Error: Config file '" + dir_ + "' is a directory.");
}

TEST_F(Disk, lists_conf_files_only) {
    for (const char* name : {"a.conf", "b.conf~", "README", ".conf", "c.conf.bak"})
        write(name, "x");
    auto paths = files_.conf_files(dir_);
    ASSERT_TRUE(paths.ok());
    EXPECT_EQ(paths.value(), std::vector<std::string>{dir_ + "/a.conf"});
}

TEST_F(Disk, no_such_directory) {
    auto paths = files_.conf_files(dir_ + "/none");
    ASSERT_FALSE(paths.ok());
    EXPECT_EQ(paths.error().text,
              "Error: Unable to open include_dir '" + dir_ + "/none'. No such file or directory.");
    EXPECT_EQ(paths.error().code, 3);
}

TEST(FileOrder, upper_case_of_a_letter_first) {
    std::vector<std::string> names = {"b", "B", "a", "A", "ab", "aB", "Ab", "10", "9", "_"};
    std::sort(names.begin(), names.end(), is_before);
    EXPECT_EQ(names,
              (std::vector<std::string>{"10", "9", "A", "Ab", "a", "aB", "ab", "B", "b", "_"}));
}

}  // namespace
}  // namespace martlet::config
