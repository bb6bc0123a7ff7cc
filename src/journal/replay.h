#pragma once

// Reads a folder of segments and finds out what stands in it: fills the catalog, and says what is
// damaged and what is to be done about it. Changes nothing on the disk (journal/repair.h does).
//
// What was known to be on the disk when a later group was written is kept record by record, however
// damaged its surroundings are. What comes after that never counted as durable: it ends at the
// first place that is not sound, with the last whole group before it, so that what is left is what
// once was.

#include "journal/catalog.h"
#include "journal/log.h"
#include "journal/segment_scan.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace martlet::journal {

// A stretch that cannot be read, between sound records.
struct DamagedStretch {
    std::uint32_t segment = 0;
    Stretch bytes;
    std::uint64_t missing = 0;  // records
    std::uint64_t missing_from = 0;
    // Where the group begins that it is in, and the number of that group's first record.
    std::uint64_t group_begin = 0;
    std::uint64_t group_sequence = 0;
    std::string what;
};

struct UnreadableFile {
    std::string name;
    std::string what;
    std::uint64_t bytes = 0;
};

struct Findings {
    std::vector<UnreadableFile> unreadable;
    std::vector<DamagedStretch> damaged;
    std::optional<DamagedStretch> torn_tail;
    // Younger than the torn tail; they hold nothing that counts.
    std::vector<std::uint32_t> superfluous;
    std::vector<std::string> spares;
    std::uint64_t last_sequence = 0;
    // All up to here is on the disk, says the youngest group that says so.
    std::uint64_t known_sequence = 0;
    Key next_key = 1;
    std::uint32_t next_number = 1;
    std::uint64_t bytes = 0;
    // The youngest group says only that all before it is on the disk: nothing follows a clean stop.
    bool is_closed = false;
    // The youngest segment may be appended to.
    bool is_tail_clean = true;
};

class Replay {
  public:
    // `mode`: how the segments are opened.
    Replay(Folder& folder, const Log::Progress& progress,
           Folder::Mode mode = Folder::Mode::ReadWrite)
        : folder_(folder), progress_(progress), mode_(mode) {}

    // An error: the folder cannot be read at all.
    Status run(Catalog& catalog, Findings& findings);
    // Calls `visit` for each live record.
    Status visit_live(const Catalog& catalog, const Log::Visit& visit);

  private:
    struct Pending {
        Key key = 0;
        Location location;
        bool is_removal = false;
    };

    Status open_segments();
    Status open_segment(const std::string& name, std::uint32_t number);
    Status go_through_all();
    Status go_through(Segment& segment, std::uint64_t size, bool is_youngest);
    void take_record(const Segment& segment, const SegmentScan& scan);
    void take_gap(Segment& segment, const SegmentScan& scan);
    void take_end(Segment& segment, const SegmentScan& scan, bool is_youngest);
    void apply_group();
    void decide_on_tail();
    Status cut_tail();
    DamagedStretch describe(const Segment& segment, Stretch bytes,
                            std::uint64_t missing_from) const;
    Status read_all(File& file, std::uint64_t size);
    Error unreadable(const Segment& segment, std::uint64_t at) const;
    std::uint64_t end_sequence(std::uint32_t number) const;
    void tell_progress(std::uint64_t bytes);

    Folder& folder_;
    const Log::Progress& progress_;
    const Folder::Mode mode_;
    Catalog* catalog_ = nullptr;
    Findings* findings_ = nullptr;
    std::vector<std::uint8_t> buffer_;
    std::uint64_t bytes_done_ = 0;
    std::uint64_t bytes_total_ = 0;
    // The group that is being read.
    std::vector<Pending> group_;
    bool is_group_open_ = false;
    std::uint64_t group_begin_ = 0;
    std::uint64_t group_sequence_ = 0;
    std::uint64_t youngest_expects_ = 1;
    // The youngest record that is in the catalog; it may be a little more.
    std::uint64_t applied_sequence_ = 0;
};

}  // namespace martlet::journal
