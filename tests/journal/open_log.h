#pragma once

// A log on a MemoryDisk with small segments, and short words for what the tests do with it.

#include "base/log.h"
#include "journal/log.h"
#include "tests/journal/memory_folder.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

namespace martlet::journal {

constexpr std::uint64_t kSmallSegment = 4096;

using Visited = std::vector<std::pair<Key, std::string>>;

struct OpenedLog {
    std::unique_ptr<Log> log;
    Recovery recovery;
    Visited visited;
    std::string error;
};

inline LogOptions small_options() {
    LogOptions options;
    options.segment_bytes = kSmallSegment;
    options.reserve_bytes = 2 * kSmallSegment;
    return options;
}

inline void be_quiet() {
    log::Options quiet;
    quiet.levels = 0;
    (void)log::configure(quiet).ok();
}

// Without a log when it cannot be opened.
inline OpenedLog try_open(MemoryDisk& disk, const LogOptions& options = small_options()) {
    be_quiet();
    OpenedLog opened;
    auto visit = [&](Key key, ByteView value) { opened.visited.emplace_back(key, as_text(value)); };
    auto log = Log::open(disk.folder(), options, visit, {}, opened.recovery);
    if (log.ok()) {
        opened.log = std::move(log).value();
    } else {
        opened.error = log.error().text;
    }
    return opened;
}

inline OpenedLog open_log(MemoryDisk& disk, const LogOptions& options = small_options()) {
    auto opened = try_open(disk, options);
    EXPECT_EQ(opened.error, "");
    return opened;
}

// What Log::look() finds; it must not change anything.
inline OpenedLog look_at(MemoryDisk& disk) {
    be_quiet();
    OpenedLog looked;
    auto visit = [&](Key key, ByteView value) { looked.visited.emplace_back(key, as_text(value)); };
    auto points = disk.points();
    auto stats = Log::look(disk.folder(), visit, {}, looked.recovery);
    EXPECT_EQ(disk.points(), points);
    if (!stats.ok()) looked.error = stats.error().text;
    return looked;
}

inline void commit(Log& log, Group& group) {
    auto appended = log.append(group, false);
    ASSERT_TRUE(appended.ok()) << appended.error().text;
    auto synced = log.sync();
    ASSERT_TRUE(synced.ok()) << synced.error().text;
}

inline void put(Log& log, Key key, std::string_view value) {
    Group group;
    group.put(key, as_bytes(value));
    commit(log, group);
}

inline void remove(Log& log, Key key) {
    Group group;
    group.remove(key);
    commit(log, group);
}

inline std::string value_of(const Log& log, Key key) {
    auto value = log.read(key);
    if (!value.ok()) return value.error().text;
    return std::string(as_text(value.value()));
}

}  // namespace martlet::journal
