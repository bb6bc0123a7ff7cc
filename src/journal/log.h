#pragma once

// The journal's core, without threads and clocks: keyed records in segment files of one folder, an
// index in memory that says where each live one lies.
//
// Segments are numbered and only ever appended to. What no longer lives is got rid of from the
// oldest on: its live records are copied to the end, then the file is removed. So a removal never
// outlives the record it is for: the tombstones in the oldest segment concern nothing that is left.
// No mmap.
//
// One thread (the writer's) calls everything but read(), read_all() and stats(), which any thread
// may call.

#include "base/result.h"
#include "journal/file.h"
#include "journal/group.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace martlet::journal {

struct LogOptions {
    std::uint64_t segment_bytes = 16u << 20;
    // Kept free for removals and compaction, so that a full disk does not stop what makes room.
    std::uint64_t reserve_bytes = 32u << 20;
    // Refuse to open a damaged journal instead of going on with what is sound.
    bool is_strict = false;
    // Test switches for the crash checker: each is a bug that it must catch.
    bool test_compaction_drops = false;
};

// A stretch that could not be read, or a file that is not ours.
struct Damage {
    std::string file;
    std::uint64_t at = 0;
    std::uint64_t bytes = 0;
    std::string what;  // "torn tail", "checksum", "version 9 is newer than this program", ...
    std::string
        kept_as;  // name of the copy in the folder; empty: nothing worth keeping (torn tail)
};

struct Recovery {
    std::uint64_t segments = 0;
    std::uint64_t records = 0;  // live
    std::uint64_t bytes = 0;    // read
    std::vector<Damage> damages;
};

struct LogStats {
    std::uint64_t segments = 0;
    std::uint64_t bytes = 0;       // of all segments, reserved room apart
    std::uint64_t live_bytes = 0;  // of live records with their heads
    std::uint64_t live_records = 0;
};

class Log {
  public:
    // Called once for each live record, in the order in which they lie on the disk (which is not
    // the order of keys: compaction moves old ones to the end).
    using Visit = std::function<void(Key key, ByteView value)>;
    // Called now and then while reading: bytes done, bytes in all.
    using Progress = std::function<void(std::uint64_t done, std::uint64_t total)>;

    static Result<std::unique_ptr<Log>> open(std::unique_ptr<Folder> folder,
                                             const LogOptions& options, const Visit& visit,
                                             const Progress& progress, Recovery& recovery);
    // Reads the folder as it is and changes nothing on the disk: `visit` gets the records that
    // open() would find, whatever state a kill or a fault has left.
    static Result<LogStats> look(std::unique_ptr<Folder> folder, const Visit& visit,
                                 const Progress& progress, Recovery& recovery);
    ~Log();

    // No key below this was ever used.
    Key next_key() const;
    // Keys from here on may be given out by others; written down with the next segment.
    void note_next_key(Key key);

    // Writes the group; on the disk once sync() has returned well. ENOSPC (and any other error):
    // nothing has changed, the group may be given again. `may_use_reserve`: it makes room, or holds
    // up others who would.
    Status append(Group& group, bool may_use_reserve);
    // After an error what was appended since the last good sync() is not known to be on the disk;
    // the next call writes it again in a new segment.
    Status sync();

    // The value of a live record; its checksum is tested. ENOENT: there is no such record. Any
    // thread.
    Result<std::vector<std::uint8_t>> read(Key key) const;
    // The same for many, one for each key; empty: none, or it cannot be read (logged). Neighbours
    // on the disk are read at once.
    std::vector<std::vector<std::uint8_t>> read_all(std::span<const Key> keys) const;

    // Copies about `budget` bytes of live records out of the oldest segment, or removes it when
    // nothing in it lives any more (after a sync of its own when there is something to sync).
    // False: nothing is to be gained now (less than half of the bytes are dead, or there is little
    // of it).
    Result<bool> compact(std::uint64_t budget);
    // The same until as little as possible is left.
    Status compact_all();

    // Whether a put would find room; looks at the disk.
    bool has_room();
    // append() was not followed by a good sync().
    bool is_sync_due() const;

    LogStats stats() const;

  private:
    struct Inner;
    explicit Log(std::unique_ptr<Inner> inner);
    std::unique_ptr<Inner> inner_;
};

}  // namespace martlet::journal
