#pragma once

// Goes through the bytes of one segment from record to record, and over what is damaged to the next
// sound record: one whose checksum holds and whose sequence number fits into the room that was
// skipped. Looks only; for foreign bytes.

#include "journal/record.h"
#include "journal/segment.h"

#include <cstdint>

namespace martlet::journal {

class SegmentScan {
  public:
    enum class Found : std::uint8_t { Record, Gap, End };

    // Records from `end_sequence` on stand in a later segment once more: they are not looked at.
    SegmentScan(ByteView bytes, const SegmentHead& head, std::uint64_t end_sequence);

    Found next();

    // After Record.
    Record record() const { return Record(bytes_.data() + record_at_); }
    std::uint64_t record_at() const { return record_at_; }
    // After Gap: up to the next sound record.
    Stretch gap() const { return gap_; }
    // After Gap: how many records are missing, and the number of the first.
    std::uint64_t missing() const { return missing_; }
    std::uint64_t missing_from() const { return expected_ - missing_; }
    // The number of the record that should come next.
    std::uint64_t expected() const { return expected_; }
    // After End: where the last sound record ends, and where the last byte that is not zero does
    // (no less than the former).
    std::uint64_t end() const { return at_; }
    std::uint64_t tail_end() const {
        return is_superseded() || content_end_ < at_ ? at_ : content_end_;
    }

  private:
    bool is_superseded() const { return expected_ >= end_sequence_; }
    bool is_sound_at(std::uint64_t at, std::uint64_t sequence_max);
    bool search();

    const ByteView bytes_;
    const std::uint32_t salt_;
    const std::uint64_t end_sequence_;
    std::uint64_t content_end_;
    // Bytes whose checksum may still be computed in vain: no input makes a search take forever.
    std::uint64_t patience_;
    std::uint64_t at_ = kSegmentHead;
    std::uint64_t record_at_ = 0;
    std::uint64_t expected_;
    std::uint64_t missing_ = 0;
    Stretch gap_;
};

}  // namespace martlet::journal
