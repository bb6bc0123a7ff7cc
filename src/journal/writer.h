#pragma once

// The writing thread of a ThreadedJournal: takes the batches that wait, writes them as one group,
// syncs, and gives each back. Between commits it compacts; while the disk refuses, it takes only
// what is essential and looks for room. submit(), force_sync() and the figures: any thread.

#include "journal/threaded_journal.h"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

namespace martlet::journal {

class Writer {
  public:
    Writer(Log& log, const JournalOptions& options, std::function<void()> on_room);
    // Writes and syncs what was submitted. What cannot be written comes back as Full.
    ~Writer();

    void submit(std::unique_ptr<Batch> batch);
    Key take_keys(std::uint64_t count) { return next_key_.fetch_add(count); }
    bool is_full() const { return is_full_.load(std::memory_order_relaxed); }
    Status force_sync();
    // All but `log`.
    JournalStats stats() const;
    const SyncTimes& sync_times() const { return sync_times_; }

  private:
    using Clock = std::chrono::steady_clock;
    using Batches = std::vector<std::unique_ptr<Batch>>;
    // One group holds about so much at most: the first of many batches need not wait for all.
    static constexpr std::size_t kGroupMax = 4u << 20;

    void run();
    // False: stop now.
    bool wait(Batches& batches);
    std::optional<Clock::time_point> wake_time() const;
    void serve_forced();

    void commit(Batches batches);
    void commit_some(Batches& batches);
    bool append(Batches& batches, bool may_use_reserve);
    void settle(Batches& batches);
    void finish(Batches& batches, Outcome outcome);
    void refuse_others(Batches& batches);
    Status sync();
    void sync_if_due();
    void compact(std::uint64_t budget);

    void enter_full(const Error& error);
    void look_for_room();
    void end();

    Log& log_;
    const JournalOptions options_;
    const std::function<void()> on_room_;

    // Under the mutex.
    mutable std::mutex mutex_;
    std::condition_variable wake_;
    std::condition_variable is_synced_;
    Batches waiting_;
    bool is_stopping_ = false;
    std::uint64_t syncs_asked_ = 0;
    std::uint64_t syncs_answered_ = 0;
    Status last_sync_ = Done{};

    std::atomic<Key> next_key_;
    std::atomic<bool> is_full_ = false;
    std::atomic<std::uint64_t> commits_ = 0;
    std::atomic<std::uint64_t> syncs_ = 0;
    std::atomic<std::uint64_t> records_ = 0;
    std::atomic<std::uint64_t> bytes_ = 0;
    std::atomic<std::uint64_t> errors_ = 0;
    SyncTimes sync_times_{kSyncSeconds};

    // The thread's own.
    Group group_;
    std::size_t group_max_ = kGroupMax;
    Batches unsynced_;  // written; the sync failed
    Batches refused_;   // essential; the disk refused
    bool is_compacting_ = false;
    Clock::time_point sync_at_;  // Sync::Interval
    Clock::time_point probe_at_;
    std::thread thread_;
};

}  // namespace martlet::journal
