#include "journal/log.h"

#include "tests/journal/memory_folder.h"
#include "tests/journal/open_log.h"

#include <gtest/gtest.h>

namespace martlet::journal {
namespace {

TEST(Log, GivesBackWhatWasPut) {
    MemoryDisk disk;
    auto opened = open_log(disk);
    put(*opened.log, 1, "one");
    put(*opened.log, 2, "");
    EXPECT_EQ(value_of(*opened.log, 1), "one");
    EXPECT_EQ(value_of(*opened.log, 2), "");
    EXPECT_EQ(opened.log->read(3).error().code, ENOENT);
}

TEST(Log, VisitsInTheOrderOfTheDisk) {
    MemoryDisk disk;
    {
        auto opened = open_log(disk);
        put(*opened.log, 5, "five");
        put(*opened.log, 3, "three");
        put(*opened.log, 4, "four");
        put(*opened.log, 5, "five again");
        remove(*opened.log, 4);
    }
    auto opened = open_log(disk);
    EXPECT_EQ(opened.visited, (Visited{{3, "three"}, {5, "five again"}}));
    EXPECT_EQ(opened.recovery.records, 2u);
    EXPECT_TRUE(opened.recovery.damages.empty());
    EXPECT_EQ(opened.log->next_key(), 6u);
}

TEST(Log, NothingIsOnTheDiskBeforeTheSync) {
    MemoryDisk disk;
    {
        auto opened = open_log(disk);
        put(*opened.log, 1, "synced");
        Group group;
        group.put(2, as_bytes("not synced"));
        ASSERT_TRUE(opened.log->append(group, false).ok());
        EXPECT_TRUE(opened.log->is_sync_due());
        disk.lose_unsynced();
    }
    EXPECT_EQ(open_log(disk).visited, (Visited{{1, "synced"}}));
}

TEST(Log, ARemovalMayComeBeforeItsPut) {
    MemoryDisk disk;
    {
        auto opened = open_log(disk);
        remove(*opened.log, 7);
        put(*opened.log, 7, "dead on arrival");
        put(*opened.log, 8, "alive");
        EXPECT_EQ(opened.log->read(7).error().code, ENOENT);
        Group group;
        group.remove(9);
        group.put(9, as_bytes("dead"));
        group.put(10, as_bytes("alive"));
        ASSERT_TRUE(opened.log->append(group, false).ok());
        EXPECT_EQ(opened.log->read(9).error().code, ENOENT);
    }
    auto opened = open_log(disk);
    EXPECT_EQ(opened.visited, (Visited{{8, "alive"}, {10, "alive"}}));
    EXPECT_EQ(opened.log->next_key(), 11u);
}

TEST(Log, KeysThatWereNotedAreNotGivenOutAgain) {
    MemoryDisk disk;
    {
        auto opened = open_log(disk);
        opened.log->note_next_key(1000);
        put(*opened.log, 1, "a");
    }
    EXPECT_EQ(open_log(disk).log->next_key(), 1000u);
}

TEST(Log, AGroupMayBeLargerThanASegment) {
    MemoryDisk disk;
    std::string large(10 * kSmallSegment, 'x');
    {
        auto opened = open_log(disk);
        put(*opened.log, 1, "before");
        put(*opened.log, 2, large);
        put(*opened.log, 3, "after");
        EXPECT_EQ(value_of(*opened.log, 2), large);
    }
    auto opened = open_log(disk);
    EXPECT_EQ(opened.visited, (Visited{{1, "before"}, {2, large}, {3, "after"}}));
}

TEST(Log, ReadsManyInTheOrderAskedFor) {
    MemoryDisk disk;
    auto opened = open_log(disk);
    for (Key key = 1; key <= 100; ++key) put(*opened.log, key, std::to_string(key));
    remove(*opened.log, 50);
    std::vector<Key> keys{99, 1, 2, 3, 50, 49, 51, 100, 777, 7};
    auto values = opened.log->read_all(keys);
    std::vector<std::string> texts;
    for (const auto& value : values) texts.emplace_back(as_text(value));
    EXPECT_EQ(texts,
              (std::vector<std::string>{"99", "1", "2", "3", "", "49", "51", "100", "", "7"}));
}

TEST(Log, AcceptsMoreAfterEachStart) {
    MemoryDisk disk;
    Visited expected;
    for (Key key = 1; key <= 50; ++key) {
        auto opened = open_log(disk);
        EXPECT_EQ(opened.visited, expected);
        put(*opened.log, key, "value");
        expected.emplace_back(key, "value");
    }
    // A start without a word to write leaves no trace.
    auto before = disk.points();
    { auto opened = open_log(disk); }
    EXPECT_LE(disk.points(), before + 3);
}

TEST(Log, SpaceComesBackWhenEverythingIsDead) {
    MemoryDisk disk;
    auto opened = open_log(disk);
    for (Key key = 1; key <= 2000; ++key) put(*opened.log, key, std::string(100, 'v'));
    EXPECT_GT(opened.log->stats().segments, 20u);
    for (Key key = 1; key <= 2000; ++key) remove(*opened.log, key);
    while (opened.log->compact(1000).value()) continue;
    EXPECT_LE(opened.log->stats().segments, 2u);
    EXPECT_EQ(opened.log->stats().live_records, 0u);
    EXPECT_LE(disk.used(), 5 * kSmallSegment);
}

TEST(Log, CompactionKeepsWhatLives) {
    MemoryDisk disk;
    Visited expected;
    {
        auto opened = open_log(disk);
        for (Key key = 1; key <= 3000; ++key) put(*opened.log, key, std::to_string(key));
        for (Key key = 1; key <= 3000; ++key) {
            if (key % 7 != 0) remove(*opened.log, key);
        }
        for (Key key = 7; key <= 3000; key += 7) expected.emplace_back(key, std::to_string(key));
        auto before = opened.log->stats();
        while (opened.log->compact(500).value()) continue;
        EXPECT_LT(opened.log->stats().bytes, before.bytes / 2);
        EXPECT_EQ(opened.log->stats().live_records, expected.size());
        for (const auto& [key, text] : expected) EXPECT_EQ(value_of(*opened.log, key), text);
    }
    auto opened = open_log(disk);
    std::ranges::sort(opened.visited);
    EXPECT_EQ(opened.visited, expected);
    ASSERT_TRUE(opened.log->compact_all().ok());
    EXPECT_LE(opened.log->stats().bytes, opened.log->stats().live_bytes + 200);
    EXPECT_EQ(opened.log->stats().live_records, expected.size());
}

TEST(Log, ASegmentThatIsRemovedCanStillBeRead) {
    MemoryDisk disk;
    auto opened = open_log(disk);
    put(*opened.log, 1, "one");
    for (Key key = 2; key <= 500; ++key) {
        put(*opened.log, key, std::string(100, 'v'));
        remove(*opened.log, key);
    }
    while (opened.log->compact(10).value()) EXPECT_EQ(value_of(*opened.log, 1), "one");
    EXPECT_EQ(value_of(*opened.log, 1), "one");
}

TEST(Log, ATestSwitchDropsLiveRecords) {
    MemoryDisk disk;
    auto options = small_options();
    options.test_compaction_drops = true;
    auto opened = open_log(disk, options);
    for (Key key = 1; key <= 100; ++key) put(*opened.log, key, std::string(100, 'v'));
    ASSERT_TRUE(opened.log->compact_all().ok());
    EXPECT_LT(opened.log->stats().live_records, 100u);
}

}  // namespace
}  // namespace martlet::journal
