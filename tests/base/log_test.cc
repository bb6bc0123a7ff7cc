#include "base/log.h"

#include <gtest/gtest.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>
#include <sys/stat.h>
#include <thread>
#include <unistd.h>

namespace martlet {
namespace {

namespace fs = std::filesystem;

std::string read(const fs::path& path) {
    std::ifstream file(path, std::ios::binary);
    std::ostringstream all;
    all << file.rdbuf();
    return all.str();
}

class Log : public testing::Test {
  protected:
    Log() {
        char name[] = "/tmp/martlet_log_XXXXXX";
        directory_ = mkdtemp(name);
        options_.to_stderr = false;
        options_.timestamp = false;
        options_.file = path();
    }
    ~Log() override {
        log::set_topic_sink({});
        EXPECT_TRUE(log::configure({}));
        fs::remove_all(directory_);
    }

    fs::path path() const { return directory_ / "log"; }
    void use() { ASSERT_TRUE(log::configure(options_)); }
    std::string lines() const {
        log::flush();
        return read(path());
    }

    fs::path directory_;
    log::Options options_;
};

TEST_F(Log, GathersUntilFlushed) {
    use();
    log::info("one {}", 1);
    log::notice("two");
    EXPECT_EQ(read(path()), "");
    log::flush();
    EXPECT_EQ(read(path()), "one 1\ntwo\n");
}

TEST_F(Log, WarningsAndErrorsLeaveAtOnceAndInOrder) {
    use();
    log::info("before");
    log::warning("now");
    EXPECT_EQ(read(path()), "before\nnow\n");
    log::error("and now");
    EXPECT_EQ(read(path()), "before\nnow\nand now\n");
}

TEST_F(Log, LevelsThatAreOffSayNothing) {
    options_.levels = static_cast<std::uint32_t>(log::Level::Error);
    use();
    EXPECT_TRUE(log::is_on(log::Level::Error));
    EXPECT_FALSE(log::is_on(log::Level::Notice));
    EXPECT_FALSE(log::is_on(log::Level::None));
    log::notice("no");
    log::write(log::Level::Debug, "no");
    log::error("yes");
    EXPECT_EQ(lines(), "yes\n");
}

TEST_F(Log, WithNowhereToGoNothingIsMade) {
    options_.file.clear();
    use();
    EXPECT_FALSE(log::is_on(log::Level::Error));
}

TEST_F(Log, StampsWithSecondsOrAsTold) {
    options_.timestamp = true;
    use();
    log::info("text");
    auto now = std::time(nullptr);
    std::string line = lines();
    ASSERT_EQ(line.substr(line.find(':')), ": text\n");
    EXPECT_NEAR(std::stod(line), static_cast<double>(now), 5);

    options_.timestamp_format = "[%%Y]";
    use();
    log::info("text");
    EXPECT_EQ(lines(), line + "[%Y]: text\n");
}

TEST_F(Log, CutsALineAtAThousandBytesStampIncluded) {
    options_.timestamp = true;
    options_.timestamp_format = "12345678";
    use();
    log::info("{}", std::string(5'000, 'x'));
    EXPECT_EQ(lines(), "12345678: " + std::string(990, 'x') + "\n");
}

TEST_F(Log, DoesNotCutThroughACharacter) {
    use();
    log::write(log::Level::Notice, std::string(999, 'x') + "\u00e5\u00e4");
    log::write(log::Level::Notice, std::string(998, 'x') + "\u00e5\u00e4");
    log::write(log::Level::Notice, std::string(998, 'x') + "\n");
    EXPECT_EQ(lines(), std::string(999, 'x') + "\n" + std::string(998, 'x') + "\u00e5\n" +
                           std::string(998, 'x') + "\n");
}

TEST_F(Log, ShowsControlCharactersInsteadOfObeyingThem) {
    use();
    log::write(log::Level::Notice, std::string_view("a\tb\x1b[2J\0\x7f\xc2\x9b \u00e5", 14));
    EXPECT_EQ(lines(), "a\\x09b\\x1b[2J\\x00\\x7f\\xc2\\x9b \u00e5\n");
}

TEST_F(Log, OneEventIsOneLine) {
    use();
    log::notice("\nError: Unknown variable 'x'.\nError found at b.conf:9.\r\n\nOK then\n");
    log::notice("b\nSYS is a name");
    log::notice("\n");
    EXPECT_EQ(
        lines(),
        "Error: Unknown variable 'x'; error found at b.conf:9; OK then\nb; SYS is a name\n\n");
}

TEST_F(Log, TheFileIsNotForEverybody) {
    mode_t before = umask(0);
    use();
    umask(before);
    struct stat status {};
    ASSERT_EQ(stat(path().c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777, 0640u);
}

TEST_F(Log, AppendsToWhatIsThere) {
    std::ofstream(path()) << "old\n";
    use();
    log::warning("new");
    EXPECT_EQ(read(path()), "old\nnew\n");
}

TEST_F(Log, OfAFileThatCannotBeOpenedTheOldOneStays) {
    use();
    log::Options broken = options_;
    broken.file = directory_ / "no such folder" / "log";
    Status status = log::configure(broken);
    ASSERT_FALSE(status);
    EXPECT_EQ(status.error().text, "Error: Unable to open log file " + broken.file +
                                       " for writing: No such file or directory.");
    log::notice("still here");
    EXPECT_EQ(lines(), "still here\n");
}

// The first thing that a broker does with its log, in a container whose folder is root's.
TEST_F(Log, WithoutAFileStderrTakesItsPlaceUntilItCanBeOpened) {
    testing::internal::CaptureStderr();
    log::Options nowhere;
    nowhere.to_stderr = false;
    ASSERT_TRUE(log::configure(nowhere));
    options_.file = directory_ / "later" / "log";
    EXPECT_FALSE(log::configure(options_));
    log::warning("to stderr");
    fs::create_directory(directory_ / "later");
    EXPECT_TRUE(log::reopen());
    log::warning("to the file");
    EXPECT_EQ(testing::internal::GetCapturedStderr(), "to stderr\n");
    EXPECT_EQ(read(options_.file), "to the file\n");
}

TEST_F(Log, WithoutAFileAnotherDestinationIsEnough) {
    testing::internal::CaptureStderr();
    testing::internal::CaptureStdout();
    log::Options nowhere;
    nowhere.to_stderr = false;
    ASSERT_TRUE(log::configure(nowhere));
    options_.file = "/no such folder/log";
    options_.to_stdout = true;
    EXPECT_FALSE(log::configure(options_));
    log::warning("to stdout");
    EXPECT_EQ(testing::internal::GetCapturedStdout(), "to stdout\n");
    EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
}

TEST_F(Log, APipeThatNobodyReadsIsNotWaitedFor) {
    ASSERT_TRUE(log::configure({}));
    options_.file = directory_ / "pipe";
    ASSERT_EQ(mkfifo(options_.file.c_str(), 0600), 0);
    Status status = log::configure(options_);
    ASSERT_FALSE(status);
    EXPECT_NE(status.error().text.find("nobody reads this pipe"), std::string::npos);
}

TEST_F(Log, ReopenFollowsARotation) {
    use();
    log::notice("first");
    log::flush();
    fs::rename(path(), directory_ / "log.1");
    log::notice("still the old file");
    log::flush();
    EXPECT_TRUE(log::reopen());
    log::warning("second");
    EXPECT_EQ(read(directory_ / "log.1"), "first\nstill the old file\n");
    EXPECT_EQ(read(path()), "second\n");
}

TEST_F(Log, ReopenThatFailsKeepsTheOldFile) {
    use();
    fs::rename(path(), directory_ / "log.1");
    fs::create_directory(path());
    Status status = log::reopen();
    ASSERT_FALSE(status);
    log::warning("kept");
    EXPECT_EQ(read(directory_ / "log.1"), "kept\n");
}

TEST_F(Log, AFullDiskEndsNothing) {
    options_.file = "/dev/full";
    use();
    log::error("lost");
    log::error("lost too");
}

TEST_F(Log, TopicLinesComeInTheCallingThreadAndDoNotRecurse) {
    options_.to_topic = true;
    options_.levels = ~0u;
    std::vector<std::string> got;
    log::set_topic_sink([&got](log::Level level, std::string_view line) {
        got.push_back(fmt::format("{} {}", static_cast<unsigned>(level),
                                  fmt::string_view(line.data(), line.size())));
        log::warning("from the sink");
    });
    use();
    log::notice("a\n");
    log::debug("never to a topic");
    log::write(log::Level::Internal, "nor this");
    EXPECT_EQ(got, std::vector<std::string>{"2 a"});
    EXPECT_EQ(lines(), "a\nfrom the sink\nnever to a topic\nnor this\n");
}

TEST_F(Log, StderrAndStdoutGetTheSameLines) {
    options_.to_stdout = options_.to_stderr = true;
    testing::internal::CaptureStdout();
    testing::internal::CaptureStderr();
    use();
    log::warning("everywhere");
    EXPECT_EQ(testing::internal::GetCapturedStdout(), "everywhere\n");
    EXPECT_EQ(testing::internal::GetCapturedStderr(), "everywhere\n");
    EXPECT_EQ(read(path()), "everywhere\n");
}

TEST_F(Log, LinesOfManyThreadsStayWhole) {
    use();
    std::vector<std::thread> threads;
    for (int thread = 0; thread < 4; thread++) {
        threads.emplace_back([thread] {
            for (int i = 0; i < 2'000; i++) {
                log::info("{} {} {}", thread, i, std::string(50, static_cast<char>('a' + thread)));
                if (i % 7 == 0) log::flush();
            }
        });  // what is left is handed over when the thread ends
    }
    for (std::thread& thread : threads) thread.join();
    std::istringstream all(read(path()));
    std::multiset<std::string> seen;
    for (std::string line; std::getline(all, line);) seen.insert(line);
    EXPECT_EQ(seen.size(), 8'000u);
    for (int thread = 0; thread < 4; thread++) {
        for (int i : {0, 999, 1999}) {
            EXPECT_EQ(seen.count(fmt::format("{} {} {}", thread, i,
                                             std::string(50, static_cast<char>('a' + thread)))),
                      1u);
        }
    }
}

}  // namespace
}  // namespace martlet
