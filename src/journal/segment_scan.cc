#include "journal/segment_scan.h"

#include <algorithm>

namespace martlet::journal {

namespace {

std::uint64_t without_zeros(ByteView bytes) {
    auto last = std::find_if(bytes.rbegin(), bytes.rend(), [](auto byte) { return byte != 0; });
    return static_cast<std::uint64_t>(bytes.rend() - last);
}

}  // namespace

SegmentScan::SegmentScan(ByteView bytes, const SegmentHead& head, std::uint64_t end_sequence)
    : bytes_(bytes),
      salt_(head.salt),
      end_sequence_(end_sequence),
      content_end_(without_zeros(bytes)),
      patience_(16 * bytes.size() + (1u << 20)),
      expected_(head.first_sequence) {}

SegmentScan::Found SegmentScan::next() {
    if (is_superseded() || at_ >= content_end_) return Found::End;
    if (!is_sound_at(at_, expected_)) return search() ? Found::Gap : Found::End;
    record_at_ = at_;
    at_ += record().total_size();
    ++expected_;
    return Found::Record;
}

bool SegmentScan::is_sound_at(std::uint64_t at, std::uint64_t sequence_max) {
    if (bytes_.size() - at < kRecordHead) return false;
    Record candidate(bytes_.data() + at);
    auto sequence = candidate.sequence();
    if (sequence < expected_ || sequence > sequence_max || sequence >= end_sequence_) return false;
    if (candidate.total_size() > bytes_.size() - at || candidate.key() > kNumberMax) return false;
    if (candidate.is_sound(salt_)) return true;
    patience_ -= std::min<std::uint64_t>(patience_, candidate.total_size());
    return false;
}

// A missing record takes the room of a head at least.
bool SegmentScan::search() {
    for (auto at = at_ + 1; at < content_end_ && patience_ > 0; ++at) {
        if (!is_sound_at(at, expected_ + (at - at_) / kRecordHead)) continue;
        gap_ = {at_, at};
        at_ = at;
        missing_ = Record(bytes_.data() + at).sequence() - expected_;
        expected_ += missing_;
        return true;
    }
    return false;
}

}  // namespace martlet::journal
