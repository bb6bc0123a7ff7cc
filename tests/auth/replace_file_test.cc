#include "auth/replace_file.h"

#include "tests/auth/temporary_folder.h"

#include <gtest/gtest.h>

#include <sys/stat.h>
#include <unistd.h>

namespace martlet::auth {
namespace {

mode_t mode_of(const std::string& path) {
    struct stat status {};
    EXPECT_EQ(stat(path.c_str(), &status), 0);
    return status.st_mode & 07777;
}

std::size_t file_count(const TemporaryFolder& folder) {
    std::filesystem::directory_iterator entries(folder.path(""));
    return static_cast<std::size_t>(std::distance(begin(entries), end(entries)));
}

// hardening 15: whatever the umask is.
TEST(ReplaceFile, hardening_15_makes_files_that_others_cannot_read) {
    TemporaryFolder folder;
    auto old_umask = umask(0);
    auto written = replace_file(folder.path("f"), "text");
    umask(old_umask);
    ASSERT_TRUE(written.ok());
    EXPECT_EQ(mode_of(folder.path("f")) & 0137, 0U);
    EXPECT_EQ(TemporaryFolder::read(folder.path("f")), "text");
}

TEST(ReplaceFile, keeps_the_mode_and_leaves_nothing_beside) {
    TemporaryFolder folder;
    auto path = folder.write("f", "a much longer text than the next\n");
    for (mode_t mode : {0600U, 0640U, 0644U}) {
        ASSERT_EQ(chmod(path.c_str(), mode), 0);
        ASSERT_TRUE(replace_file(path, "new\n").ok());
        EXPECT_EQ(mode_of(path), mode);
        EXPECT_EQ(TemporaryFolder::read(path), "new\n");
    }
    EXPECT_EQ(file_count(folder), 1U);
}

TEST(ReplaceFile, keeps_the_owner) {
    if (geteuid() != 0) GTEST_SKIP() << "only root can give files away";
    TemporaryFolder folder;
    auto path = folder.write("f", "old");
    ASSERT_EQ(chown(path.c_str(), 1234, 1235), 0);
    ASSERT_TRUE(replace_file(path, "new").ok());
    struct stat status {};
    ASSERT_EQ(stat(path.c_str(), &status), 0);
    EXPECT_EQ(status.st_uid, 1234U);
    EXPECT_EQ(status.st_gid, 1235U);
}

TEST(ReplaceFile, follows_a_link) {
    TemporaryFolder folder;
    auto path = folder.write("real", "old");
    std::filesystem::create_symlink("real", folder.path("link"));
    ASSERT_TRUE(replace_file(folder.path("link"), "new").ok());
    EXPECT_TRUE(std::filesystem::is_symlink(folder.path("link")));
    EXPECT_EQ(TemporaryFolder::read(path), "new");
}

TEST(ReplaceFile, writes_to_what_is_no_file) {
    EXPECT_TRUE(replace_file("/dev/null", "text").ok());
    EXPECT_TRUE(std::filesystem::is_character_file("/dev/null"));
}

TEST(ReplaceFile, says_what_it_could_not_write) {
    auto written = replace_file("/no/such/dir/f", "text");
    ASSERT_FALSE(written.ok());
    EXPECT_EQ(written.error().text,
              "Error: Unable to open file /no/such/dir/f for writing. No such file or directory.");
}

}  // namespace
}  // namespace martlet::auth
