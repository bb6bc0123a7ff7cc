#include "journal/log.h"

#include "base/log.h"
#include "journal/log_inner.h"
#include "journal/repair.h"

#include <algorithm>

namespace martlet::journal {

namespace {

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
    auto synced = sync_found(findings.known_sequence);
    if (!synced.ok()) return synced;
    marked_sequence = findings.is_closed ? last_sequence : findings.known_sequence;
    spares.adopt(findings.spares);
    // No room is no reason not to start: what is there can be read and removed.
    (void)spares.fill().ok();
    recovery.segments = catalog.segments.size();
    recovery.records = catalog.live_records();
    recovery.bytes = catalog.bytes();
    return visit ? replay.visit_live(catalog, visit) : Done{};
}

// A process that was killed leaves behind what it wrote and did not sync. It is taken for good now,
// so it must be: its name, too.
Status Log::Inner::sync_found(std::uint64_t known_sequence) {
    auto named = folder->sync();
    if (!named.ok()) return named;
    if (last_sequence > known_sequence || is_given_up) {
        for (auto& [number, segment] : catalog.segments) {
            auto after = catalog.segments.upper_bound(number);
            bool is_known = after != catalog.segments.end() &&
                            after->second.head.first_sequence <= known_sequence;
            if (is_known) continue;
            auto synced = segment.file->sync();
            if (!synced.ok()) return synced;
        }
    }
    synced_sequence = last_sequence;
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
    LogStats stats;
    stats.segments = inner_->catalog.segments.size();
    stats.bytes = inner_->catalog.bytes();
    stats.live_bytes = inner_->catalog.live_bytes();
    stats.live_records = inner_->catalog.live_records();
    return stats;
}

}  // namespace martlet::journal
