#pragma once

// The inside of Log, shared by log.cc, log_append.cc, log_compact.cc and log_read.cc.
//
// Invariants:
// 1. The youngest segment is the one that is appended to, unless `is_given_up`; bytes from its
// `end`
//    to its file's size are zeros.
// 2. The catalog is changed by the writer's thread alone, with `mutex` held alone; it reads without
//    it, others hold it shared. Nothing is read or written on the disk while it is held.
// 3. `unsynced` holds all groups since the last good sync, as they stand on the disk. Sequence
//    numbers up to `synced_sequence` are on the disk.
// 4. A segment is removed only when nothing is unsynced: what replaces its records is on the disk.

#include "base/hash_map.h"
#include "journal/catalog.h"
#include "journal/log.h"
#include "journal/record.h"
#include "journal/spares.h"

#include <deque>
#include <memory>
#include <set>
#include <shared_mutex>
#include <span>
#include <vector>

namespace martlet::journal {

struct Findings;

struct Log::Inner {
    // A group that is written and not synced.
    struct Unsynced {
        std::uint32_t segment = 0;
        std::uint64_t at = 0;
        std::uint64_t first_sequence = 0;
        std::vector<std::uint8_t> bytes;
    };

    Inner(std::unique_ptr<Folder> folder_in, const LogOptions& options_in);

    Status recover(const Visit& visit, const Progress& progress, Recovery& recovery);
    void count(Recovery& recovery) const;
    LogStats stats() const;
    Status make_durable(const Findings& findings);
    Status sync_tail(std::uint64_t known_sequence);
    Status collect_unknown(std::uint64_t known_sequence);
    Status write_tail_again();
    void close();

    Status append(std::vector<std::uint8_t>& bytes, std::size_t& records, bool may_use_reserve);
    void drop_dead_puts(std::vector<std::uint8_t>& bytes, std::size_t& records);
    Status write_group(std::vector<std::uint8_t> bytes, bool may_use_reserve);
    void apply_group(const Unsynced& group);
    void remember_orphan(Key key);

    Status find_room(std::uint64_t bytes, std::uint64_t first_sequence, bool may_use_reserve);
    Status start_segment(std::uint64_t bytes, std::uint64_t first_sequence, bool may_use_reserve,
                         std::span<Unsynced> content = {});
    Status make_segment(const std::string& spare, const Segment& segment, std::uint64_t bytes,
                        std::span<Unsynced> content);
    Status sync();
    void give_up(const Error& error);
    Status write_again();
    Status write_one_again(Unsynced& group);
    void note_moved(Unsynced& group);
    void remove_empty_segments();

    bool is_worth_it() const;
    Result<bool> compact(std::uint64_t budget, bool is_forced);
    Status remove_oldest();
    Status copy_some(std::uint64_t budget);
    Status rescue(const Segment& segment, Group& copies);
    void give_up_record(Key key, const Location& location, const Error& error);

    Result<std::vector<std::uint8_t>> read_at(Key key, const Segment& segment,
                                              const Location& location) const;

    Segment& current() { return catalog.segments.rbegin()->second; }
    Segment& oldest() { return catalog.segments.begin()->second; }
    std::string name_of(const Segment& segment) const;

    const std::unique_ptr<Folder> folder;
    const LogOptions options;

    mutable std::shared_mutex mutex;
    Catalog catalog;

    // The writer's alone.
    Spares spares;
    std::uint64_t last_sequence = 0;
    std::uint64_t synced_sequence = 0;
    // The sequence number that the last group said was synced.
    std::uint64_t marked_sequence = 0;
    Key next_key = 1;
    std::uint32_t next_number = 1;
    std::vector<Unsynced> unsynced;
    std::uint64_t unsynced_bytes = 0;
    std::set<std::uint32_t> dirty;  // segments with unsynced bytes
    bool is_given_up = false;
    // Logged; until the next good sync.
    bool has_trouble = false;
    // Removed before they were put, in the order of their removal.
    HashSet<Key> orphans;
    std::deque<Key> orphans_in_order;
    // Where compaction stands in which segment, the oldest.
    std::uint32_t compacting = 0;
    std::uint64_t compacted_to = 0;
    bool is_oldest_damaged = false;  // found out while compacting: to be kept aside
    bool is_removal_unsynced = false;
};

}  // namespace martlet::journal
