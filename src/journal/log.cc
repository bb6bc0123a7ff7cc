#include "journal/log.h"

#include "base/log.h"
#include "base/text.h"
#include "journal/log_inner.h"
#include "journal/record_reader.h"
#include "journal/repair.h"

#include <algorithm>
#include <cerrno>
#include <utility>

namespace martlet::journal {

namespace {

// More than this was never unsynced: what says so is damaged, and not worth the memory.
constexpr std::uint64_t kTailMax = 1u << 30;

std::size_t spares_wanted(const LogOptions& options) {
    return (options.reserve_bytes + options.segment_bytes - 1) / options.segment_bytes;
}

}  // namespace

Log::Inner::Inner(std::unique_ptr<Folder> folder_in, const LogOptions& options_in)
    : folder(std::move(folder_in)),
      options(options_in),
      spares(*folder, options.segment_bytes, spares_wanted(options)) {}

std::string Log::Inner::name_of(const Segment& segment) const {
    return folder->path() + "/" + segment_name(segment.head.number);
}

Log::Log(std::unique_ptr<Inner> inner) : inner_(std::move(inner)) {}

Log::~Log() {
    inner_->close();
}

Result<std::unique_ptr<Log>> Log::open(std::unique_ptr<Folder> folder, const LogOptions& options,
                                       const Visit& visit, const Progress& progress,
                                       Recovery& recovery) {
    auto inner = std::make_unique<Inner>(std::move(folder), options);
    auto recovered = inner->recover(visit, progress, recovery);
    if (!recovered.ok()) return recovered.error();
    return std::unique_ptr<Log>(new Log(std::move(inner)));
}

Result<LogStats> Log::look(std::unique_ptr<Folder> folder, const Visit& visit,
                           const Progress& progress, Recovery& recovery) {
    Inner inner(std::move(folder), LogOptions());
    Findings findings;
    Replay replay(*inner.folder, progress, Folder::Mode::Read);
    auto replayed = replay.run(inner.catalog, findings);
    if (!replayed.ok()) return replayed.error();
    recovery.damages = damages_of(findings);
    inner.count(recovery);
    if (visit) {
        auto visited = replay.visit_live(inner.catalog, visit);
        if (!visited.ok()) return visited.error();
    }
    return inner.stats();
}

void Log::Inner::count(Recovery& recovery) const {
    recovery.segments = catalog.segments.size();
    recovery.records = catalog.live_records();
    recovery.bytes = catalog.bytes();
}

Status Log::Inner::recover(const Visit& visit, const Progress& progress, Recovery& recovery) {
    Findings findings;
    Replay replay(*folder, progress);
    auto replayed = replay.run(catalog, findings);
    if (!replayed.ok()) return replayed;
    recovery.damages = damages_of(findings);
    if (options.is_strict) {
        for (const auto& damage : recovery.damages) {
            if (damage.what != kTornTail) return refusal(*folder, damage);
        }
    }
    auto repaired = repair(*folder, catalog, findings, recovery.damages);
    if (!repaired.ok()) return repaired;
    last_sequence = findings.last_sequence;
    next_key = findings.next_key;
    next_number = findings.next_number;
    is_given_up = !findings.is_tail_clean;
    spares.adopt(findings.spares);
    // No room is no reason not to start: what is there can be read and removed.
    (void)spares.fill().ok();
    auto made_durable = make_durable(findings);
    if (!made_durable.ok()) return made_durable;
    marked_sequence = findings.is_closed ? last_sequence : findings.known_sequence;
    count(recovery);
    return visit ? replay.visit_live(catalog, visit) : Done{};
}

// A process that was killed leaves behind what it wrote and did not sync. It is taken for good now,
// so it must be: its name, too. And it is written anew: a sync that failed before the kill leaves
// bytes that the system shows and never writes, whatever is synced later.
Status Log::Inner::make_durable(const Findings& findings) {
    auto named = folder->sync();
    if (!named.ok()) return named;
    if (findings.is_closed) return sync_tail(findings.known_sequence);
    synced_sequence = std::min(last_sequence, findings.known_sequence);
    auto collected = collect_unknown(findings.known_sequence);
    if (!collected.ok()) return collected;
    if (!unsynced.empty()) return write_tail_again();
    synced_sequence = last_sequence;
    return Done{};
}

// All in one segment, which has its name when it is whole: much of the tail may have been
// acknowledged. When there is no room for it, the tail stays where it is.
Status Log::Inner::write_tail_again() {
    const bool was_given_up = std::exchange(is_given_up, false);
    Status started = Error{"Error: The journal's tail is too large.", ENOSPC};
    if (unsynced_bytes <= kTailMax) {
        started = start_segment(unsynced_bytes, unsynced.front().first_sequence, true, unsynced);
    }
    if (!started.ok()) {
        if (is_given_up || started.error().code != ENOSPC) return started;
        is_given_up = was_given_up;
        unsynced.clear();
        unsynced_bytes = 0;
        return sync_tail(synced_sequence);
    }
    for (auto& group : unsynced) note_moved(group);
    remove_empty_segments();
    return sync();
}

Status Log::Inner::sync_tail(std::uint64_t known_sequence) {
    for (auto& [number, segment] : catalog.segments) {
        auto after = catalog.segments.upper_bound(number);
        bool is_known =
            after != catalog.segments.end() && after->second.head.first_sequence <= known_sequence;
        if (is_known) continue;
        auto synced = segment.file->sync();
        if (!synced.ok()) return synced;
    }
    synced_sequence = last_sequence;
    return Done{};
}

// Groups of which no later one says that they are on the disk.
Status Log::Inner::collect_unknown(std::uint64_t known_sequence) {
    for (const auto& [number, segment] : catalog.segments) {
        auto after = catalog.segments.upper_bound(number);
        if (after != catalog.segments.end() &&
            after->second.head.first_sequence <= known_sequence + 1)
            continue;
        RecordReader reader(segment);
        bool is_open = false;
        auto found = reader.next();
        for (; found == RecordReader::Found::Record; found = reader.next()) {
            auto record = reader.record();
            if (record.sequence() <= known_sequence) continue;
            if (!is_open || record.begins_group())
                unsynced.push_back({number, reader.record_at(), record.sequence(), {}});
            auto bytes = record.bytes();
            auto& group = unsynced.back().bytes;
            group.insert(group.end(), bytes.begin(), bytes.end());
            unsynced_bytes += bytes.size();
            if (unsynced_bytes > kTailMax) return Done{};
            is_open = !record.ends_group();
        }
        if (found == RecordReader::Found::Unreadable)
            return Error{fmt::format("Error: {} reads differently at byte {} than a moment ago.",
                                     name_of(segment), reader.at()),
                         EIO};
    }
    return Done{};
}

// The last word: all of it is on the disk. So damage is told from a torn tail at the next start.
void Log::Inner::close() {
    if (!sync().ok() || marked_sequence == last_sequence) return;
    std::vector<std::uint8_t> mark(kRecordHead);
    start_record(mark.data(), 0, 0, kGroupBegins);
    if (write_group(std::move(mark), true).ok()) (void)sync().ok();
}

Key Log::next_key() const {
    return inner_->next_key;
}

void Log::note_next_key(Key key) {
    inner_->next_key = std::max(inner_->next_key, key);
}

Status Log::append(Group& group, bool may_use_reserve) {
    if (group.empty()) return Done{};
    return inner_->append(group.bytes_, group.records_, may_use_reserve);
}

Status Log::sync() {
    return inner_->sync();
}

bool Log::is_sync_due() const {
    return !inner_->unsynced.empty();
}

bool Log::has_room() {
    if (inner_->is_given_up && !inner_->write_again().ok()) return false;
    return inner_->spares.fill(1).ok();
}

LogStats Log::stats() const {
    std::shared_lock lock(inner_->mutex);
    return inner_->stats();
}

LogStats Log::Inner::stats() const {
    LogStats stats;
    stats.segments = catalog.segments.size();
    stats.bytes = catalog.bytes();
    stats.live_bytes = catalog.live_bytes();
    stats.live_records = catalog.live_records();
    return stats;
}

}  // namespace martlet::journal
