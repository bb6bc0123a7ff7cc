// Disks that lie, files that are not ours: the log starts with what is sound and says what is not.

#include "tests/journal/open_log.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace martlet::journal {
namespace {

// Each group holds three records: 1 to 3, 4 to 6 and so on, all in one segment and cleanly closed.
Visited fill(MemoryDisk& disk, Key groups) {
    Visited all;
    auto opened = open_log(disk);
    for (Key i = 0; i < groups; ++i) {
        Group group;
        for (Key key = 3 * i + 1; key <= 3 * i + 3; ++key) {
            auto value = "value of " + std::to_string(key);
            group.put(key, as_bytes(value));
            all.emplace_back(key, value);
        }
        commit(*opened.log, group);
    }
    return all;
}

std::string first_segment(const MemoryDisk& disk) {
    for (const auto& name : disk.names()) {
        if (name.ends_with(".seg")) return name;
    }
    return "";
}

// `found` is `all` without some.
std::size_t missing(const Visited& all, const Visited& found) {
    EXPECT_TRUE(std::ranges::includes(all, found));
    return all.size() - found.size();
}

bool has_name_like(const MemoryDisk& disk, std::string_view part) {
    return std::ranges::any_of(disk.names(), [&](const std::string& name) {
        return name.find(part) != std::string::npos;
    });
}

TEST(Damage, AFlippedBitCostsItsRecordOnly) {
    MemoryDisk pattern;
    auto all = fill(pattern, 5);
    auto name = first_segment(pattern);
    auto bytes = pattern.bytes(name);
    auto last = std::find_if(bytes.rbegin(), bytes.rend(), [](auto byte) { return byte != 0; });
    auto content = static_cast<std::uint64_t>(bytes.rend() - last);
    for (std::uint64_t at = 0; at < content; ++at) {
        SCOPED_TRACE("byte " + std::to_string(at));
        MemoryDisk disk;
        disk.set_bytes(name, bytes);
        disk.flip(name, at, static_cast<unsigned>(at % 8));
        {
            auto opened = open_log(disk);
            EXPECT_LE(missing(all, opened.visited), 1u);
            ASSERT_EQ(opened.recovery.damages.size(), 1u);
            const auto& damage = opened.recovery.damages[0];
            EXPECT_EQ(damage.file, name);
            EXPECT_LE(damage.at, at);
            bool has_copy = !damage.kept_as.empty();
            EXPECT_TRUE(!has_copy || disk.has(damage.kept_as));
            // The heads, which stand twice, and the mark at the end, which is no record of ours.
            EXPECT_EQ(has_copy, damage.what != "torn tail" && at >= 128);
            // What begins a group is lost without a record of ours.
            put(*opened.log, 1000, "after");
        }
        auto opened = open_log(disk);
        EXPECT_EQ(opened.visited.back().second, "after");
        opened.visited.pop_back();
        EXPECT_LE(missing(all, opened.visited), 1u);
        if (HasFailure()) return;
    }
}

TEST(Damage, IsCountedAndKeptAside) {
    MemoryDisk disk;
    auto all = fill(disk, 5);
    auto name = first_segment(disk);
    auto bytes = disk.bytes(name);
    // The value of record 5.
    auto text = as_bytes("value of 5");
    auto found = std::search(bytes.begin(), bytes.end(), text.begin(), text.end()) - bytes.begin();
    disk.flip(name, static_cast<std::uint64_t>(found), 0);
    auto opened = open_log(disk);
    EXPECT_EQ(missing(all, opened.visited), 1u);
    ASSERT_EQ(opened.recovery.damages.size(), 1u);
    const auto& damage = opened.recovery.damages[0];
    EXPECT_EQ(damage.what, "checksum (1 record is missing)");
    EXPECT_EQ(damage.bytes, 24 + text.size());
    EXPECT_EQ(damage.at, static_cast<std::uint64_t>(found) - 24);
    EXPECT_EQ(damage.kept_as, "damaged-1-" + std::to_string(damage.at));
    auto kept = disk.bytes(damage.kept_as);
    EXPECT_EQ(as_text(ByteView(kept).subspan(24)), "walue of 5");
    EXPECT_EQ(opened.log->read(5).error().code, ENOENT);
    // Compaction leaves it behind.
    ASSERT_TRUE(opened.log->compact_all().ok());
    EXPECT_EQ(opened.log->stats().live_records, all.size() - 1);
    opened.log.reset();
    EXPECT_TRUE(open_log(disk).recovery.damages.empty());
}

TEST(Damage, AStretchOfZerosIsSkipped) {
    MemoryDisk disk;
    auto all = fill(disk, 20);
    auto name = first_segment(disk);
    auto bytes = disk.bytes(name);
    std::fill(bytes.begin() + 300, bytes.begin() + 900, 0);
    disk.set_bytes(name, bytes);
    auto opened = open_log(disk);
    EXPECT_GT(opened.visited.size(), all.size() / 2);
    EXPECT_GT(missing(all, opened.visited), 10u);
    ASSERT_EQ(opened.recovery.damages.size(), 1u);
    EXPECT_TRUE(disk.has(opened.recovery.damages[0].kept_as));
}

TEST(Damage, StrictModeSaysWhatWhereAndWhy) {
    MemoryDisk disk;
    fill(disk, 5);
    auto name = first_segment(disk);
    disk.flip(name, 400, 3);
    auto options = small_options();
    options.is_strict = true;
    auto before = disk.points();
    auto opened = try_open(disk, options);
    EXPECT_FALSE(opened.log);
    EXPECT_NE(opened.error.find("/memory/" + name + " at byte "), std::string::npos)
        << opened.error;
    EXPECT_NE(opened.error.find("checksum (1 record is missing)"), std::string::npos);
    EXPECT_EQ(disk.points(), before) << "strict mode changes nothing";
    EXPECT_TRUE(open_log(disk).log);
}

TEST(Damage, StrictModeAcceptsATornTail) {
    MemoryDisk disk;
    {
        auto opened = open_log(disk);
        put(*opened.log, 1, "one");
        put(*opened.log, 2, "two");
        disk.kill();
    }
    auto name = first_segment(disk);
    auto bytes = disk.bytes(name);
    auto text = as_bytes("two");
    *std::search(bytes.begin(), bytes.end(), text.begin(), text.end()) = 0;
    disk.set_bytes(name, bytes);
    auto options = small_options();
    options.is_strict = true;
    auto opened = open_log(disk, options);
    EXPECT_EQ(opened.visited, (Visited{{1, "one"}}));
    ASSERT_EQ(opened.recovery.damages.size(), 1u);
    EXPECT_EQ(opened.recovery.damages[0].what, "torn tail");
    EXPECT_EQ(opened.recovery.damages[0].kept_as, "");
    opened.log.reset();
    EXPECT_TRUE(open_log(disk, options).recovery.damages.empty());
}

TEST(Damage, AFileOfAnotherIsSetAside) {
    struct Case {
        const char* name;
        std::vector<std::uint8_t> bytes;
        const char* what;
    };
    std::vector<std::uint8_t> text(5000, 'x');
    for (const auto& [name, bytes, what] : {Case{"000000000007.seg", text, "not a segment"},
                                            Case{"000000000007.seg", {}, "the file is empty"},
                                            Case{"000000000007.seg", {1, 2}, "too short"}}) {
        MemoryDisk disk;
        auto all = fill(disk, 2);
        disk.set_bytes(name, bytes);
        auto opened = open_log(disk);
        EXPECT_EQ(opened.visited, all);
        ASSERT_EQ(opened.recovery.damages.size(), 1u);
        EXPECT_NE(opened.recovery.damages[0].what.find(what), std::string::npos);
        EXPECT_EQ(opened.recovery.damages[0].kept_as, std::string(name) + ".unreadable");
        EXPECT_FALSE(disk.has(name));
        EXPECT_EQ(disk.bytes(std::string(name) + ".unreadable"), bytes);
        // Its number is not used again.
        put(*opened.log, 1000, std::string(2 * kSmallSegment, 'l'));
        EXPECT_TRUE(disk.has("000000000008.seg"));
        opened.log.reset();
        EXPECT_TRUE(open_log(disk).recovery.damages.empty());
    }
}

TEST(Damage, ANewerVersionIsSetAside) {
    MemoryDisk disk;
    fill(disk, 2);
    auto name = first_segment(disk);
    auto bytes = disk.bytes(name);
    bytes[8] = bytes[64 + 8] = 9;
    disk.set_bytes(name, bytes);
    auto opened = open_log(disk);
    EXPECT_TRUE(opened.visited.empty());
    ASSERT_EQ(opened.recovery.damages.size(), 1u);
    EXPECT_EQ(opened.recovery.damages[0].what, "version 9 is newer than this program");
    EXPECT_TRUE(disk.has(name + ".unreadable"));
}

TEST(Damage, ACopyUnderAnotherNameIsSetAside) {
    MemoryDisk disk;
    auto all = fill(disk, 2);
    disk.set_bytes("000000000005.seg", disk.bytes(first_segment(disk)));
    auto opened = open_log(disk);
    EXPECT_EQ(opened.visited, all);
    ASSERT_EQ(opened.recovery.damages.size(), 1u);
    EXPECT_EQ(opened.recovery.damages[0].what, "by its head it is segment 1");
}

TEST(Damage, OtherFilesAreLeftAlone) {
    MemoryDisk disk;
    auto all = fill(disk, 2);
    for (const auto* name : {"README", "mosquitto.db", "1.seg", "x00000000007.seg", "lock"})
        disk.set_bytes(name, {1, 2, 3});
    auto opened = open_log(disk);
    EXPECT_EQ(opened.visited, all);
    EXPECT_TRUE(opened.recovery.damages.empty());
    for (const auto* name : {"README", "mosquitto.db", "1.seg", "x00000000007.seg", "lock"})
        EXPECT_EQ(disk.bytes(name), (std::vector<std::uint8_t>{1, 2, 3}));
}

TEST(Damage, AMissingSegmentIsNoticed) {
    MemoryDisk disk;
    Visited all;
    {
        auto opened = open_log(disk);
        for (Key key = 1; key <= 200; ++key) {
            put(*opened.log, key, std::string(100, 'v'));
            all.emplace_back(key, std::string(100, 'v'));
        }
    }
    disk.erase("000000000003.seg");
    auto opened = open_log(disk);
    auto lost = missing(all, opened.visited);
    EXPECT_GT(lost, 10u);
    ASSERT_EQ(opened.recovery.damages.size(), 1u);
    EXPECT_EQ(opened.recovery.damages[0].file, "000000000002.seg");
    EXPECT_EQ(
        opened.recovery.damages[0].what,
        "records are missing at its end (" + std::to_string(2 * lost) + " records are missing)");
}

// Somebody may send a message that contains the bytes of a segment.
TEST(Damage, ARecordInsideAValueIsNoRecord) {
    MemoryDisk disk;
    fill(disk, 1);
    auto name = first_segment(disk);
    auto bytes = disk.bytes(name);
    bytes.resize(600);
    {
        auto opened = open_log(disk);
        Group group;
        group.put(100, bytes);
        commit(*opened.log, group);
        put(*opened.log, 101, "after");
    }
    auto now = disk.bytes(name);
    auto value = std::search(now.begin() + 200, now.end(), bytes.begin(), bytes.begin() + 64);
    disk.flip(name, static_cast<std::uint64_t>(value - now.begin()) - 10, 1);
    auto opened = open_log(disk);
    ASSERT_EQ(opened.recovery.damages.size(), 1u);
    EXPECT_EQ(opened.visited.size(), 4u);
    EXPECT_EQ(opened.visited.back().first, 101u);
}

TEST(Damage, WhileRunningCostsTheRecordAndKeepsTheFile) {
    MemoryDisk disk;
    auto opened = open_log(disk);
    for (Key key = 1; key <= 200; ++key) put(*opened.log, key, std::string(100, 'v'));
    auto name = first_segment(disk);
    disk.flip(name, 1000, 0);
    std::size_t unreadable = 0;
    for (Key key = 1; key <= 200; ++key) unreadable += opened.log->read(key).ok() ? 0 : 1;
    EXPECT_EQ(unreadable, 1u);
    ASSERT_TRUE(opened.log->compact_all().ok());
    EXPECT_EQ(opened.log->stats().live_records, 199u);
    EXPECT_TRUE(disk.has(name + ".unreadable"));
    opened.log.reset();
    EXPECT_EQ(open_log(disk).visited.size(), 199u);
}

TEST(Damage, AFolderThatCannotBeReadIsAnError) {
    MemoryDisk disk;
    fill(disk, 2);
    disk.fail_all(DiskOperation::Read, EIO);
    auto opened = try_open(disk);
    // The head cannot be read: set aside, as a broken one is.
    EXPECT_TRUE(opened.log);
    EXPECT_TRUE(has_name_like(disk, ".unreadable"));
}

}  // namespace
}  // namespace martlet::journal
