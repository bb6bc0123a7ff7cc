// Getting rid of what is dead: the oldest segment's live records are copied to the end, then its
// file is removed.

#include "base/log.h"
#include "journal/log_inner.h"
#include "journal/record_reader.h"

#include <algorithm>
#include <cerrno>
#include <mutex>

namespace martlet::journal {

Result<bool> Log::compact(std::uint64_t budget) {
    return inner_->compact(budget, false);
}

Status Log::compact_all() {
    auto& inner = *inner_;
    if (inner.catalog.segments.empty()) return Done{};
    auto synced = inner.sync();
    if (!synced.ok()) return synced;
    // All that is there now becomes old.
    auto last = inner.current().head.number;
    auto started = inner.start_segment(0, inner.last_sequence + 1, true);
    if (!started.ok()) return started;
    while (inner.oldest().head.number <= last) {
        auto compacted = inner.compact(1u << 20, true);
        if (!compacted.ok()) return compacted.error();
    }
    return inner.sync();
}

// Result: whether there was something to do.
Result<bool> Log::Inner::compact(std::uint64_t budget, bool is_forced) {
    if (catalog.segments.empty()) return false;
    bool is_current = catalog.segments.size() == 1 && !is_given_up;
    if (is_current) return false;
    if (oldest().live_records == 0) {
        auto removed = remove_oldest();
        if (!removed.ok()) return removed.error();
        return true;
    }
    if (!is_forced && !is_worth_it()) return false;
    auto copied = copy_some(budget);
    if (!copied.ok()) return copied.error();
    return true;
}

// When the reserve is being used up, all that can be gained is.
bool Log::Inner::is_worth_it() const {
    auto live = catalog.live_bytes();
    auto dead = catalog.bytes() - live;
    return dead > options.segment_bytes && (dead > live || !spares.is_complete());
}

Status Log::Inner::remove_oldest() {
    if (!unsynced.empty()) {
        auto number = oldest().head.number;
        auto synced = sync();
        if (!synced.ok()) return synced;
        // A sync that writes again what could not be synced before tidies up by itself.
        if (oldest().head.number != number) return Done{};
    }
    // The files go one after another, on the disk as well: a removal must not come before the
    // segments that hold what it removed.
    if (is_removal_unsynced) {
        auto synced = folder->sync();
        if (!synced.ok()) return synced;
    }
    auto name = segment_name(oldest().head.number);
    auto removed =
        is_oldest_damaged ? folder->rename(name, name + ".unreadable") : folder->remove(name);
    is_oldest_damaged = false;
    if (!removed.ok() && removed.error().code != ENOENT) return removed;
    is_removal_unsynced = true;
    std::lock_guard lock(mutex);
    catalog.segments.erase(catalog.segments.begin());
    return Done{};
}

Status Log::Inner::copy_some(std::uint64_t budget) {
    const auto& segment = oldest();
    if (compacting != segment.head.number) compacted_to = kSegmentHead;
    compacting = segment.head.number;
    Group copies;
    RecordReader reader(segment, compacted_to);
    auto found = RecordReader::Found::Record;
    while (copies.size() < budget) {
        found = reader.next();
        if (found != RecordReader::Found::Record) break;
        auto record = reader.record();
        Location here{segment.head.number, static_cast<std::uint32_t>(reader.record_at()),
                      static_cast<std::uint32_t>(record.total_size())};
        if (!record.is_put() || catalog.find(record.key()) != here) continue;
        if (options.test_compaction_drops && record.key() % 16 == 0) {
            std::lock_guard lock(mutex);
            catalog.remove(record.key());
            continue;
        }
        copies.put(record.key(), record.value());
    }
    if (found != RecordReader::Found::Record) {
        auto rescued = rescue(segment, copies);
        if (!rescued.ok()) return rescued;
    }
    if (!copies.empty()) {
        auto appended = append(copies.bytes_, copies.records_, true);
        if (!appended.ok()) return appended;
    }
    compacted_to = reader.at();
    return Done{};
}

// At the end of a segment, or where its bytes cannot be read: whatever lives in it and is not among
// the copies, record by record.
Status Log::Inner::rescue(const Segment& segment, Group& copies) {
    if (segment.live_records == copies.records()) return Done{};
    HashSet<Key> copied;
    for (std::size_t at = 0; at < copies.bytes_.size();) {
        Record record(copies.bytes_.data() + at);
        copied.insert(record.key());
        at += record.total_size();
    }
    for (const auto& [key, location] : catalog.all_in(segment.head.number)) {
        if (copied.contains(key)) continue;
        auto value = read_at(key, segment, location);
        if (value.ok()) {
            copies.put(key, value.value());
        } else {
            give_up_record(key, location, value.error());
        }
    }
    return Done{};
}

void Log::Inner::give_up_record(Key key, const Location& location, const Error& error) {
    log::error("{} A record ({} bytes at byte {}) is lost; what is left of the file is kept.",
               error.text, location.size, location.at);
    is_oldest_damaged = true;
    std::lock_guard lock(mutex);
    catalog.remove(key);
}

}  // namespace martlet::journal
