#include "journal/replay.h"

#include "base/text.h"
#include "journal/record_reader.h"

#include <algorithm>
#include <array>
#include <cerrno>

namespace martlet::journal {

namespace {

constexpr std::size_t kBlock = 4096;
constexpr std::size_t kBufferKept = 32u << 20;

Location location_of(const Segment& segment, const RecordReader& reader) {
    return {segment.head.number, static_cast<std::uint32_t>(reader.record_at()),
            static_cast<std::uint32_t>(reader.record().total_size())};
}

}  // namespace

Status Replay::run(Catalog& catalog, Findings& findings) {
    catalog_ = &catalog;
    findings_ = &findings;
    auto opened = open_segments();
    if (!opened.ok()) return opened;
    for (const auto& [number, segment] : catalog.segments) bytes_total_ += segment.file->size();
    bytes_total_ *= 2;
    auto gone_through = go_through_all();
    if (!gone_through.ok()) return gone_through;
    decide_on_tail();
    if (findings.torn_tail) return cut_tail();
    apply_group();
    return Done{};
}

Status Replay::open_segments() {
    auto names = folder_.list();
    if (!names.ok()) return names.error();
    std::ranges::sort(names.value());
    for (const auto& name : names.value()) {
        if (name.starts_with("spare-")) findings_->spares.push_back(name);
        // Numbers of files that were set aside are not used again.
        auto number = segment_number(std::string_view(name).substr(0, name.rfind(".seg") + 4));
        if (!number) continue;
        findings_->next_number = std::max(findings_->next_number, *number + 1);
        if (!segment_number(name)) continue;
        auto opened = open_segment(name, *number);
        if (!opened.ok()) return opened;
    }
    return Done{};
}

Status Replay::open_segment(const std::string& name, std::uint32_t number) {
    auto file = folder_.open(name, mode_);
    if (!file.ok()) return file.error();
    std::array<std::uint8_t, kSegmentHead> bytes{};
    auto count = file.value()->read(0, bytes);
    HeadReading reading;
    if (count.ok()) {
        reading = decode_head(ByteView(bytes).first(count.value()));
    } else {
        reading.what = count.error().text;
    }
    if (reading.head && reading.head->number != number) {
        reading.what = fmt::format("by its head it is segment {}", reading.head->number);
        reading.head.reset();
    }
    if (file.value()->size() > UINT32_MAX) {
        reading.what = "it is larger than any segment of ours";
        reading.head.reset();
    }
    if (!reading.head) {
        findings_->unreadable.push_back({name, reading.what, file.value()->size()});
        return Done{};
    }
    if (!reading.is_whole) {
        DamagedStretch stretch;
        stretch.segment = number;
        stretch.bytes = {0, kSegmentHead};
        stretch.what = "one of the two copies of its head is broken";
        findings_->damaged.push_back(stretch);
    }
    Segment segment;
    segment.head = *reading.head;
    segment.file = std::move(file).value();
    findings_->next_key = std::max(findings_->next_key, segment.head.next_key);
    catalog_->segments.emplace(number, std::move(segment));
    return Done{};
}

Status Replay::go_through_all() {
    for (auto& [number, segment] : catalog_->segments) {
        bool is_youngest = number == catalog_->segments.rbegin()->first;
        auto done = go_through(segment, segment.file->size(), is_youngest);
        if (!done.ok()) return done;
    }
    return Done{};
}

Status Replay::go_through(Segment& segment, std::uint64_t size, bool is_youngest) {
    auto read = read_all(*segment.file, size);
    if (!read.ok()) return read;
    SegmentScan scan(buffer_, segment.head, end_sequence(segment.head.number));
    group_.clear();
    is_group_open_ = false;
    group_begin_ = kSegmentHead;
    // A segment that begins with more than a later one does holds nothing that counts.
    auto first = std::min(segment.head.first_sequence, end_sequence(segment.head.number));
    findings_->last_sequence = std::max(findings_->last_sequence, first - 1);
    for (auto found = scan.next(); found != SegmentScan::Found::End; found = scan.next()) {
        if (found == SegmentScan::Found::Record) {
            take_record(segment, scan);
        } else {
            take_gap(segment, scan);
        }
    }
    take_end(segment, scan, is_youngest);
    tell_progress(buffer_.size());
    return Done{};
}

void Replay::take_record(const Segment& segment, const SegmentScan& scan) {
    auto record = scan.record();
    findings_->last_sequence = std::max(findings_->last_sequence, record.sequence());
    findings_->is_closed = record.begins_group() && record.ends_group();
    // Whatever is open lost its end in a gap: what is left of it stays.
    if (record.begins_group()) apply_group();
    if (!is_group_open_) {
        // By its first record, or what is left of it.
        is_group_open_ = true;
        group_begin_ = scan.record_at();
        group_sequence_ = record.sequence();
    }
    if (record.begins_group()) {
        if (record.key() < record.sequence())
            findings_->known_sequence = std::max(findings_->known_sequence, record.key());
    } else {
        Location location{segment.head.number, static_cast<std::uint32_t>(scan.record_at()),
                          static_cast<std::uint32_t>(record.total_size())};
        group_.push_back({record.key(), location, record.is_removal()});
        findings_->next_key = std::max(findings_->next_key, record.key() + 1);
    }
    if (record.ends_group()) apply_group();
}

void Replay::apply_group() {
    if (!group_.empty()) applied_sequence_ = findings_->last_sequence;
    for (const auto& record : group_) {
        if (record.is_removal) {
            catalog_->remove(record.key);
        } else {
            catalog_->put(record.key, record.location);
        }
    }
    group_.clear();
    is_group_open_ = false;
}

DamagedStretch Replay::describe(const Segment& segment, Stretch bytes,
                                std::uint64_t missing_from) const {
    DamagedStretch stretch;
    stretch.segment = segment.head.number;
    stretch.bytes = bytes;
    stretch.missing_from = missing_from;
    stretch.group_begin = is_group_open_ ? group_begin_ : bytes.begin;
    stretch.group_sequence = is_group_open_ ? group_sequence_ : missing_from;
    stretch.what = "checksum";
    return stretch;
}

void Replay::take_gap(Segment& segment, const SegmentScan& scan) {
    segment.gaps.push_back(scan.gap());
    auto stretch = describe(segment, scan.gap(), scan.missing_from());
    stretch.missing = scan.missing();
    findings_->damaged.push_back(stretch);
}

// A tail that should not be there, a group without its end, records that the next segment expects.
void Replay::take_end(Segment& segment, const SegmentScan& scan, bool is_youngest) {
    segment.end = scan.end();
    youngest_expects_ = scan.expected();
    auto end_of_sequence = end_sequence(segment.head.number);
    bool is_cut_short = !is_youngest && scan.expected() < end_of_sequence;
    bool has_tail = scan.tail_end() > scan.end();
    if (is_cut_short || has_tail || (is_youngest && is_group_open_)) {
        auto stretch = describe(segment, {scan.end(), scan.tail_end()}, scan.expected());
        if (is_cut_short) stretch.missing = end_of_sequence - scan.expected();
        if (!has_tail) stretch.what = "records are missing at its end";
        findings_->damaged.push_back(stretch);
        if (is_youngest) findings_->is_tail_clean = false;
    }
    if (!is_youngest) apply_group();
}

// The first damage in what was not known to be on the disk: from there on nothing counts.
void Replay::decide_on_tail() {
    auto is_tail = [&](const DamagedStretch& stretch) {
        return stretch.missing_from > findings_->known_sequence;
    };
    auto& damaged = findings_->damaged;
    auto first = std::ranges::find_if(damaged, is_tail);
    if (first == damaged.end()) {
        findings_->last_sequence = std::max(findings_->last_sequence, findings_->known_sequence);
        if (youngest_expects_ != findings_->last_sequence + 1) findings_->is_tail_clean = false;
        return;
    }
    findings_->torn_tail = *first;
    auto& tail = *findings_->torn_tail;
    damaged.erase(std::remove_if(first, damaged.end(), is_tail), damaged.end());
    tail.bytes.begin = tail.group_begin;
    tail.bytes.end = std::max(tail.bytes.end, catalog_->segments.at(tail.segment).end);
    auto after = catalog_->segments.upper_bound(tail.segment);
    for (; after != catalog_->segments.end(); ++after) {
        findings_->superfluous.push_back(after->first);
        tail.bytes.end += after->second.end - kSegmentHead;
    }
}

// What lies behind the cut may have been taken for good already: then once more, without it.
Status Replay::cut_tail() {
    const auto tail = *findings_->torn_tail;
    for (auto number : findings_->superfluous) catalog_->segments.erase(number);
    auto& segment = catalog_->segments.at(tail.segment);
    if (applied_sequence_ >= tail.group_sequence) {
        // What was found damaged before the cut is known already.
        auto damaged = findings_->damaged;
        catalog_->clear();
        for (auto& [number, other] : catalog_->segments) {
            other.gaps.clear();
            auto size = number == tail.segment ? tail.group_begin : other.file->size();
            auto done = go_through(other, size, number == tail.segment);
            if (!done.ok()) return done;
        }
        findings_->damaged = damaged;
        // The cut is where a group begins: what is open there lost its end in a gap.
        apply_group();
        if (segment.end < tail.group_begin) segment.gaps.push_back({segment.end, tail.group_begin});
    }
    segment.end = tail.group_begin;
    std::erase_if(segment.gaps, [&](const Stretch& gap) { return gap.begin >= segment.end; });
    findings_->last_sequence = tail.group_sequence - 1;
    findings_->is_tail_clean = true;
    return Done{};
}

// A corrupt disk may be so slow that it is tried in small blocks; what cannot be read is zeros, and
// so no record.
Status Replay::read_all(File& file, std::uint64_t size) {
    if (buffer_.capacity() > kBufferKept && size < kBufferKept)
        std::vector<std::uint8_t>().swap(buffer_);
    buffer_.resize(size);
    auto count = file.read(0, buffer_);
    if (count.ok()) {
        std::fill(buffer_.begin() + static_cast<std::ptrdiff_t>(count.value()), buffer_.end(), 0);
        return Done{};
    }
    std::ranges::fill(buffer_, std::uint8_t{0});
    bool has_any = false;
    for (std::uint64_t at = 0; at < size; at += kBlock) {
        auto block = std::span(buffer_).subspan(at, std::min<std::uint64_t>(kBlock, size - at));
        auto part = file.read(at, block);
        if (part.ok()) {
            has_any = true;
        } else {
            std::ranges::fill(block, std::uint8_t{0});
        }
    }
    if (!has_any) return count.error();
    return Done{};
}

void Replay::tell_progress(std::uint64_t bytes) {
    bytes_done_ += bytes;
    if (progress_) progress_(std::min(bytes_done_, bytes_total_), bytes_total_);
}

Error Replay::unreadable(const Segment& segment, std::uint64_t at) const {
    return {fmt::format("Error: {}/{} reads differently at byte {} than a moment ago. The disk or "
                        "the memory of this machine is not to be trusted.",
                        folder_.path(), segment_name(segment.head.number), at),
            EIO};
}

Status Replay::visit_live(const Catalog& catalog, const Log::Visit& visit) {
    for (const auto& [number, segment] : catalog.segments) {
        if (segment.live_records == 0) continue;
        RecordReader reader(segment);
        auto found = reader.next();
        for (; found == RecordReader::Found::Record; found = reader.next()) {
            auto record = reader.record();
            if (record.is_put() && catalog.find(record.key()) == location_of(segment, reader))
                visit(record.key(), record.value());
        }
        if (found == RecordReader::Found::Unreadable) return unreadable(segment, reader.at());
        tell_progress(segment.file->size());
    }
    return Done{};
}

std::uint64_t Replay::end_sequence(std::uint32_t number) const {
    auto end = UINT64_MAX;
    auto after = catalog_->segments.upper_bound(number);
    for (; after != catalog_->segments.end(); ++after)
        end = std::min(end, after->second.head.first_sequence);
    return end;
}

}  // namespace martlet::journal
