// Disks that are full or fail: what was refused is not there, what was accepted is, and the log
// goes on by itself.

#include "tests/journal/open_log.h"

#include <gtest/gtest.h>

namespace martlet::journal {
namespace {

Status append(Log& log, Key key, std::string_view value, bool is_essential = false) {
    Group group;
    group.put(key, as_bytes(value));
    return log.append(group, is_essential);
}

// Puts until there is no room. Returns the first key that was refused.
Key fill_up(Log& log, Key key) {
    while (append(log, key, std::string(200, 'v')).ok()) ++key;
    EXPECT_TRUE(log.sync().ok());
    return key;
}

std::size_t count_segments(const MemoryDisk& disk) {
    auto names = disk.names();
    return static_cast<std::size_t>(std::ranges::count_if(
        names, [](const std::string& name) { return name.ends_with(".seg"); }));
}

TEST(Faults, AFullDiskRefusesWhatIsNotEssential) {
    MemoryDisk disk;
    auto opened = open_log(disk);
    disk.limit(10 * kSmallSegment);
    auto refused = fill_up(*opened.log, 1);
    EXPECT_EQ(append(*opened.log, refused, std::string(200, 'v')).error().code, ENOSPC);
    EXPECT_FALSE(opened.log->has_room());
    EXPECT_EQ(opened.log->stats().live_records, refused - 1);
    // Two segments' worth of reserve for removals, all of which are synced.
    for (Key key = 1; key < refused; ++key) {
        Group group;
        group.remove(key);
        ASSERT_TRUE(opened.log->append(group, true).ok()) << key;
        ASSERT_TRUE(opened.log->sync().ok());
    }
    EXPECT_EQ(opened.log->stats().live_records, 0u);
    while (opened.log->compact(1000).value()) continue;
    EXPECT_TRUE(opened.log->has_room());
    EXPECT_TRUE(append(*opened.log, refused, std::string(200, 'v')).ok());
    opened.log.reset();
    EXPECT_EQ(open_log(disk).visited.size(), 1u);
}

TEST(Faults, TheReserveIsNotForEverybody) {
    MemoryDisk disk;
    auto opened = open_log(disk);
    disk.limit(10 * kSmallSegment);
    auto key = fill_up(*opened.log, 1);
    auto first = key;
    while (append(*opened.log, key, std::string(200, 'e'), true).ok()) ++key;
    EXPECT_GE((key - first) * 200, kSmallSegment);
    EXPECT_FALSE(append(*opened.log, 1000, "small").ok());
    disk.limit(20 * kSmallSegment);
    EXPECT_TRUE(opened.log->has_room());
    EXPECT_TRUE(append(*opened.log, 1000, "small").ok());
}

TEST(Faults, AWriteThatFailsLeavesNothingBehind) {
    for (int error : {EIO, ENOSPC}) {
        MemoryDisk disk;
        Visited expected;
        auto opened = open_log(disk);
        for (Key key = 1; key <= 20; ++key) {
            bool fails = key % 3 == 0;
            if (fails) disk.fail(DiskOperation::Write, 1, error);
            auto appended = append(*opened.log, key, std::to_string(key));
            EXPECT_EQ(appended.ok(), !fails);
            if (!fails) expected.emplace_back(key, std::to_string(key));
            EXPECT_TRUE(opened.log->sync().ok());
            EXPECT_EQ(opened.log->read(key).ok(), !fails);
        }
        MemoryDisk::Random random(1);
        opened.log.reset();
        disk.crash(random);
        EXPECT_EQ(open_log(disk).visited, expected);
    }
}

TEST(Faults, WhatASyncDroppedIsWrittenAgain) {
    MemoryDisk disk;
    auto opened = open_log(disk);
    put(*opened.log, 1, "one");
    ASSERT_TRUE(append(*opened.log, 2, "two").ok());
    ASSERT_TRUE(append(*opened.log, 3, "three").ok());
    disk.fail(DiskOperation::Sync, 1, EIO);
    EXPECT_EQ(opened.log->sync().error().code, EIO);
    EXPECT_TRUE(opened.log->is_sync_due());
    EXPECT_EQ(value_of(*opened.log, 2), "two");
    ASSERT_TRUE(opened.log->sync().ok());
    EXPECT_EQ(count_segments(disk), 2u);
    EXPECT_EQ(value_of(*opened.log, 3), "three");
    disk.lose_unsynced();
    opened.log.reset();
    auto again = open_log(disk);
    EXPECT_EQ(again.visited, (Visited{{1, "one"}, {2, "two"}, {3, "three"}}));
    EXPECT_EQ(again.recovery.records, 3u);
}

// The system shows what it failed to write, and says no more of it.
TEST(Faults, WhatASyncDroppedIsWrittenAnewAfterAKill) {
    MemoryDisk disk;
    Key key = 1;
    for (int round = 0; round < 50; ++round) {
        auto opened = open_log(disk);
        put(*opened.log, key++, "synced");
        ASSERT_TRUE(append(*opened.log, key++, std::string(700, 'u')).ok());
        disk.fail(DiskOperation::Sync, 1, EIO);
        EXPECT_FALSE(opened.log->sync().ok());
        disk.kill();
        auto after_kill = open_log(disk);
        EXPECT_EQ(after_kill.visited.size(), key - 1);
        put(*after_kill.log, key++, "on top of it");
        disk.lose_unsynced();
        auto after_loss = open_log(disk);
        ASSERT_EQ(after_loss.visited.size(), key - 1) << round;
        EXPECT_TRUE(after_loss.recovery.damages.empty());
    }
}

TEST(Faults, ADiskThatFailsForLongLeavesNoHeapOfFiles) {
    MemoryDisk disk;
    auto opened = open_log(disk);
    put(*opened.log, 1, "one");
    ASSERT_TRUE(append(*opened.log, 2, "two").ok());
    disk.fail_all(DiskOperation::Sync, EIO);
    for (int i = 0; i < 50; ++i) EXPECT_FALSE(opened.log->sync().ok());
    EXPECT_LE(count_segments(disk), 3u);
    EXPECT_LE(disk.names().size(), 7u);
    disk.heal();
    EXPECT_TRUE(opened.log->sync().ok());
    opened.log.reset();
    EXPECT_EQ(open_log(disk).visited, (Visited{{1, "one"}, {2, "two"}}));
}

// A new segment gets its name, and it is not known whether that is on the disk: what is written
// afterwards must count all the same, whichever names the next start finds.
TEST(Faults, ASegmentThatMayOrMayNotBeThereCountsForNothing) {
    for (bool is_removed : {false, true}) {
        for (std::uint64_t seed = 1; seed <= 30; ++seed) {
            MemoryDisk disk;
            MemoryDisk::Random random(seed);
            auto opened = open_log(disk);
            put(*opened.log, 1, std::string(3000, 'x'));
            disk.fail(DiskOperation::NamesSync, 1, EIO);
            // The third: a spare, its new name, and taking that back.
            if (!is_removed) disk.fail(DiskOperation::Names, 3, EIO);
            EXPECT_FALSE(append(*opened.log, 2, std::string(3000, 'y')).ok());
            disk.heal();
            put(*opened.log, 3, "three");
            disk.crash(random);
            opened = open_log(disk);
            EXPECT_TRUE(opened.recovery.damages.empty());
            ASSERT_EQ(opened.visited.size(), 2u);
            EXPECT_EQ(opened.visited[1].second, "three");
            put(*opened.log, 4, "four");
            opened.log.reset();
            EXPECT_EQ(open_log(disk).visited.size(), 3u);
        }
    }
}

// The same, and the power goes while what was not synced is written again.
TEST(Faults, NumbersGoOnWhereWhatCountsEnds) {
    for (std::uint64_t point = 1; point <= 12; ++point) {
        for (std::uint64_t seed = 1; seed <= 10; ++seed) {
            MemoryDisk disk;
            MemoryDisk::Random random(seed);
            auto opened = open_log(disk);
            put(*opened.log, 1, "one");
            ASSERT_TRUE(append(*opened.log, 2, "not synced").ok());
            disk.fail(DiskOperation::NamesSync, 1, EIO);
            disk.fail(DiskOperation::Names, 3, EIO);
            EXPECT_FALSE(append(*opened.log, 3, std::string(2 * kSmallSegment, 'y')).ok());
            disk.heal();
            disk.crash_at(disk.points() + point);
            (void)opened.log->sync().ok();
            disk.crash(random);
            opened = open_log(disk);
            auto found = opened.visited.size();
            EXPECT_GE(found, 1u);
            for (Key key = 4; key <= 6; ++key) {
                put(*opened.log, key, "more");
                opened.log.reset();
                opened = open_log(disk);
                EXPECT_EQ(opened.visited.size(), ++found);
                EXPECT_TRUE(opened.recovery.damages.empty());
            }
        }
    }
}

TEST(Faults, AFullDiskIsNoReasonNotToStart) {
    MemoryDisk disk;
    Key refused = 0;
    {
        auto opened = open_log(disk);
        disk.limit(10 * kSmallSegment);
        refused = fill_up(*opened.log, 1);
    }
    disk.limit(disk.used());
    disk.erase("spare-1");
    auto opened = open_log(disk);
    EXPECT_EQ(opened.visited.size(), refused - 1);
    EXPECT_EQ(value_of(*opened.log, 1), std::string(200, 'v'));
    Group group;
    group.remove(1);
    EXPECT_TRUE(opened.log->append(group, true).ok());
    EXPECT_TRUE(opened.log->sync().ok());
}

}  // namespace
}  // namespace martlet::journal
