// The real disk: names, rights, the lock, and a log on it.

#include "tests/journal/open_log.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

namespace martlet::journal {
namespace {

class PosixFolder : public ::testing::Test {
  protected:
    PosixFolder() {
        std::string name = (std::filesystem::temp_directory_path() / "journal.XXXXXX").string();
        root_ = ::mkdtemp(name.data());
        path_ = root_ + "/above/journal";
    }
    ~PosixFolder() override {
        std::error_code ignored;
        std::filesystem::permissions(path_, std::filesystem::perms::owner_all, ignored);
        std::filesystem::remove_all(root_, ignored);
    }
    std::unique_ptr<Folder> open() {
        auto folder = open_folder(path_);
        EXPECT_TRUE(folder.ok()) << folder.error().text;
        return std::move(folder).value();
    }
    static unsigned rights(const std::string& path) {
        struct stat status {};
        EXPECT_EQ(::stat(path.c_str(), &status), 0) << path;
        return status.st_mode & 07777;
    }

    std::string root_;
    std::string path_;
};

TEST_F(PosixFolder, IsMadeForItsOwnerOnly) {
    auto mask = ::umask(0);
    auto folder = open();
    auto file = folder->open("a", Folder::Mode::Create);
    ::umask(mask);
    ASSERT_TRUE(file.ok());
    EXPECT_EQ(rights(path_), 0700u);
    EXPECT_EQ(rights(root_ + "/above"), 0700u);
    EXPECT_EQ(rights(path_ + "/a"), 0600u);
    EXPECT_EQ(rights(path_ + "/lock"), 0600u);
}

TEST_F(PosixFolder, FilesKeepTheirRightsWhateverTheUmaskIs) {
    auto mask = ::umask(0777);
    auto folder = open_folder(path_);
    ::umask(mask);
    if (::geteuid() != 0) GTEST_SKIP() << "a folder without rights is of no use";
    ASSERT_TRUE(folder.ok());
    mask = ::umask(0777);
    auto file = folder.value()->open("a", Folder::Mode::Create);
    ::umask(mask);
    ASSERT_TRUE(file.ok());
    EXPECT_EQ(rights(path_ + "/a"), 0600u);
}

TEST_F(PosixFolder, WritesReadsAndRenames) {
    auto folder = open();
    auto file = std::move(folder->open("a", Folder::Mode::Create)).value();
    ASSERT_TRUE(file->reserve(10000).ok());
    EXPECT_EQ(file->size(), 10000u);
    ASSERT_TRUE(file->write(9998, as_bytes("hello")).ok());
    EXPECT_EQ(file->size(), 10003u);
    std::vector<std::uint8_t> bytes(20);
    EXPECT_EQ(file->read(9996, bytes).value(), 7u);
    EXPECT_EQ(as_text(ByteView(bytes).first(7)), std::string_view("\0\0hello", 7));
    EXPECT_EQ(file->read(20000, bytes).value(), 0u);
    ASSERT_TRUE(file->truncate(9999).ok());
    EXPECT_EQ(file->size(), 9999u);
    EXPECT_TRUE(file->sync().ok());
    EXPECT_EQ(folder->open("a", Folder::Mode::Create).error().code, EEXIST);
    EXPECT_EQ(folder->open("b", Folder::Mode::Read).error().code, ENOENT);
    ASSERT_TRUE(folder->rename("a", "b").ok());
    std::filesystem::create_directory(path_ + "/folder");
    std::filesystem::create_symlink("/etc/passwd", path_ + "/link");
    auto names = folder->list().value();
    std::ranges::sort(names);
    EXPECT_EQ(names, (std::vector<std::string>{"b", "lock"}));
    ASSERT_TRUE(folder->remove("b").ok());
    EXPECT_EQ(folder->remove("b").error().code, ENOENT);
    EXPECT_EQ(file->read(9998, bytes).value(), 1u) << "a file that is removed can still be read";
    EXPECT_TRUE(folder->sync().ok());
}

TEST_F(PosixFolder, BelongsToOneProcess) {
    auto folder = open();
    auto second = open_folder(path_);
    ASSERT_FALSE(second.ok());
    EXPECT_EQ(second.error().text, "Error: The journal " + path_ +
                                       " is in use by another Martlet (pid " +
                                       std::to_string(::getpid()) + ").");
    folder.reset();
    EXPECT_TRUE(open_folder(path_).ok());
}

TEST_F(PosixFolder, ALockEndsWithItsProcess) {
    auto child = ::fork();
    if (child == 0) {
        auto folder = open_folder(path_);
        ::_exit(folder.ok() ? 0 : 1);
    }
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    EXPECT_TRUE(open_folder(path_).ok());
}

TEST_F(PosixFolder, SaysWhyItCannotBeOpened) {
    std::ofstream(root_ + "/above") << "a file";
    auto folder = open_folder(path_);
    ASSERT_FALSE(folder.ok());
    EXPECT_EQ(folder.error().text,
              "Error: Unable to create the folder " + path_ + ": Not a directory.");
    EXPECT_EQ(open_folder(root_ + "/no/such/folder").error().code, ENOENT);
}

TEST_F(PosixFolder, SaysThatItMayNotBeRead) {
    if (::geteuid() == 0) {
        // Root may read everything; somebody else tries.
        std::filesystem::permissions(root_, std::filesystem::perms(0755));
        std::filesystem::create_directories(path_);
        std::filesystem::permissions(root_ + "/above", std::filesystem::perms(0755));
        std::filesystem::permissions(path_, std::filesystem::perms(0));
        auto child = ::fork();
        if (child == 0) {
            bool is_other = ::setuid(65534) == 0;
            auto folder = open_folder(path_);
            auto text = "Error: Unable to open the folder " + path_ + ": Permission denied.";
            ::_exit(is_other && !folder.ok() && folder.error().text == text ? 0 : 1);
        }
        int status = 0;
        ASSERT_EQ(::waitpid(child, &status, 0), child);
        EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0);
        return;
    }
    open().reset();
    std::filesystem::permissions(path_, std::filesystem::perms(0));
    auto folder = open_folder(path_);
    ASSERT_FALSE(folder.ok());
    EXPECT_NE(folder.error().text.find("Permission denied"), std::string::npos);
}

TEST_F(PosixFolder, HoldsALog) {
    be_quiet();
    Recovery recovery;
    Visited expected;
    {
        auto log = std::move(Log::open(open(), small_options(), {}, {}, recovery)).value();
        for (Key key = 1; key <= 300; ++key) put(*log, key, "value of " + std::to_string(key));
        for (Key key = 1; key <= 300; ++key) {
            if (key % 5 == 0) {
                expected.emplace_back(key, "value of " + std::to_string(key));
            } else {
                remove(*log, key);
            }
        }
        while (log->compact(500).value()) continue;
        for (const auto& [key, value] : expected) EXPECT_EQ(value_of(*log, key), value);
    }
    Visited visited;
    auto visit = [&](Key key, ByteView value) { visited.emplace_back(key, as_text(value)); };
    std::uint64_t done = 0;
    auto progress = [&](std::uint64_t now, std::uint64_t total) {
        EXPECT_GE(now, done);
        EXPECT_LE(now, total);
        done = now;
    };
    auto log = Log::open(open(), small_options(), visit, progress, recovery);
    ASSERT_TRUE(log.ok()) << log.error().text;
    EXPECT_TRUE(recovery.damages.empty());
    std::ranges::sort(visited);
    EXPECT_EQ(visited, expected);
    EXPECT_GT(done, 0u);
    for (const auto& entry : std::filesystem::directory_iterator(path_))
        EXPECT_EQ(rights(entry.path().string()), 0600u);
}

TEST_F(PosixFolder, ReservesItsRoom) {
    be_quiet();
    Recovery recovery;
    LogOptions options;
    options.segment_bytes = 1u << 20;
    options.reserve_bytes = 2u << 20;
    auto log = std::move(Log::open(open(), options, {}, {}, recovery)).value();
    put(*log, 1, "one");
    std::uint64_t allocated = 0;
    for (const auto& entry : std::filesystem::directory_iterator(path_)) {
        struct stat status {};
        ASSERT_EQ(::stat(entry.path().c_str(), &status), 0);
        allocated += static_cast<std::uint64_t>(status.st_blocks) * 512;
    }
    EXPECT_GE(allocated, 3u << 20);
}

}  // namespace
}  // namespace martlet::journal
