#include "journal/writer.h"

#include "base/log.h"

#include <algorithm>
#include <iterator>

namespace martlet::journal {

namespace {

constexpr std::size_t kGroupMemoryKept = 8u << 20;
constexpr std::uint64_t kCompactionStep = 256u << 10;

}  // namespace

Writer::Writer(Log& log, const JournalOptions& options, std::function<void()> on_room)
    : log_(log),
      options_(options),
      on_room_(std::move(on_room)),
      next_key_(log.next_key()),
      thread_([this] { run(); }) {}

Writer::~Writer() {
    {
        std::lock_guard lock(mutex_);
        is_stopping_ = true;
    }
    wake_.notify_one();
    thread_.join();
}

void Writer::submit(std::unique_ptr<Batch> batch) {
    bool was_empty = false;
    {
        std::lock_guard lock(mutex_);
        was_empty = waiting_.empty();
        waiting_.push_back(std::move(batch));
    }
    if (was_empty) wake_.notify_one();
}

Status Writer::force_sync() {
    std::unique_lock lock(mutex_);
    auto number = ++syncs_asked_;
    wake_.notify_one();
    is_synced_.wait(lock, [&] { return syncs_answered_ >= number; });
    return last_sync_;
}

JournalStats Writer::stats() const {
    JournalStats stats;
    stats.commits = commits_;
    stats.syncs = syncs_;
    stats.records_written = records_;
    stats.bytes_written = bytes_;
    stats.errors = errors_;
    stats.is_full = is_full_;
    return stats;
}

void Writer::run() {
    Batches batches;
    while (wait(batches)) {
        auto written = bytes_.load();
        if (!batches.empty()) commit(std::exchange(batches, {}));
        serve_forced();
        sync_if_due();
        look_for_room();
        // So compaction keeps up with whatever is written.
        compact(std::max(kCompactionStep, 2 * (bytes_ - written)));
    }
    end();
}

bool Writer::wait(Batches& batches) {
    std::unique_lock lock(mutex_);
    auto has_work = [&] {
        return !waiting_.empty() || is_stopping_ || syncs_answered_ < syncs_asked_;
    };
    auto until = wake_time();
    if (!until) {
        wake_.wait(lock, has_work);
    } else {
        wake_.wait_until(lock, *until, has_work);
    }
    batches.swap(waiting_);
    return !is_stopping_ || !batches.empty();
}

// Nothing: there is nothing to do until somebody asks.
std::optional<Writer::Clock::time_point> Writer::wake_time() const {
    std::optional<Clock::time_point> time;
    auto note = [&](Clock::time_point other) { time = time ? std::min(*time, other) : other; };
    if (is_compacting_) note(Clock::now());
    if (is_full_) note(probe_at_);
    if (options_.sync == Sync::Interval && log_.is_sync_due() && !is_full_) note(sync_at_);
    return time;
}

void Writer::serve_forced() {
    std::unique_lock lock(mutex_);
    auto number = syncs_asked_;
    if (syncs_answered_ == number) return;
    lock.unlock();
    auto synced = sync();
    if (synced.ok()) finish(unsynced_, Outcome::Committed);
    lock.lock();
    syncs_answered_ = number;
    last_sync_ = synced;
    lock.unlock();
    is_synced_.notify_all();
}

// In the order of submission, in groups of a bearable size.
void Writer::commit(Batches batches) {
    auto rest = std::move(batches);
    while (!rest.empty()) {
        if (is_full_) refuse_others(rest);
        commit_some(rest);
    }
}

// Takes from the front what makes one group.
void Writer::commit_some(Batches& batches) {
    std::size_t count = 0;
    bool are_essential = true;
    group_.shrink(kGroupMemoryKept);
    for (; count < batches.size() && group_.size() < group_max_; ++count) {
        batches[count]->encode(group_);
        are_essential = are_essential && batches[count]->is_essential();
    }
    auto end = batches.begin() + static_cast<std::ptrdiff_t>(count);
    Batches now(std::move_iterator(batches.begin()), std::move_iterator(end));
    batches.erase(batches.begin(), end);
    // Those that wait already come first.
    if (!refused_.empty()) {
        std::ranges::move(now, std::back_inserter(refused_));
        return;
    }
    if (options_.test_ack_before_sync) {
        finish(now, Outcome::Committed);
        std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
    if (append(now, are_essential)) {
        settle(now);
        return;
    }
    if (are_essential || now.empty()) return;
    refuse_others(now);
    group_.clear();
    for (const auto& batch : now) batch->encode(group_);
    if (append(now, true)) settle(now);
}

// Writes group_, which is what these batches hold. False: not written; what is essential in all of
// them waits in refused_ if nobody else may be refused in its place.
bool Writer::append(Batches& batches, bool may_use_reserve) {
    log_.note_next_key(next_key_);
    auto appended = log_.append(group_, may_use_reserve);
    if (!appended.ok()) {
        enter_full(appended.error());
        if (!may_use_reserve) return false;
        if (batches.size() > 1) {
            // What is left of the reserve may be small: less at once is tried next, and soon.
            group_max_ = group_.size() / 4;
            probe_at_ = Clock::now();
        }
        std::ranges::move(batches, std::back_inserter(refused_));
        return false;
    }
    if (group_.empty()) return true;
    ++commits_;
    records_ += group_.records();
    bytes_ += group_.size();
    return true;
}

void Writer::settle(Batches& batches) {
    if (options_.sync == Sync::Commit) {
        auto synced = sync();
        if (!synced.ok() || !unsynced_.empty()) {
            std::ranges::move(batches, std::back_inserter(unsynced_));
            if (synced.ok()) finish(unsynced_, Outcome::Committed);
            return;
        }
    } else if (log_.is_sync_due() && sync_at_ == Clock::time_point()) {
        sync_at_ = Clock::now() + std::chrono::seconds(options_.interval_s);
    }
    finish(batches, Outcome::Committed);
}

void Writer::finish(Batches& batches, Outcome outcome) {
    for (auto& batch : std::exchange(batches, {})) {
        auto* raw = batch.get();
        raw->finish(std::move(batch), outcome);
    }
}

void Writer::refuse_others(Batches& batches) {
    auto others = std::stable_partition(batches.begin(), batches.end(),
                                        [](const auto& batch) { return batch->is_essential(); });
    Batches refused(std::make_move_iterator(others), std::make_move_iterator(batches.end()));
    batches.erase(others, batches.end());
    finish(refused, Outcome::Full);
}

Status Writer::sync() {
    sync_at_ = {};
    if (!log_.is_sync_due()) return Done{};
    auto begun = Clock::now();
    auto synced = log_.sync();
    ++syncs_;
    sync_times_.observe(std::chrono::duration<double>(Clock::now() - begun).count());
    if (!synced.ok()) enter_full(synced.error());
    return synced;
}

void Writer::sync_if_due() {
    bool is_due = options_.sync == Sync::Interval && log_.is_sync_due() && !is_full_ &&
                  Clock::now() >= sync_at_;
    if (is_due) (void)sync().ok();
}

// A step; while nobody waits it is synced at once, so that the next commit finds little to sync.
void Writer::compact(std::uint64_t budget) {
    auto compacted = log_.compact(budget);
    is_compacting_ = compacted.ok() && compacted.value();
    if (!compacted.ok()) enter_full(compacted.error());
    if (!is_compacting_ || options_.sync == Sync::Off) return;
    std::unique_lock lock(mutex_);
    bool is_idle = waiting_.empty();
    lock.unlock();
    if (is_idle) (void)sync().ok();
}

void Writer::enter_full(const Error& error) {
    ++errors_;
    probe_at_ = Clock::now() + std::chrono::milliseconds(options_.retry_ms);
    if (is_full_.exchange(true)) return;
    log::error("{} The journal takes nothing from publishers until it can write again.",
               error.text);
}

void Writer::look_for_room() {
    if (!is_full_ || Clock::now() < probe_at_) return;
    probe_at_ = Clock::now() + std::chrono::milliseconds(options_.retry_ms);
    if (options_.sync != Sync::Off || !unsynced_.empty()) {
        if (!sync().ok()) return;
        finish(unsynced_, Outcome::Committed);
    }
    if (!refused_.empty()) {
        auto again = std::exchange(refused_, {});
        while (!again.empty() && refused_.empty()) commit_some(again);
        std::ranges::move(again, std::back_inserter(refused_));
    }
    if (!refused_.empty() || !unsynced_.empty() || !log_.has_room()) return;
    is_full_ = false;
    group_max_ = kGroupMax;
    log::notice("The journal has room again.");
    log::flush();
    if (on_room_) on_room_();
}

void Writer::end() {
    do {
        probe_at_ = {};
        look_for_room();
    } while (is_full_ && probe_at_ <= Clock::now());
    if (sync().ok()) finish(unsynced_, Outcome::Committed);
    serve_forced();
    finish(unsynced_, Outcome::Full);
    finish(refused_, Outcome::Full);
}

}  // namespace martlet::journal
