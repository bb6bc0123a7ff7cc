#pragma once

// Reads the records of a segment one after another, in larger pieces, over known gaps. For segments
// that Replay has gone through or that this process wrote. One thread.

#include "journal/record.h"
#include "journal/segment.h"

#include <cstdint>
#include <vector>

namespace martlet::journal {

class RecordReader {
  public:
    // Unreadable: not what was there once, or the disk fails. It cannot go on from there.
    enum class Found : std::uint8_t { Record, End, Unreadable };

    // From the record at `at` on. The segment must outlive it and not be appended to.
    explicit RecordReader(const Segment& segment, std::uint64_t at = kSegmentHead)
        : segment_(segment), at_(at) {}

    Found next();

    // Valid until next().
    Record record() const { return record_; }
    std::uint64_t record_at() const { return record_at_; }
    // Where the next one begins.
    std::uint64_t at() const { return at_; }

  private:
    const std::uint8_t* bytes_at(std::uint64_t at, std::size_t size);

    const Segment& segment_;
    std::uint64_t at_;
    std::uint64_t record_at_ = 0;
    Record record_;
    std::vector<std::uint8_t> window_;
    std::uint64_t window_at_ = 0;
};

}  // namespace martlet::journal
