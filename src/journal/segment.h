#pragma once

// A segment: its file's name and head, and what Log knows of it. Records follow the head without
// holes; zeros after the last one are reserved room. Data only.

#include "base/bytes.h"
#include "journal/file.h"

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace martlet::journal {

constexpr std::uint32_t kSegmentVersion = 1;
// The head stands twice, so that one flipped bit in it does not cost the segment.
constexpr std::size_t kSegmentHeadCopy = 64;
constexpr std::size_t kSegmentHead = 2 * kSegmentHeadCopy;

struct SegmentHead {
    std::uint32_t number = 0;
    std::uint32_t salt = 0;            // of its records' checksums
    std::uint64_t first_sequence = 0;  // of its first record
    std::uint64_t next_key = 0;        // no key from here on was used before it was made
};

std::array<std::uint8_t, kSegmentHead> encode_head(const SegmentHead& head);

struct HeadReading {
    std::optional<SegmentHead> head;
    bool is_whole = false;  // both copies are sound
    std::string what;       // no head: why
};
HeadReading decode_head(ByteView bytes);

std::string segment_name(std::uint32_t number);
// Nothing: a segment would not be named so.
std::optional<std::uint32_t> segment_number(std::string_view name);

struct Stretch {
    std::uint64_t begin = 0;
    std::uint64_t end = 0;
};

struct Segment {
    SegmentHead head;
    std::shared_ptr<File> file;
    std::uint64_t end = kSegmentHead;  // of its last record
    std::uint64_t live_bytes = 0;
    std::uint64_t live_records = 0;
    std::vector<Stretch> gaps;  // no record can be read there
};

}  // namespace martlet::journal
