// Writing: groups, syncs, new segments, and what happens when the disk refuses.

#include "base/log.h"
#include "journal/log_inner.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <mutex>
#include <random>

namespace martlet::journal {

namespace {

// More than this is synced without being asked for, since it is kept in memory until then.
constexpr std::uint64_t kUnsyncedMax = 16u << 20;
// Removals that wait for a put that may never come.
constexpr std::size_t kOrphansMax = 1u << 18;

void seal(std::vector<std::uint8_t>& bytes, std::uint64_t sequence, std::uint32_t salt) {
    for (std::size_t at = 0; at < bytes.size();) {
        seal_record(bytes.data() + at, sequence++, salt);
        at += Record(bytes.data() + at).total_size();
    }
}

std::uint64_t count_records(const std::vector<std::uint8_t>& bytes) {
    std::uint64_t count = 0;
    for (std::size_t at = 0; at < bytes.size(); ++count)
        at += Record(bytes.data() + at).total_size();
    return count;
}

void mark_last(std::vector<std::uint8_t>& bytes) {
    std::size_t last = 0;
    for (std::size_t at = 0; at < bytes.size();) {
        last = at;
        at += Record(bytes.data() + at).total_size();
    }
    auto field = load<std::uint32_t>(bytes.data() + last + 4);
    store<std::uint32_t>(bytes.data() + last + 4, field | kGroupEnds);
}

}  // namespace

Status Log::Inner::append(std::vector<std::uint8_t>& bytes, std::size_t& records,
                          bool may_use_reserve) {
    if (is_given_up) {
        auto written = write_again();
        if (!written.ok()) return written;
    }
    if (!may_use_reserve && !spares.is_complete()) {
        auto filled = spares.fill();
        if (!filled.ok()) return filled;
    }
    drop_dead_puts(bytes, records);
    if (records == 0) return Done{};
    return write_group(bytes, may_use_reserve);
}

// A removal is for good, wherever its put comes from: with the put left out, no removal needs to be
// kept longer than the segment that it is in.
void Log::Inner::drop_dead_puts(std::vector<std::uint8_t>& bytes, std::size_t& records) {
    HashSet<Key> removed;
    std::size_t to = 0;
    for (std::size_t at = 0; at < bytes.size();) {
        Record record(bytes.data() + at);
        auto size = record.total_size();
        if (record.is_removal() && !catalog.has(record.key())) removed.insert(record.key());
        bool is_dead =
            record.is_put() && (orphans.contains(record.key()) || removed.contains(record.key()));
        if (is_dead) {
            --records;
        } else {
            if (to != at) std::memmove(bytes.data() + to, bytes.data() + at, size);
            to += size;
        }
        at += size;
    }
    bytes.resize(to);
}

Status Log::Inner::write_group(std::vector<std::uint8_t> bytes, bool may_use_reserve) {
    if (unsynced_bytes > kUnsyncedMax) {
        auto synced = sync();
        if (!synced.ok()) return synced;
    }
    auto first = last_sequence + 1;
    auto found = find_room(bytes.size(), first, may_use_reserve);
    if (!found.ok()) return found;
    auto& segment = current();
    store<std::uint64_t>(bytes.data() + 16, synced_sequence);
    mark_last(bytes);
    seal(bytes, first, segment.head.salt);
    auto written = segment.file->write(segment.end, bytes);
    if (!written.ok()) {
        give_up(written.error());
        // At once: only a new segment's head makes sure that what was written of the group does not
        // count. Should it fail, the next call tries again.
        (void)write_again().ok();
        return written;
    }
    Unsynced group{segment.head.number, segment.end, first, std::move(bytes)};
    marked_sequence = synced_sequence;
    last_sequence += count_records(group.bytes);
    dirty.insert(group.segment);
    apply_group(group);
    unsynced_bytes += group.bytes.size();
    unsynced.push_back(std::move(group));
    return Done{};
}

void Log::Inner::apply_group(const Unsynced& group) {
    std::lock_guard lock(mutex);
    for (std::size_t at = 0; at < group.bytes.size();) {
        Record record(group.bytes.data() + at);
        Location location{group.segment, static_cast<std::uint32_t>(group.at + at),
                          static_cast<std::uint32_t>(record.total_size())};
        if (record.is_put()) {
            catalog.put(record.key(), location);
            next_key = std::max(next_key, record.key() + 1);
        } else if (record.is_removal()) {
            if (!catalog.remove(record.key())) remember_orphan(record.key());
            next_key = std::max(next_key, record.key() + 1);
        }
        at += location.size;
    }
    catalog.segments.at(group.segment).end = group.at + group.bytes.size();
}

void Log::Inner::remember_orphan(Key key) {
    if (!orphans.insert(key).second) return;
    orphans_in_order.push_back(key);
    if (orphans_in_order.size() <= kOrphansMax) return;
    orphans.erase(orphans_in_order.front());
    orphans_in_order.pop_front();
}

// Room for `bytes` at the end of the current segment, really allocated.
Status Log::Inner::find_room(std::uint64_t bytes, std::uint64_t first_sequence,
                             bool may_use_reserve) {
    if (bytes > UINT32_MAX - kSegmentHead) {
        return Error{"Error: A group of records is larger than a segment may be.", EFBIG};
    }
    if (!is_given_up && !catalog.segments.empty()) {
        auto& segment = current();
        auto end = segment.end + bytes;
        if (end <= segment.file->size()) return Done{};
        bool is_its_place = end <= options.segment_bytes || segment.end == kSegmentHead;
        if (is_its_place && segment.file->reserve(std::max(end, options.segment_bytes)).ok())
            return Done{};
    }
    return start_segment(bytes, first_sequence, may_use_reserve);
}

// `content`: groups that are in it from the first moment at which there is such a segment.
Status Log::Inner::start_segment(std::uint64_t bytes, std::uint64_t first_sequence,
                                 bool may_use_reserve, std::span<Unsynced> content) {
    auto spare = spares.take(may_use_reserve);
    if (!spare.ok()) return spare.error();
    Segment segment;
    segment.head.number = next_number++;
    segment.head.salt = static_cast<std::uint32_t>(std::random_device{}());
    segment.head.first_sequence = first_sequence;
    segment.head.next_key = next_key;
    auto file = folder->open(spare.value(), Folder::Mode::ReadWrite);
    Status made = file.ok() ? Status(Done{}) : Status(file.error());
    if (file.ok()) {
        segment.file = std::move(file).value();
        made = make_segment(spare.value(), segment, bytes, content);
    }
    if (!made.ok()) {
        // Whichever name it has by now. If it cannot be removed, it goes when it is the oldest.
        (void)folder->remove(spare.value()).ok();
        auto removed = folder->remove(segment_name(segment.head.number));
        if (removed.ok()) is_removal_unsynced = true;
        bool is_gone = removed.ok() || removed.error().code == ENOENT;
        if (is_gone || !segment.file) return made;
    }
    // What the last one reserved and does not need.
    if (!catalog.segments.empty()) (void)current().file->truncate(current().end).ok();
    std::lock_guard lock(mutex);
    catalog.segments.emplace(segment.head.number, std::move(segment));
    is_given_up = !made.ok();
    return made;
}

// The head is on the disk before the name says that there is one.
Status Log::Inner::make_segment(const std::string& spare, const Segment& segment,
                                std::uint64_t bytes, std::span<Unsynced> content) {
    auto& file = *segment.file;
    auto reserved = file.reserve(std::max(options.segment_bytes, kSegmentHead + bytes));
    if (!reserved.ok()) return reserved;
    auto written = file.write(0, encode_head(segment.head));
    if (!written.ok()) return written;
    auto at = std::uint64_t{kSegmentHead};
    for (auto& group : content) {
        seal(group.bytes, group.first_sequence, segment.head.salt);
        auto copied = file.write(at, group.bytes);
        if (!copied.ok()) return copied;
        at += group.bytes.size();
    }
    auto synced = file.sync();
    if (!synced.ok()) return synced;
    // From here on there may be such a segment after a crash, whatever is done about it, and what
    // is appended to an older one would not count beside it.
    is_given_up = true;
    auto renamed = folder->rename(spare, segment_name(segment.head.number));
    if (!renamed.ok()) return renamed;
    auto is_durable = folder->sync();
    if (is_durable.ok()) is_removal_unsynced = false;
    return is_durable;
}

Status Log::Inner::sync() {
    if (is_given_up && !unsynced.empty()) {
        auto written = write_again();
        if (!written.ok()) return written;
    }
    for (auto number : dirty) {
        auto synced = catalog.segments.at(number).file->sync();
        if (synced.ok()) continue;
        give_up(synced.error());
        return synced;
    }
    dirty.clear();
    unsynced.clear();
    unsynced_bytes = 0;
    synced_sequence = last_sequence;
    if (has_trouble) log::notice("The journal {} is written to again.", folder->path());
    has_trouble = false;
    return Done{};
}

// The system may have dropped what it could not write, and says so only once: these bytes are not
// synced again, but written anew elsewhere.
void Log::Inner::give_up(const Error& error) {
    if (!has_trouble)
        log::error("{} The journal goes on in a new file; check the disk.", error.text);
    has_trouble = true;
    is_given_up = true;
    // Nothing half-written may be found there. Should this fail too, the new segment's first
    // sequence number says that these bytes do not count.
    (void)current().file->truncate(current().end).ok();
}

Status Log::Inner::write_again() {
    auto first = unsynced.empty() ? last_sequence + 1 : unsynced.front().first_sequence;
    is_given_up = true;
    auto bytes = unsynced.empty() ? 0 : unsynced.front().bytes.size();
    auto started = start_segment(bytes, first, true);
    if (!started.ok()) return started;
    dirty.clear();
    for (auto& group : unsynced) {
        auto written = write_one_again(group);
        if (written.ok()) continue;
        give_up(written.error());
        remove_empty_segments();
        return written;
    }
    remove_empty_segments();
    return Done{};
}

// Segments in which nothing counts any more, except the one that is written to.
void Log::Inner::remove_empty_segments() {
    for (auto segment = catalog.segments.begin(); segment != catalog.segments.end();) {
        bool is_current = &segment->second == &current() && !is_given_up;
        bool is_used = is_current || std::ranges::any_of(unsynced, [&](const Unsynced& group) {
                           return group.segment == segment->first;
                       });
        if (segment->second.end > kSegmentHead || is_used) {
            ++segment;
            continue;
        }
        auto removed = folder->remove(segment_name(segment->first));
        if (!removed.ok() && removed.error().code != ENOENT) {
            ++segment;
            continue;
        }
        is_removal_unsynced = true;
        std::lock_guard lock(mutex);
        segment = catalog.segments.erase(segment);
    }
}

Status Log::Inner::write_one_again(Unsynced& group) {
    auto found = find_room(group.bytes.size(), group.first_sequence, true);
    if (!found.ok()) return found;
    auto& segment = current();
    seal(group.bytes, group.first_sequence, segment.head.salt);
    auto written = segment.file->write(segment.end, group.bytes);
    if (!written.ok()) return written;
    note_moved(group);
    dirty.insert(group.segment);
    return Done{};
}

// It stands at the end of the current segment now.
void Log::Inner::note_moved(Unsynced& group) {
    auto& segment = current();
    const auto before = std::pair(group.segment, group.at);
    group.segment = segment.head.number;
    group.at = segment.end;
    std::lock_guard lock(mutex);
    segment.end += group.bytes.size();
    auto& old_end = catalog.segments.at(before.first).end;
    old_end = std::min(old_end, before.second);
    for (std::size_t at = 0; at < group.bytes.size();) {
        Record record(group.bytes.data() + at);
        auto size = static_cast<std::uint32_t>(record.total_size());
        Location old{before.first, static_cast<std::uint32_t>(before.second + at), size};
        Location now{group.segment, static_cast<std::uint32_t>(group.at + at), size};
        if (record.is_put() && catalog.find(record.key()) == old) catalog.put(record.key(), now);
        at += size;
    }
}

}  // namespace martlet::journal
