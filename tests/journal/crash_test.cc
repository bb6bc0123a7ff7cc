// The power goes at each point where the log writes: what was synced is there, what was removed and
// synced stays away, a group is there as a whole or not at all, and never without those before it.

#include "tests/journal/log_model.h"

#include <gtest/gtest.h>

#include <cstdlib>

namespace martlet::journal {
namespace {

// More than that on demand: MARTLET_SEEDS=100 takes a hundred times as long.
std::uint64_t seeds(std::uint64_t count) {
    const char* times = std::getenv("MARTLET_SEEDS");
    return times == nullptr ? count : count * std::strtoull(times, nullptr, 10);
}

// How many points a run of this seed has.
std::uint64_t points_of(std::uint64_t seed, const Workload& workload) {
    MemoryDisk disk;
    LogRun run(disk, seed, workload);
    run.go();
    return disk.points();
}

void crash_at_each_point(std::uint64_t seed, const Workload& workload) {
    auto points = points_of(seed, workload);
    ASSERT_GT(points, 20u);
    for (std::uint64_t point = 1; point <= points; ++point) {
        SCOPED_TRACE("seed " + std::to_string(seed) + ", point " + std::to_string(point));
        MemoryDisk disk;
        MemoryDisk::Random random(seed * 1000 + point);
        disk.crash_at(point);
        LogRun run(disk, seed, workload);
        run.go();
        for (int again = 0; again < 3; ++again) {
            run.crash(random);
            // Kill during recovery as well.
            if (again < 2) disk.crash_at(disk.points() + 1 + random() % 6);
            run.recover();
            if (::testing::Test::HasFailure()) return;
            run.go();
        }
    }
}

TEST(Crash, AtEachPoint) {
    for (std::uint64_t seed = 1; seed <= seeds(6); ++seed) {
        crash_at_each_point(seed, {});
        if (HasFailure()) return;
    }
}

TEST(Crash, AtEachPointOfMuchCompaction) {
    Workload workload;
    workload.keys = 12;
    workload.value_max = 400;
    workload.compact_percent = 60;
    for (std::uint64_t seed = 1; seed <= seeds(4); ++seed) {
        crash_at_each_point(seed, workload);
        if (HasFailure()) return;
    }
}

TEST(Crash, AtEachPointWithFewSyncs) {
    Workload workload;
    workload.sync_percent = 10;
    for (std::uint64_t seed = 1; seed <= seeds(4); ++seed) {
        crash_at_each_point(seed, workload);
        if (HasFailure()) return;
    }
}

TEST(Crash, AfterFaults) {
    Workload workload;
    workload.fault_percent = 15;
    for (std::uint64_t seed = 1; seed <= seeds(200); ++seed) {
        SCOPED_TRACE("seed " + std::to_string(seed));
        MemoryDisk disk;
        MemoryDisk::Random random(seed);
        LogRun run(disk, seed, workload);
        for (int again = 0; again < 3; ++again) {
            disk.crash_at(disk.points() + 20 + random() % 200);
            run.go();
            run.crash(random);
            run.recover();
            if (HasFailure()) return;
        }
    }
}

TEST(Crash, OnADiskThatFillsUp) {
    Workload workload;
    workload.steps = 150;
    for (std::uint64_t seed = 1; seed <= seeds(80); ++seed) {
        SCOPED_TRACE("seed " + std::to_string(seed));
        MemoryDisk disk;
        disk.limit(6 * kSmallSegment + seed * 37);
        MemoryDisk::Random random(seed);
        LogRun run(disk, seed, workload);
        for (int again = 0; again < 3; ++again) {
            disk.crash_at(disk.points() + 50 + random() % 400);
            run.go();
            run.crash(random);
            run.recover();
            if (HasFailure()) return;
        }
    }
}

// It may be killed, or lose the power, at each point of the start that follows.
TEST(Crash, AStartThatIsCutShortLosesNothing) {
    for (std::uint64_t point = 1; point < 40; ++point) {
        for (bool has_power : {true, false}) {
            MemoryDisk disk;
            MemoryDisk::Random random(point);
            auto opened = open_log(disk);
            for (Key key = 1; key <= 30; ++key) put(*opened.log, key, std::string(300, 'v'));
            disk.kill();
            disk.crash_at(disk.points() + point);
            (void)try_open(disk);
            if (has_power)
                disk.kill();
            else
                disk.crash(random);
            EXPECT_EQ(look_at(disk).visited.size(), 30u) << point << has_power;
            EXPECT_EQ(open_log(disk).visited.size(), 30u) << point << has_power;
        }
    }
}

// A folder that was copied without its reserved room, as backups are made.
TEST(Crash, AKilledJournalCanBeLookedAtWithoutItsSpares) {
    MemoryDisk disk;
    auto opened = open_log(disk);
    for (Key key = 1; key <= 30; ++key) put(*opened.log, key, std::string(300, 'v'));
    disk.kill();
    std::vector<std::string> names = disk.folder()->list().value();
    for (const std::string& name : names)
        if (name.starts_with("spare-")) disk.erase(name);
    auto looked = look_at(disk);
    EXPECT_EQ(looked.error, "");
    EXPECT_EQ(looked.visited.size(), 30u);
}

TEST(Crash, AKilledProgramLosesNothing) {
    for (std::uint64_t seed = 1; seed <= 50; ++seed) {
        SCOPED_TRACE("seed " + std::to_string(seed));
        MemoryDisk disk;
        LogRun run(disk, seed, {});
        run.go();
        run.kill();
        run.recover();
        EXPECT_EQ(run.recovered_groups(), run.pending_groups());
        if (HasFailure()) return;
    }
}

}  // namespace
}  // namespace martlet::journal
